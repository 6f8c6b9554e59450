"""What `functions` and `bodies` do, as PL/pgSQL for a script that psql runs.

The order of the functions is found by the same trying, and what `apply` refuses at its end, the
script refuses: functions of no file, second signatures, bodies that the server would not take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits import __version__
from pgcredits.migrate import bodies, functions, history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgcredits.migrate.files import Source, SqlFile


def quote(text: str) -> str:
    """Quote with dollars, which is readable even around a whole file."""
    tag = "$pgcredits$"
    while tag in text:
        tag = f"{tag[:-1]}_$"
    return f"{tag}{text}{tag}"


def functions_block(source: Source, changed: Sequence[SqlFile], forgotten: str) -> str:
    """Write a block that applies repeatable files, and then looks at all functions of ``source``.

    ``changed`` may hold access.sql, which goes in last. ``forgotten``: an SQL condition on rows
    ``m`` of the history, which are deleted. Runs as credits_owner with an empty search_path, and
    leaves that so.
    """
    parts = [_DECLARE, "begin"]
    for file in changed:
        if file != source.access:
            parts += [f"-- {file.label}", *_append(file)]
    parts += [_forget(forgotten)]
    if changed:
        parts += [_SETTLE]
        if source.access and source.access in changed:
            parts += [f"-- {source.access.label}", *_append(source.access), _ACCESS]
        parts += [_record(), f"{functions.RELOAD};"]
    parts += [_leftovers(source), _BODIES, f"{history.ENTER};", "end;"]
    return "\n".join(parts)


_DECLARE = """\
declare
    v_ids text[] := array[]::text[];
    v_checksums text[] := array[]::text[];
    v_texts text[] := array[]::text[];
    v_waiting integer[];
    v_failed integer[];
    v_done integer[] := array[]::integer[];
    v_at integer;
    v_found text;
    v_context text;
    r_row record;"""


def _append(file: SqlFile) -> list[str]:
    return [
        f"v_ids := array_append(v_ids, {quote(file.id)});",
        f"v_checksums := array_append(v_checksums, {quote(file.checksum)});",
        f"v_texts := array_append(v_texts, {quote(file.text)});",
    ]


def _forget(condition: str) -> str:
    return f"""\
-- Records of files that are gone.
for r_row in
    select m.id from credits_private.schema_migrations m
    where m.kind = 'repeatable' and {condition}
    order by m.id
loop
    {history.forget_statement("r_row.id")};
end loop;"""  # noqa: S608 -- values are quoted


_SETTLE = """\
-- Functions may need one another to be made, so they are tried until all went in.
set local check_function_bodies = off;
v_waiting := array(select pg_catalog.generate_subscripts(v_ids, 1));
while cardinality(v_waiting) > 0 loop
    v_failed := array[]::integer[];
    foreach v_at in array v_waiting loop
        begin
            execute v_texts[v_at];
            v_done := v_done || v_at;
        exception
            when undefined_function or undefined_table or undefined_object or undefined_column then
                v_failed := v_failed || v_at;
        end;
    end loop;
    if v_failed = v_waiting then
        execute v_texts[v_failed[1]];  -- once more, for its error
    end if;
    v_waiting := v_failed;
end loop;"""

_ACCESS = f"""\
{history.ENTER};
v_at := cardinality(v_ids);
execute v_texts[v_at];
v_done := v_done || v_at;"""


def _record() -> str:
    values = (
        "v_ids[v_at]",
        "'repeatable'",
        "pg_catalog.regexp_replace(v_ids[v_at], '^.*/', '')",
        "v_checksums[v_at]",
        f"'{__version__}'",
        "v_texts[v_at]",
    )
    return f"""\
{history.ENTER};
foreach v_at in array v_done loop
    {history.record_statement("repeatable", values)};
end loop;"""


def _leftovers(source: Source) -> str:
    names = ", ".join(sorted(map(quote, source.defines)))
    return f"""\
-- Every function of a file, once, and no others.
select string_agg(r.name || '(' || r.arguments || ')', ', ') into v_found
from (
    select a.schema || '.' || a.name, a.arguments, count(*) over (partition by a.schema, a.name)
    from ({history.ROUTINES}) as a
) as r (name, arguments, signatures)
where not r.name = any (array[{names}]::text[]) or r.signatures > 1;
if v_found is not null then
    raise exception using errcode = '55000',
        message = 'functions that no file defines, or with two signatures: ' || v_found,
        hint = 'a migration has to drop them';
end if;
select string_agg(f.name, ', ') into v_found
from pg_catalog.unnest(array[{names}]::text[]) as f (name)
where not exists (
    select from ({history.ROUTINES}) as a where a.schema || '.' || a.name = f.name);
if v_found is not null then
    raise exception using errcode = '55000',
        message = 'functions that are not there any more: ' || v_found,
        hint = '`migrate apply` and `migrate bundle` make them again';
end if;"""  # noqa: S608 -- values are quoted


_BODIES = f"""\
-- All is there: now the bodies.
set local check_function_bodies = on;
for r_row in {bodies.FUNCTIONS}
loop
    perform pg_catalog.set_config('search_path', r_row.path, true);
    begin
        if r_row.language = 'sql' then
            perform pg_catalog.fmgr_sql_validator(r_row.oid);
        else
            perform pg_catalog.plpgsql_validator(r_row.oid);
        end if;
    exception
        when others then  -- to say which function it is
            get stacked diagnostics v_context = pg_exception_context;
            raise exception using errcode = sqlstate,
                message = r_row.name || ': ' || sqlerrm, detail = v_context;
    end;
end loop;"""
