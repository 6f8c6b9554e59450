"""`repair`: setting the history right by hand, with a reason that is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgcredits.migrate import catalogue, connection, history, lock, outside
from pgcredits.migrate.compare import VERSIONED
from pgcredits.migrate.errors import MigrateError, refuse
from pgcredits.migrate.files import discover

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import Source, SqlFile
    from pgcredits.migrate.history import Row
    from pgcredits.migrate.report import Database

    Rows = Mapping[str, Row]

_RECORDED = "select o.object from credits_private.schema_objects o"
LOCK_TIMEOUT = "set local lock_timeout = '2s'"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was recorded: an action of the log, and the ids of its files."""

    database: Database
    action: str
    files: tuple[str, ...]


def accept_checksum(
    dsn: str, file_id: str, reason: str, *, root: Path | None = None, lock_wait: float = 60.0
) -> Repaired:
    """Record the present text of an applied file as what was applied, without running it.

    For a file that was edited in a way that changes nothing, like a comment. What really ran stays
    in ``schema_migrations.body``. ``lock_wait``: seconds to wait for a runner. Raises
    `MigrateError`: ``cannot_repair`` when the file is not applied, has no text any more, has the
    recorded text, or is one that `apply` runs again by itself.
    """

    def act(conn: Connection, source: Source, rows: Rows) -> None:
        file, row = _file(source, file_id), rows.get(file_id)
        if file.kind != "versioned":
            raise _refuse(file_id, "is applied again by itself when its text changes")
        if row is None or row.state != "applied":
            raise _refuse(file_id, "is not recorded as applied", "see `status`")
        if row.checksum == file.checksum:
            raise _refuse(file_id, "has the text that is recorded")
        history.accept(conn, file, reason)

    return _repair(
        dsn, file_id, "accept checksum", act, reason=reason, root=root, lock_wait=lock_wait
    )


def mark_applied(
    dsn: str, file_id: str, reason: str, *, root: Path | None = None, lock_wait: float = 60.0
) -> Repaired:
    """Record a versioned file as applied, because somebody has made sure that it is.

    Raises `MigrateError`: ``cannot_repair`` when it is recorded as applied already, when one before
    it is not, or when it builds an index that is invalid or not there; otherwise as
    `accept_checksum`.
    """

    def act(conn: Connection, source: Source, rows: Rows) -> None:
        file, row = _file(source, file_id), rows.get(file_id)
        if file.kind != "versioned":
            raise _refuse(file_id, "is no versioned file; run `apply`")
        if row is not None and row.state == "applied":
            raise _refuse(file_id, "is recorded as applied already")
        if row is None and (before := _not_applied_before(source, rows, file_id)):
            hint = f"`apply --to {before}` runs it; or begin with `repair --mark-applied {before}`"
            raise _refuse(file_id, f"comes after {before}, which is not applied", hint)
        if outside.builds_index(file) and not outside.index_is_valid(conn, file):
            raise _refuse(
                file_id,
                "builds an index that is not there, or invalid: use --mark-pending and apply again",
            )
        history.mark_applied(conn, file, reason)
        catalogue.store(conn, _known_before(conn))

    return _repair(dsn, file_id, "mark applied", act, reason=reason, root=root, lock_wait=lock_wait)


def mark_pending(
    dsn: str, file_id: str, reason: str, *, root: Path | None = None, lock_wait: float = 60.0
) -> Repaired:
    """Forget that a file was started or applied, so that the next `apply` runs it again.

    Raises `MigrateError`: ``cannot_repair`` when nothing is recorded, or when it is an applied
    number, but not the newest one; otherwise as `accept_checksum`.
    """

    def act(conn: Connection, source: Source, rows: Rows) -> None:
        del source
        if (row := rows.get(file_id)) is None:
            raise _refuse(file_id, "is not recorded", "see `status`")
        # What has failed must have a way back, even if it was applied out of order.
        if row.kind in VERSIONED and row.state == "applied" and file_id < (last := _newest(rows)):
            hint = (
                "put what is to be done into a new file; or mark the later ones as pending first,"
                f" from {last} downwards, if all of them can run again"
            )
            raise _refuse(file_id, f"was applied before {last}: it would be out of order", hint)
        history.mark_pending(conn, file_id, reason)

    return _repair(dsn, file_id, "mark pending", act, reason=reason, root=root, lock_wait=lock_wait)


def _repair(
    dsn: str,
    file_id: str,
    action: str,
    act: Callable[[Connection, Source, Rows], None],
    *,
    reason: str,
    root: Path | None,
    lock_wait: float,
) -> Repaired:
    """Change one row in one transaction, with the lock held: no runner is at work then."""
    if not reason.strip():
        raise refuse("no_reason", "a repair needs a reason: it is kept in the log")
    source = discover(root)
    with connection.connect(dsn) as conn:
        connection.require_own_session(conn, dsn)
        connection.reset(conn)
        with lock.held(conn, lock_wait):
            rows = history.read(conn).rows
            if not rows:
                raise _refuse(file_id, "cannot be repaired: nothing is recorded in this database")
            with conn.transaction():
                conn.execute(f"{LOCK_TIMEOUT}; {history.ENTER}")
                act(conn, source, rows)
        return Repaired(connection.describe(conn), action, (file_id,))


def _not_applied_before(source: Source, rows: Rows, file_id: str) -> str | None:
    """Find the first number before this one that is not applied: it would be out of order."""
    before = (file.id for file in source.versioned if file.id < file_id)
    return next((id_ for id_ in before if id_ not in rows or rows[id_].state != "applied"), None)


def _newest(rows: Rows) -> str:
    return max(row.id for row in rows.values() if row.kind in VERSIONED)


def _known_before(conn: Connection) -> str:
    """Read the catalogue without the objects that no run has made: they are taken as this file's.

    Without this, `verify` would name them for ever. Objects that were changed stay changed.
    """
    recorded = {row[0] for row in conn.execute(_RECORDED).fetchall()}
    present = json.loads(catalogue.before(conn))
    return json.dumps({name: state for name, state in present.items() if name in recorded})


def _file(source: Source, file_id: str) -> SqlFile:
    if file_id not in source.by_id:
        hint = "an id is a number like 0007, or a path like functions/api/get_balance.sql"
        raise _refuse(file_id, "is not among the files", hint)
    return source.by_id[file_id]


def _refuse(file_id: str, message: str, hint: str | None = None) -> MigrateError:
    return refuse("cannot_repair", f"{file_id} {message}", id=file_id, hint=hint)
