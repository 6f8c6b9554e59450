"""Repeatable files: all that changed go in together, in an order that is found by trying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.migrate import history, script
from pgcredits.migrate.errors import MigrateError, Problem
from pgcredits.migrate.files import ACCESS_ID, Source, SqlFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgcredits.migrate.connection import Connection

RELOAD = "notify pgrst, 'reload schema'"
"""Tells PostgREST to read the functions again; where there is none, nobody listens."""

# Undefined function, table, object, column: what a file says that comes before its turn.
_NOT_YET = frozenset({"42883", "42P01", "42704", "42703"})


def apply(
    conn: Connection, source: Source, changed: Sequence[SqlFile], forget: Sequence[str]
) -> list[tuple[SqlFile, int]]:
    """Apply the changed files, and those whose function is gone; access.sql comes last.

    Runs inside the caller's transaction as credits_owner, with function bodies checked. Returns
    each file with its milliseconds, in the order in which they went in. Raises `MigrateError` with
    one problem for each file that never did.
    """
    batch = [file for file in changed if file.id != ACCESS_ID]
    batch += [file for file in _dropped(conn, source) if file not in batch]
    for gone in forget:
        history.forget(conn, gone)
    if not batch and not changed:
        return []
    conn.execute("set local check_function_bodies = on")
    done = _settle(conn, batch)
    if source.access:
        done.append((source.access, script.run(conn, source.access)))
    conn.execute(history.ENTER)
    for file, milliseconds in done:
        history.record(conn, file, milliseconds)
    conn.execute(RELOAD)
    return done


def _dropped(conn: Connection, source: Source) -> list[SqlFile]:
    """Files whose function does not exist (any more): a migration has dropped it."""
    present = {routine.qualified for routine in history.routines(conn)}
    return [file for file in source.functions if not file.defines <= present]


def _settle(conn: Connection, batch: Sequence[SqlFile]) -> list[tuple[SqlFile, int]]:
    """Try the files in rounds until all went in; stop when a round gets nowhere."""
    waiting = list(batch)
    done: list[tuple[SqlFile, int]] = []
    while waiting:
        failures: list[script.ScriptError] = []
        for file in waiting:
            conn.execute("savepoint one_file")
            try:
                done.append((file, script.run(conn, file)))
            except script.ScriptError as failure:
                if failure.sqlstate not in _NOT_YET:
                    raise
                failures.append(failure)
                conn.execute("rollback to savepoint one_file")
            conn.execute("release savepoint one_file")
        if len(failures) == len(waiting):
            raise MigrateError(
                [Problem("migration_failed", f.file.id, f.describe()) for f in failures]
            )
        waiting = [failure.file for failure in failures]
    return done
