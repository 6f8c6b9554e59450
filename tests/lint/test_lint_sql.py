"""Each rule of the SQL lint rejects one small mistake in a tree that is clean without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from scripts.lint_sql import bodies, functions, layout, lint, migrations
from scripts.lint_sql.__main__ import main
from scripts.lint_sql.source import load
from tests.lint.trees import API, FAIL, GOOD, MIGRATION, PRIVATE, REPOSITORY, TRIGGER, write

if TYPE_CHECKING:
    from pathlib import Path


class Mistake(NamedTuple):
    """A rule, and the replacement in one file that breaks it."""

    rule: str
    file: str
    old: str
    new: str


_UPDATE = "    update credits_private.things as t set size = 1 where t.thing = p_thing;\n"
_RETURN = "    return v_thing;\n"
_ATTRIBUTES = "volatile\nparallel unsafe\nsecurity definer\n"
_SIZE = "    size bigint not null,\n"

MISTAKES = (
    Mistake("syntax", API, "begin\n", "begin\n    if then;\n"),
    Mistake("syntax", API, _UPDATE, "    update credits_private.things set where;\n"),
    Mistake("syntax", PRIVATE, "select t.size", "select select"),
    Mistake("syntax", MIGRATION, "create table", "create tible"),
    Mistake("width", API, _RETURN, f"    -- {'x' * 94}\n{_RETURN}"),
    Mistake("width", API, "begin\n", "begin \n"),
    Mistake("width", MIGRATION, "-- Purpose", "-- Locks: x\n-- Time\n-- Purpose: y" + "x" * 90),
    Mistake("width", "access.sql", ";\n", ";\n\n"),
    Mistake("indent", API, _RETURN, "\treturn v_thing;\n"),
    Mistake("indent", API, _RETURN, "   return v_thing;\n"),
    Mistake("indent", MIGRATION, _SIZE, "  size bigint not null,\n"),
    Mistake("lower_case", API, "begin\n", "BEGIN\n"),
    Mistake("lower_case", API, "returns credits.thing", "RETURNS credits.thing"),
    Mistake("lower_case", API, "where t.thing", "WHERE t.thing"),
    Mistake("lower_case", PRIVATE, "select t.size", "SELECT t.size"),
    Mistake("lower_case", MIGRATION, "bigint", "BIGINT"),
    Mistake("header", API, "-- Changes a thing.\n", ""),
    Mistake("header", API, "-- Changes a thing.\n", "-- line\n" * 11),
    Mistake("header", API, "-- Changes a thing.\n", "-- Changes a thing.\n\n"),
    Mistake("header", MIGRATION, "-- Locks: none.\n", ""),
    Mistake("header", MIGRATION, "-- Time on a million rows: instant.\n", ""),
    Mistake("header", "functions/access.sql", "-- Who may call what.\n", ""),
    Mistake("one_function", API, "comment on", "select 1;\ncomment on"),
    Mistake(
        "one_function",
        API,
        "comment on",
        "create function credits.b() returns int language sql as 'select 1';\ncomment on",
    ),
    Mistake("file_name", API, "function credits.change_thing(", "function credits.alter_thing("),
    Mistake("file_name", API, "function credits.change_thing(", "function public.change_thing("),
    Mistake("or_replace", API, "create or replace function", "create function"),
    Mistake("attributes", API, "volatile\n", ""),
    Mistake("attributes", API, "parallel unsafe\n", ""),
    Mistake("attributes", API, "security definer\n", ""),
    Mistake("attributes", API, "set search_path = pg_catalog, pg_temp\n", ""),
    Mistake("attributes", API, "pg_catalog, pg_temp", "pg_catalog"),
    Mistake("attributes", API, "pg_catalog, pg_temp", "''"),
    Mistake("attributes", API, "volatile\nparallel unsafe", "parallel unsafe\nvolatile"),
    Mistake("attributes", API, "volatile\nparallel", "volatile parallel"),
    Mistake("attributes", API, "volatile\n", "volatile cost 5\n"),
    Mistake("attributes", API, "volatile\n", "volatile\nleakproof\n"),
    Mistake("attributes", TRIGGER, "set search_path = pg_catalog, pg_temp\n", ""),
    Mistake("attributes", PRIVATE, "p_thing\n$$", "p_thing;\n    select 1::bigint\n$$"),
    Mistake("security", API, "security definer", "security invoker"),
    Mistake("security", PRIVATE, "security invoker", "security definer"),
    Mistake("parameters", API, "p_size bigint", "size bigint"),
    Mistake("parameters", API, "p_size bigint", "p_size credits.thing"),
    Mistake("parameters", API, "p_size bigint default 1", "variadic p_size bigint[]"),
    Mistake("parameters", API, "p_size bigint default 1", "inout p_size bigint"),
    Mistake("parameters", API, "p_size bigint default 1", "out p_size bigint"),
    Mistake("parameters", API, "returns credits.thing\n", "returns table (thing text)\n"),
    Mistake("strict", API, _ATTRIBUTES, f"strict\n{_ATTRIBUTES}"),
    Mistake("strict", API, _ATTRIBUTES, f"returns null on null input\n{_ATTRIBUTES}"),
    Mistake(
        "begin_atomic",
        PRIVATE,
        "as $$\n    select t.size from credits_private.things t where t.thing = p_thing\n$$;",
        "begin atomic\n    select t.size from credits_private.things t;\nend;",
    ),
    Mistake("comment", API, "function credits.change_thing(text, bigint)", "type credits.thing"),
    Mistake("comment", API, "change_thing(text, bigint) is", "change_thing(text) is"),
    Mistake("comment", API, "change_thing(text, bigint) is", "other(text, bigint) is"),
    Mistake("comment", API, "is 'Changes a thing.'", "is null"),
    Mistake("where", API, " where t.thing = p_thing;", ";"),
    Mistake("where", API, _UPDATE, "    delete from credits_private.things;\n"),
    Mistake(
        "where",
        API,
        _UPDATE,
        "    with gone as (delete from credits_private.things returning thing)\n"
        "    select g.thing into v_thing.thing from gone g;\n",
    ),
    Mistake(
        "where",
        PRIVATE,
        "select t.size from credits_private.things t where t.thing = p_thing",
        "update credits_private.things as t set size = 1 returning t.size",
    ),
    Mistake("where", MIGRATION, "alter table", "delete from credits_private.things;\nalter table"),
    Mistake(
        "insert_in_cte",
        API,
        _UPDATE,
        "    with n as (insert into credits_private.things (thing) values ('a') returning thing)\n"
        "    select n.thing into v_thing.thing from n;\n",
    ),
    Mistake(
        "when_others", API, "end\n$$", "exception\n    when others then\n        null;\nend\n$$"
    ),
    Mistake(
        "when_others",
        API,
        "end\n$$",
        "exception\n    when division_by_zero or others then\n        null;\nend\n$$",
    ),
    Mistake("dynamic", API, _UPDATE, "    execute 'select 1';\n"),
    Mistake("dynamic", API, _UPDATE, "    -- Dynamic.\n\n    execute 'select 1';\n"),
    Mistake(
        "dynamic",
        API,
        _UPDATE,
        "    for v_thing in execute 'select 1' loop\n        null;\n    end loop;\n",
    ),
    Mistake(
        "dynamic",
        PRIVATE,
        "returns bigint\nlanguage sql\nstable\nparallel safe\nsecurity invoker\nas $$\n"
        "    select t.size from credits_private.things t where t.thing = p_thing\n",
        "returns setof bigint\nlanguage plpgsql\nstable\nparallel safe\nsecurity invoker\n"
        "as $$\nbegin\n    return query execute 'select 1';\nend\n",
    ),
    Mistake("raise", API, _UPDATE, "    raise exception 'no';\n"),
    Mistake("raise", API, _UPDATE, "    raise sqlstate 'PT400';\n"),
    Mistake("raise", API, _UPDATE, "    raise notice 'hello';\n"),
    Mistake("raise", API, "fail('bad_thing')", "fail('worse_thing')"),
    Mistake("raise", API, "fail('bad_thing')", "fail(p_code => 'worse_thing')"),
    Mistake("raise", API, "fail('bad_thing')", "fail(p_thing)"),
    Mistake("raise", API, "fail('bad_thing')", "refuse('worse_thing', null)"),
    Mistake("raise", API, "fail('bad_thing')", "refuse(p_thing, null)"),
    Mistake("raise", API, "'bad_thing'", "case when true then 'bad_thing' else 'worse' end"),
    Mistake("raise", API, "'bad_thing'", "case when true then 'bad_thing' end"),
    Mistake("registry", FAIL, "'PT400'", "'P0001'"),
    Mistake("registry", FAIL, "'PT400'", "'PT40'"),
    Mistake("registry", FAIL, "'bad thing'", "'böses Ding'"),
    Mistake("registry", FAIL, "'bad thing'", "E'bad\\nthing'"),
    Mistake("registry", FAIL, "(values ('bad_thing', 'PT400', 'bad thing'))", "codes"),
    Mistake("null_comparison", API, "where t.thing = p_thing", "where t.thing = null"),
    Mistake("null_comparison", API, "if p_size < 0", "if p_size <> null"),
    Mistake("sequences", MIGRATION, "size bigint not null", "size bigserial not null"),
    Mistake(
        "sequences",
        MIGRATION,
        "size bigint not null",
        "size bigint generated always as identity",
    ),
    Mistake("sequences", MIGRATION, "alter table", "create sequence credits.s;\nalter table"),
    Mistake("sequences", API, "set size = 1", "set size = nextval('s')"),
    Mistake("rights", API, "comment on", "grant execute on function credits.f() to x;\ncomment on"),
    Mistake(
        "rights", MIGRATION, "alter table", "revoke all on schema credits from x;\nalter table"
    ),
    Mistake("qualified", PRIVATE, "from credits_private.things t", "from things t"),
    Mistake("qualified", PRIVATE, "select t.size", "select abs(t.size)"),
    Mistake(
        "repeatable_call",
        MIGRATION,
        _SIZE,
        "    size bigint not null default credits_private.size_of('a'),\n",
    ),
    Mistake("repeatable_call", MIGRATION, "alter table", "select size_of('a');\nalter table"),
    Mistake(
        "repeatable_call",
        MIGRATION,
        "alter table",
        "create trigger t before update on credits_private.things\n"
        "    execute function credits_private.keep_things();\nalter table",
    ),
    Mistake("named", MIGRATION, "constraint things_pkey primary", "primary"),
    Mistake("named", MIGRATION, "constraint things_size_is_positive ", ""),
    Mistake("named", MIGRATION, "size bigint not null", "size bigint check (size > 0)"),
    Mistake("named", MIGRATION, "index things_size_idx on", "index on"),
    Mistake("commented", MIGRATION, "comment on table credits_private.things is 'Things.';\n", ""),
    Mistake("commented", MIGRATION, "comment on column credits_private.things.size is 'S.';\n", ""),
    Mistake("commented", MIGRATION, "comment on type credits.thing is 'A thing.';\n", ""),
    Mistake("commented", MIGRATION, "comment on view credits.all_things is 'All.';\n", ""),
    Mistake("commented", MIGRATION, "things is 'Things.'", "things is null"),
    Mistake(
        "commented",
        MIGRATION,
        "alter table",
        "alter table credits_private.things add column colour text;\nalter table",
    ),
)

ALLOWED = """\
    update credits_private.things as t set size = 1 where t.thing = p_thing;
    -- Dynamic, because the name is not known before.
    execute format(
        'select %L', p_thing
    );
    execute 'select 1';
    perform credits_private.fail(
        case when p_size > 3 then 'bad_thing' else 'bad_thing' end
    );
    with gone as (
        delete from credits_private.things t where t.thing = p_thing returning t.size
    )
    select g.size into v_thing.size from gone g;
"""
_IDS = [f"{number}-{mistake.rule}" for number, mistake in enumerate(MISTAKES)]


def test_the_good_tree_is_clean(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert lint(tmp_path) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=_IDS)
def test_a_mistake_is_found(mistake: Mistake, tmp_path: Path) -> None:
    path = next(path for path in GOOD if path.endswith(mistake.file))
    assert GOOD[path].count(mistake.old) >= 1, "the mistake would change nothing"
    write(tmp_path, GOOD | {path: GOOD[path].replace(mistake.old, mistake.new)})
    found = {finding.rule for finding in lint(tmp_path)}
    assert mistake.rule in found


def test_every_rule_has_a_mistake() -> None:
    rules = (*layout.RULES, *bodies.RULES, *functions.RULES, *migrations.RULES)
    names = {"raise" if rule is bodies.raises else rule.__name__ for rule in rules}
    assert names | {"syntax"} == {mistake.rule for mistake in MISTAKES} | {"overload"}


def test_one_name_in_two_files(tmp_path: Path) -> None:
    twin = GOOD[API].replace("credits.change_thing", "credits_private.change_thing")
    twin = twin.replace("security definer", "security invoker")
    write(tmp_path, GOOD | {"functions/private/change_thing.sql": twin})
    assert {finding.rule for finding in lint(tmp_path)} == {"overload"}


def test_what_is_allowed(tmp_path: Path) -> None:
    """Forms that look like mistakes and are none."""
    api = GOOD[API].replace(_UPDATE, ALLOWED)
    text = "    return v_thing;\n-- UPPER CASE IN A COMMENT\n    perform 'STRING', \"Name\";\n"
    write(tmp_path, GOOD | {API: api.replace(_RETURN, text)})
    assert lint(tmp_path) == []


def test_the_line_is_that_of_the_file(tmp_path: Path) -> None:
    text = GOOD[API].replace("-- Changes a thing.", "-- Ändert ein Ding, wäre deutsch für 'é'.")
    text = text.replace(" where t.thing = p_thing;", ";")
    write(tmp_path, GOOD | {API: text})
    line = next(n for n, part in enumerate(text.split("\n"), 1) if "update credits" in part)
    assert [(f.line, f.rule) for f in lint(tmp_path)] == [(line, "where")]


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert main(["--nonsense"]) == 2
    write(tmp_path, GOOD)
    capsys.readouterr()
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    write(tmp_path, {API: GOOD[API].replace("security definer", "security invoker")})
    assert main([str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out == f"{tmp_path / API}:2: security: must be security definer\n"


def test_the_files_of_the_project_are_clean() -> None:
    root = REPOSITORY / "sql"
    assert load(root).registry, "the registry of errors was not found"
    assert [str(finding) for finding in lint(root)] == []
