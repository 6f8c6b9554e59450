"""`baseline`: adopting a database whose objects were made by something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits import __version__
from pgcredits.migrate import catalogue, connection, history, lock, script
from pgcredits.migrate.errors import MigrateError, Problem, refuse
from pgcredits.migrate.files import discover
from pgcredits.migrate.repair import LOCK_TIMEOUT, Repaired
from pgcredits.migrate.runner import SURROUNDINGS, TRY_AGAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import SqlFile

_EXISTS = """
    select pg_catalog.to_regclass(
        pg_catalog.quote_ident(%s) || '.' || pg_catalog.quote_ident(%s)) is not null"""


def baseline(dsn: str, *, to: str, root: Path | None = None, lock_wait: float = 60.0) -> Repaired:
    """Record all migrations up to number ``to`` as applied, without running them.

    For a database that has their objects, but not their history: one that was set up by another
    tool, or restored without the history. It runs bootstrap.sql, which changes nothing that is
    there; the functions are left to the next `apply`. Raises `MigrateError`: ``cannot_baseline``
    when anything is recorded already or a table of these migrations is missing; then nothing was
    changed.
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
    """Look for the tables that the migrations leave behind."""
    tables: dict[tuple[str, str], SqlFile] = {}
    for file in adopted:
        for statement in file.statements:
            _follow(statement.tokens, file, tables)
    for (schema, name), file in tables.items():
        row = conn.execute(_EXISTS, (schema, name)).fetchone()
        if not row or not row[0]:
            message = f"table {schema}.{name} of {file.name} is not in the database"
            hint = "baseline up to an earlier file, and let `apply` run this one"
            yield Problem("cannot_baseline", file.id, message, hint)


def _follow(words: tuple[str, ...], file: SqlFile, tables: dict[tuple[str, str], SqlFile]) -> None:
    """Keep ``tables`` as they are after a statement that creates, drops or renames one."""
    command, rest = words[:2], words[2:]
    if rest[:3] == ("if", "not", "exists"):
        rest = rest[3:]
    elif rest[:2] == ("if", "exists"):
        rest = rest[2:]
    if rest[1:2] != (".",):
        return
    name = (rest[0], rest[2])
    if command == ("create", "table"):
        tables[name] = file
    elif command == ("drop", "table"):
        # Of several tables, names and commas follow one another.
        for at in range(0, len(rest) - 2, 4):
            tables.pop((rest[at], rest[at + 2]), None)
    elif command == ("alter", "table") and rest[3:5] == ("rename", "to"):
        tables.pop(name, None)
        tables[name[0], rest[5]] = file
    elif command == ("alter", "table") and rest[3:5] == ("set", "schema"):
        tables.pop(name, None)
        tables[rest[5], name[1]] = file
