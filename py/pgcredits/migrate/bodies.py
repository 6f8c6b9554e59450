"""The second look at function bodies, when everything that they may use is there.

Functions are created without a look into their bodies, so that their order hardly matters. Then all
of them are checked, those too that were not changed: a migration may have taken away what they use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import psycopg

from pgcredits.migrate import history, script
from pgcredits.migrate.errors import MigrateError, Problem

if TYPE_CHECKING:
    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import Source, SqlFile


FUNCTIONS: LiteralString = """
    select p.oid, n.nspname || '.' || p.proname as name, l.lanname as language,
           coalesce((select pg_catalog.substr(c.setting, 13)
                       from pg_catalog.unnest(p.proconfig) as c (setting)
                      where pg_catalog.starts_with(c.setting, 'search_path=')), '') as path
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      join pg_catalog.pg_language l on l.oid = p.prolang
     where n.nspname in ('credits', 'credits_private')
       and l.lanname in ('sql', 'plpgsql') and p.prosqlbody is null
       and p.proowner = 'credits_owner'::pg_catalog.regrole
     order by p.oid"""
"""What has a body to check: number, name, language, and the search_path that it has set."""


def _validate(language: LiteralString, validator: LiteralString) -> LiteralString:
    """Write a query that calls the validator of a language, each time with the function's path."""
    return f"""
    select pg_catalog.set_config('search_path', f.path, true), pg_catalog.{validator}(f.oid)
      from ({FUNCTIONS}) as f
     where f.language = '{language}' and (%(one)s::oid is null or f.oid = %(one)s::oid)"""  # noqa: S608 -- constants alone


_VALIDATE = (_validate("sql", "fmgr_sql_validator"), _validate("plpgsql", "plpgsql_validator"))

_OURS = """
    select p.oid, n.nspname || '.' || p.proname
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('credits', 'credits_private')
     order by 2"""


def check(conn: Connection, source: Source) -> None:
    """Check the bodies of all SQL and PL/pgSQL functions in the two schemas.

    Runs as credits_owner in the caller's transaction. Raises `MigrateError` with one problem for
    each function that the server would refuse, as it stands in its file.
    """
    conn.execute("set local check_function_bodies = on; savepoint bodies")
    error = _complaint(conn, None)
    if error is None:
        return
    problems = []
    for oid, name in conn.execute(_OURS).fetchall():
        if (error := _complaint(conn, oid)) is not None:
            problems.append(_problem(conn, source, name, error))
    raise MigrateError(problems)


def _complaint(conn: Connection, oid: int | None) -> psycopg.Error | None:
    """Ask the validators about one function or all; return the first error."""
    try:
        for query in _VALIDATE:
            conn.execute(query, {"one": oid})
    except psycopg.Error as exc:
        if conn.closed:
            raise
        conn.execute("rollback to savepoint bodies")
        return exc
    conn.execute(history.ENTER)
    return None


def _problem(conn: Connection, source: Source, name: str, error: psycopg.Error) -> Problem:
    """Describe the error with its place in the file, which only the file itself can tell."""
    file = next((file for file in source.functions if name in file.defines), None)
    if file is None:
        message = f"{name} is broken: {error.diag.message_primary}"
        return Problem("migration_failed", None, message)
    failure = _failure(conn, file) or script.ScriptError(file, error)
    return Problem("migration_failed", file.id, failure.describe())


def _failure(conn: Connection, file: SqlFile) -> script.ScriptError | None:
    try:
        script.run(conn, file)
    except script.ScriptError as failure:
        return failure
    finally:
        conn.execute("rollback to savepoint bodies")
    return None
