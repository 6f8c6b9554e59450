"""Files that cannot run in a transaction: one statement, and a row that tells how far it came.

The row is ``running`` before the statement and ``applied`` after it; ``failed`` when the statement
failed. As nothing is rolled back, only a person can say what is true then: see `repair`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from pgcredits.migrate import catalogue, checks, connection, history, script, sqltext
from pgcredits.migrate.errors import MigrateError, Problem, refuse, repair_hint

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import Source, SqlFile
    from pgcredits.migrate.session import Session

# With a lock_timeout, CREATE INDEX CONCURRENTLY would give up in its middle and leave rubbish.
ENTER = "set role credits_owner; set search_path = ''; set lock_timeout = 0"
"""How the session becomes the owner's for such a file."""

# What stopped the file may be in the way of its row, too; `apply` has an answer to give.
_IMPATIENT = "set local lock_timeout = '2s'"

_IS_VALID = """
    select i.indisvalid
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = %s and c.relname = %s"""


def run(
    session: Session,
    source: Source,
    file: SqlFile,
    progress: Callable[[str], None],
    recorded: Callable[[int], None],
) -> None:
    """Run the file and keep its row; call ``recorded`` with its milliseconds when that is done.

    Raises `MigrateError` of code 7 when the statement failed, or could not be recorded after it had
    run. An interruption is passed on, with a note that names the repair.
    """
    conn, milliseconds = session.conn, None
    conn.execute(ENTER)
    _drop_invalid(conn, file, progress)
    before = catalogue.before(conn)
    history.start(conn, file)
    try:
        conn.execute(f"set statement_timeout = {session.statement_timeout}".encode())
        milliseconds = script.run(conn, file)
        _record(session, source, file, before, milliseconds)
    except (script.ScriptError, psycopg.Error) as failure:
        raise _failure(conn, file, failure, has_run=milliseconds is not None) from failure
    except BaseException as exc:
        if _fail(conn, file, "interrupted"):
            exc.add_note(
                f"{file.name} was interrupted and cannot be rolled back{_state(conn, file)}\n"
                f"  hint: {repair_hint(file.id)}"
            )
        elif milliseconds is not None:  # it came when all was done
            recorded(milliseconds)
        raise
    recorded(milliseconds)


def _record(
    session: Session, source: Source, file: SqlFile, before: str, milliseconds: int
) -> None:
    """Mark the file as applied, with what it has changed, if its verify scripts are content."""
    connection.reset(session.conn)
    with session.conn.transaction():
        checks.run_within(session, source.checks_of(file.id))
        session.conn.execute(history.ENTER)
        catalogue.store(session.conn, before)
        history.finish(session.conn, file.id, milliseconds)


def _failure(
    conn: Connection, file: SqlFile, failure: script.ScriptError | psycopg.Error, *, has_run: bool
) -> MigrateError:
    """Say what happened, what is there, and how to go on."""
    if isinstance(failure, script.ScriptError):
        what, reason = failure.describe(), failure.error.diag.message_primary
    else:
        what = reason = failure.diag.message_primary or str(failure).strip()
    _fail(conn, file, reason or str(failure))
    then = "cannot be rolled back"
    if has_run and conn.closed:
        then = "has run, which cannot be rolled back; `status` tells whether that was recorded"
    elif has_run:
        then = "has run, which cannot be rolled back, but was not recorded as applied"
    message = f"{what}\n{file.name} {then}{_state(conn, file)}"
    return refuse("no_transaction_failed", message, id=file.id, hint=repair_hint(file.id))


def explain(conn: Connection, source: Source, problems: tuple[Problem, ...]) -> MigrateError:
    """Make the error about ``problems``, and say of unfinished index builds what is there."""
    told = []
    for problem in problems:
        file = source.by_id.get(problem.id or "")
        state = _state(conn, file) if file and problem.code == "half_applied" else ""
        told.append(Problem(problem.code, problem.id, problem.message + state, problem.hint))
    return MigrateError(told)


def builds_index(file: SqlFile) -> bool:
    """Whether the file is a concurrent build of an index with a name."""
    return _index(file) is not None


def index_is_valid(conn: Connection, file: SqlFile) -> bool | None:
    """Whether the index that the file builds concurrently is valid; None if there is no such."""
    index = _index(file)
    row = conn.execute(_IS_VALID, index).fetchone() if index else None
    return row[0] if row else None


def _index(file: SqlFile) -> tuple[str, str] | None:
    if file.in_transaction or not file.statements:
        return None
    return sqltext.concurrent_index(file.statements[0].tokens)


def _drop_invalid(conn: Connection, file: SqlFile, progress: Callable[[str], None]) -> None:
    """Drop what a failed build left: IF NOT EXISTS would take it for the index."""
    index = _index(file)
    if index and index_is_valid(conn, file) is False:
        conn.execute(sql.SQL("drop index concurrently {}").format(sql.Identifier(*index)))
        progress(f"dropped the invalid index {'.'.join(index)}")


def _fail(conn: Connection, file: SqlFile, reason: str) -> bool:
    """Mark the row as failed, unless it says ``applied`` already: then return False.

    If that is impossible, the row stays ``running``.
    """
    with suppress(psycopg.Error):
        connection.reset(conn)
        with conn.transaction():
            conn.execute(f"{_IMPATIENT}; {history.ENTER}")
            return history.finish(conn, file.id, None, reason)
    return True


def _state(conn: Connection, file: SqlFile) -> str:
    """Say what became of the index, as far as the server can be asked."""
    index = _index(file)
    if not index or conn.closed:
        return ""
    name = ".".join(index)
    with suppress(psycopg.Error):
        states = {
            True: f"; the index {name} is there and valid",
            False: f"; the index {name} is invalid, the next try drops it first",
            None: f"; there is no index {name}",
        }
        return states[index_is_valid(conn, file)]
    return ""
