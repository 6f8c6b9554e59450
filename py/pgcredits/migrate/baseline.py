"""`baseline`: adopting a database whose objects were made by something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

from pgcredits import __version__
from pgcredits.migrate import catalogue, connection, expected, history, lock, script
from pgcredits.migrate.errors import MigrateError, Problem, refuse
from pgcredits.migrate.files import discover
from pgcredits.migrate.repair import LOCK_TIMEOUT, Repaired
from pgcredits.migrate.runner import SURROUNDINGS, TRY_AGAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import SqlFile

_RELATION: LiteralString = """
    select exists (
        select from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = %(schema)s and c.relname = %(name)s)"""


def _of_table(
    catalogue_name: LiteralString, name: LiteralString, table: LiteralString
) -> LiteralString:
    return f"""
    select exists (
        select from pg_catalog.{catalogue_name} x
          join pg_catalog.pg_class c on c.oid = x.{table}
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = %(schema)s and c.relname = %(table)s and x.{name} = %(name)s)"""  # noqa: S608 -- constants


_EXISTS: dict[str, LiteralString] = {
    **dict.fromkeys(("table", "view", "sequence", "index"), _RELATION),
    "type": """
    select exists (
        select from pg_catalog.pg_type t
          join pg_catalog.pg_namespace n on n.oid = t.typnamespace
         where n.nspname = %(schema)s and t.typname = %(name)s)""",
    "function": """
    select exists (
        select from pg_catalog.pg_proc p
          join pg_catalog.pg_namespace n on n.oid = p.pronamespace
         where n.nspname = %(schema)s and p.proname = %(name)s)""",
    "column": _of_table("pg_attribute", "attname", "attrelid"),
    "constraint": _of_table("pg_constraint", "conname", "conrelid"),
    "trigger": _of_table("pg_trigger", "tgname", "tgrelid"),
}
"""Whether a thing of `expected` exists."""


def baseline(dsn: str, *, to: str, root: Path | None = None, lock_wait: float = 60.0) -> Repaired:
    """Record all migrations up to number ``to`` as applied, without running them.

    For a database that has their objects, but not their history: one that was set up by another
    tool, or restored without the history. It runs bootstrap.sql, which changes nothing that is
    there; the functions are left to the next `apply`. Raises `MigrateError`: ``cannot_baseline``
    when anything is recorded already or an object of these migrations is missing; then nothing was
    changed. See `expected` for what is looked for.
    """
    source = discover(root)
    adopted = [file for file in source.versioned if file.id <= to]
    if not adopted or adopted[-1].id != to:
        newest = source.versioned[-1].id if source.versioned else "none"
        message = f"there is no migration {to}; the newest is {newest}"
        raise refuse("no_such_migration", message, id=to)
    with connection.connect(dsn) as conn:
        connection.require_own_session(conn, dsn)
        connection.reset(conn)
        with lock.held(conn, lock_wait):
            if recorded := history.read(conn).rows:
                message = f"{len(recorded)} files are recorded already: see `status`"
                hint = "for single files there is `repair --mark-applied`"
                raise refuse("cannot_baseline", message, hint=hint)
            if problems := [*_missing(conn, adopted)]:
                raise MigrateError(problems)
            try:
                with conn.transaction():
                    conn.execute(f"{LOCK_TIMEOUT}; set local search_path = ''")
                    milliseconds = script.run(conn, source.bootstrap)
                    conn.execute(history.ENTER)
                    history.record(conn, source.bootstrap, milliseconds)
                    for file in adopted:
                        _adopt(conn, file)
                    catalogue.store(conn, None)
            except script.ScriptError as failure:
                if failure.sqlstate in TRY_AGAIN:
                    message, hint = failure.describe(), connection.BUSY_HINT
                    raise refuse("lock_timeout", message, hint=hint) from failure
                code = SURROUNDINGS.get(failure.sqlstate, "cannot_baseline")
                raise refuse(code, failure.describe(), id=failure.file.id) from failure
        return Repaired(connection.describe(conn), "baseline", tuple(f.id for f in adopted))


def _adopt(conn: Connection, file: SqlFile) -> None:
    values = (file.id, "baseline", file.name, file.checksum, __version__, file.text)
    conn.execute(history.record_statement("baseline", ["%s"] * len(values)), values)


def _missing(conn: Connection, adopted: Sequence[SqlFile]) -> Iterator[Problem]:
    """Look for the objects that the migrations leave behind."""
    for thing, file in expected.things(adopted).items():
        table = {"table": thing.table or thing.name, "schema": thing.schema, "name": thing.name}
        row = conn.execute(_EXISTS[thing.kind], table).fetchone()
        if not row or not row[0]:
            message = f"{thing} of {file.name} is not in the database"
            hint = "baseline up to an earlier file, and let `apply` run this one"
            yield Problem("cannot_baseline", file.id, message, hint)
