"""The bodies of the PL/pgSQL functions, checked against the catalogue.

plpgsql_check does it where the server has it; with ``CI`` set a PostgreSQL 15 must have it. The
other servers compile every function anew with all additional checks of PL/pgSQL turned to errors.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.contract.catalogue import Rows

_CHECK = """
select p.oid::regprocedure::text as function, c.lineno, c.level, c.sqlstate, c.message, c.detail
  from pg_proc p
  left join pg_trigger t on t.tgfoid = p.oid
  cross join lateral checking.plpgsql_check_function_tb(
      p.oid::regprocedure, coalesce(t.tgrelid, 0), fatal_errors => false, other_warnings => true,
      performance_warnings => false, extra_warnings => true, security_warnings => true
  ) as c
 where p.prolang = (select l.oid from pg_language l where l.lanname = 'plpgsql')
   and p.pronamespace in ('credits'::regnamespace, 'credits_private'::regnamespace)
 order by 1, 2
"""
_DEFINITIONS = """
select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition
  from pg_proc p
 where p.pronamespace in ('credits'::regnamespace, 'credits_private'::regnamespace)
 order by 1
"""
_SHADOW = 'variable "v_x" shadows a previously defined variable'

BAD = """
create function credits_private.bad(p_table text, p_unused text) returns void
language plpgsql stable as $$
declare
    v_never text;
begin
    insert into credits_private.pools (pool) values (1);
    execute 'select ' || p_table;
    perform x.nothing from credits_private.pools x;
end
$$
"""
SHADOWED = """
create function credits_private.shadowed() returns int language plpgsql as $$
declare
    v_x int;
begin
    declare
        v_x int;
    begin
        v_x := 1;
    end;
    return v_x;
end
$$
"""


def _problems(rows: Rows) -> list[tuple[str, str]]:
    """Function and message of everything that is wrong, by the best checker that there is.

    It needs the table of a trigger function: the trigger that a setting makes is made.
    """
    rows.conn.execute(
        "update credits_private.settings set value = 'at_once' where setting = 'sealing'"
    )
    if rows.ask("select from pg_available_extensions where name = 'plpgsql_check'"):
        rows.conn.execute("create schema checking")
        rows.conn.execute("create extension plpgsql_check schema checking")
        found = rows.ask(_CHECK)
        return [(row["function"], f"{row['level']}: {row['message']}") for row in found]
    if os.environ.get("CI") and rows.conn.info.server_version // 10_000 == 15:
        pytest.fail("PostgreSQL 15 in CI must have plpgsql_check")
    return _compile(rows)


def _compile(rows: Rows) -> list[tuple[str, str]]:
    """Replace each function by itself; any warning of the compiler is an error."""
    rows.conn.execute("set plpgsql.extra_errors = 'all'")
    rows.conn.execute("set check_function_bodies = on")
    problems = []
    for function in rows.ask(_DEFINITIONS):
        try:
            rows.conn.execute(function["definition"])
        except psycopg.Error as error:
            problems.append((function["name"], str(error.diag.message_primary)))
    return problems


def _create(rows: Rows, definition: str) -> None:
    """Create a function as it would be without any check."""
    rows.conn.execute("set check_function_bodies = off")
    rows.conn.execute(definition.encode())


def test_nothing_is_wrong_in_any_body(catalogue: Rows) -> None:
    assert len(catalogue.ask(_DEFINITIONS)) > 50
    assert _problems(catalogue) == []


def test_every_function_compiles_with_all_checks(catalogue: Rows) -> None:
    assert _compile(catalogue) == []


def test_mistakes_would_be_found(catalogue: Rows) -> None:
    """On a server without plpgsql_check only what the compiler sees."""
    _create(catalogue, BAD)
    _create(catalogue, SHADOWED)
    problems = _problems(catalogue)
    assert {name for name, _ in problems} >= {"credits_private.shadowed()"}
    if catalogue.ask("select from pg_extension where extname = 'plpgsql_check'"):
        levels = {text.split(":")[0] for name, text in problems if name.endswith("bad(text,text)")}
        assert levels >= {"error", "security", "warning extra"}
    else:
        assert ("credits_private.shadowed()", _SHADOW) in problems
