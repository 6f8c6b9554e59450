"""Verify scripts: SQL that raises an exception where a migration is not what it should be.

They run as credits_owner with an empty search_path, and whatever they do is rolled back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.migrate import history, script
from pgcredits.migrate.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import SqlFile
    from pgcredits.migrate.session import Session


def run_within(session: Session, files: Iterable[SqlFile]) -> None:
    """Run scripts inside the caller's transaction and take back what they did.

    Raises `script.ScriptError` for the first one that fails; then the transaction is broken.
    """
    for file in files:
        session.conn.execute("savepoint verify_script")
        session.for_file(history.ENTER)
        script.run(session.conn, file)
        session.conn.execute("rollback to savepoint verify_script; release savepoint verify_script")


def failures(conn: Connection, files: Iterable[SqlFile]) -> Iterator[Problem]:
    """Run each script in a transaction of its own, which is rolled back; report the exceptions."""
    for file in files:
        try:
            with conn.transaction(force_rollback=True):
                conn.execute(history.ENTER)
                script.run(conn, file)
        except script.ScriptError as failure:
            if conn.closed:
                raise failure.error from failure
            hint = "the script says what must hold; look at what has changed"
            yield Problem("verify_failed", file.id, failure.describe(), hint)
