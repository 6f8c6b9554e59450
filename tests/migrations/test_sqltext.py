from __future__ import annotations

import pytest

from pgcredits.migrate import sqltext


def words(text: str) -> list[tuple[str, ...]]:
    return [statement.tokens for statement in sqltext.statements(text)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("-- nothing; at all\n/* not; /* even */ here; */ ;;", 0),
        ("select 1", 1),
        ("select 1; select 2;", 2),
        ("select ';', E'\\';', \"a;b\"; select $$;$$, $x$ $$;$$ $x$", 2),
        ("create rule r as on insert to t do (select 1; select 2); select 3", 2),
        (
            "create function f() returns int begin atomic"
            " select case when true then 1 end; select 2; end; select 3",
            2,
        ),
        ("select 'it''s; fine'; select $1;", 2),
        ("do $body$ begin perform 1; end $body$; select 1", 2),
    ],
)
def test_statements_are_split_as_the_server_splits_them(text: str, count: int) -> None:
    assert len(sqltext.statements(text)) == count


def test_a_statement_starts_at_its_first_word() -> None:
    text = "-- héader\nselect 1;\n\n  -- note\n  alter table x add y int;"
    starts = [sqltext.place(text, s.start) for s in sqltext.statements(text)]
    assert [(p.line, p.column) for p in starts] == [(2, 1), (5, 3)]


def test_place_keeps_tabs_in_front_of_the_caret() -> None:
    place = sqltext.place("a\n\tbé cd\n", 6)
    assert (place.line, place.column, place.source) == (2, 5, "\tbé cd")
    assert place.caret == "\t   ^"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("create function credits.a() returns int language sql as $$ select 1 $$", {"credits.a"}),
        ("CREATE OR REPLACE PROCEDURE Credits.A()", {"credits.a"}),
        ('create function "credits"."B x"()', {"credits.B x"}),
        ("create aggregate credits.agg(int) (sfunc = f)", {"credits.agg"}),
        ("-- create function credits.no()\nselect 'create function credits.no()'", set()),
        ("do $$ begin execute 'create function credits.no()'; end $$", set()),
        ("create table credits.t ()", set()),
        ("create function a()", set()),
        (
            "create function credits.a() as $$ x $$; create function credits_private.b() as ''",
            {"credits.a", "credits_private.b"},
        ),
    ],
)
def test_defined_routines(text: str, names: set[str]) -> None:
    assert sqltext.defined_routines(sqltext.statements(text)) == names


def test_words_are_folded() -> None:
    assert words("SELECT Foo") == [("select", "foo")]
