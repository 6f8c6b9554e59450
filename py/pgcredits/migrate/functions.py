"""Repeatable files: all that changed go in together, in an order that is found by trying."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import psycopg

from pgcredits.migrate import history, script
from pgcredits.migrate.errors import MigrateError, Problem, refuse
from pgcredits.migrate.files import ACCESS_ID, Source, SqlFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.session import Session

RELOAD = "notify pgrst, 'reload schema'"
"""Tells PostgREST to read the functions again; where there is none, nobody listens."""

_VERSIONS = """
    select p.oid::pg_catalog.regprocedure::text, n.nspname || '.' || p.proname, p.xmin::text
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('credits', 'credits_private')
       and not exists (
               select from pg_catalog.pg_depend d
                where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                  and d.objid = p.oid
                  and d.deptype in ('e', 'i'))
     order by 1"""

_ENTER = (history.ENTER, "set local check_function_bodies = off")

# Undefined function, table, object, column: what a file says that comes before its turn.
_NOT_YET = frozenset({"42883", "42P01", "42704", "42703"})


def apply(
    session: Session,
    source: Source,
    changed: Sequence[SqlFile],
    forget: Sequence[str],
    *,
    prune: bool = False,
) -> tuple[list[tuple[SqlFile, int]], list[str]]:
    """Apply the changed files, and those whose function is gone; access.sql comes last.

    Runs inside the caller's transaction as credits_owner, and does not look into function bodies.
    What one file sets does not reach the next one.
    With ``prune`` drops the functions of no file, and the second signatures of a file's function.
    Returns each file with its milliseconds, in the order in which they went in, and the signatures
    that were dropped. Raises `MigrateError` with one problem for each file that never went in.
    """
    conn = session.conn
    batch = [file for file in changed if file.id != ACCESS_ID]
    batch += [file for file in _dropped(conn, source) if file not in batch]
    if prune:
        batch += [file for file in _ambiguous(conn, source) if file not in batch]
    for gone in forget:
        history.forget(conn, gone)
    versions = _versions(conn)
    done = _settle(session, batch)
    session.for_runner(history.ENTER)
    pruned = _prune(conn, source, versions) if prune else []
    if source.access and (done or changed):
        session.for_file(*_ENTER)
        done.append((source.access, script.run(conn, source.access)))
        session.for_runner(history.ENTER)
    for file, milliseconds in done:
        history.record(conn, file, milliseconds)
    for routine in pruned:
        history.note_pruned(conn, routine)
    if done or pruned:
        conn.execute(RELOAD)
    return done, pruned


def _dropped(conn: Connection, source: Source) -> list[SqlFile]:
    """Files whose function does not exist (any more): a migration has dropped it."""
    present = {routine.qualified for routine in history.routines(conn)}
    return [file for file in source.functions if not file.defines <= present]


def _settle(session: Session, batch: Sequence[SqlFile]) -> list[tuple[SqlFile, int]]:
    """Try the files in rounds until all went in; stop when a round gets nowhere."""
    conn = session.conn
    waiting = list(batch)
    done: list[tuple[SqlFile, int]] = []
    while waiting:
        failures: list[script.ScriptError] = []
        for file in waiting:
            session.for_file(*_ENTER, "savepoint one_file")
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


def _ambiguous(conn: Connection, source: Source) -> list[SqlFile]:
    """Files whose function has two signatures: only running the file tells which one is its own."""
    counts = Counter(routine.qualified for routine in history.routines(conn))
    return [file for file in source.functions if any(counts[name] > 1 for name in file.defines)]


def _versions(conn: Connection) -> dict[str, tuple[str, str]]:
    """Each routine as the server writes it, with its bare name and the version of its row."""
    return {row[0]: (row[1], row[2]) for row in conn.execute(_VERSIONS).fetchall()}


def _prune(conn: Connection, source: Source, before: Mapping[str, tuple[str, str]]) -> list[str]:
    """Drop what no file defines, and signatures that the file of that name has not written."""
    now = _versions(conn)
    counts = Counter(name for name, _ in now.values())
    repeatable = frozenset().union(*(file.defines for file in source.functions))
    gone = [
        signature
        for signature, (name, version) in now.items()
        if name not in source.defines
        or (name in repeatable and counts[name] > 1 and before.get(signature) == (name, version))
    ]
    if gone:
        # Signatures come quoted from the server. All at once, as they may need each other.
        try:
            conn.execute(f"drop routine {', '.join(gone)}".encode())
        except psycopg.errors.DependentObjectsStillExist as exc:
            detail = exc.diag.message_detail or exc.diag.message_primary
            message = f"cannot drop {' and '.join(gone)}: {detail}"
            raise refuse("leftover_function", message, hint="a migration has to do it") from exc
    return gone
