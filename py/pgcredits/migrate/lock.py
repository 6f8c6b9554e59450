"""One runner at a time: a session advisory lock that is polled, never waited on.

A runner that waits inside ``pg_advisory_lock()`` holds a snapshot, and CREATE INDEX CONCURRENTLY
in the runner that has the lock would wait for it: a deadlock. Between two polls nothing is open.
"""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pgcredits.migrate.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits.migrate.connection import Connection

KEY = int.from_bytes(b"pgcredit")
"""Advisory locks belong to one database, so one constant for the project is right."""

_LONGEST_PAUSE = 0.5
_REPEAT_MESSAGE = 10.0

_HOLDER = """
    select l.pid, a.usename, a.application_name, a.client_addr, a.state,
           extract(epoch from pg_catalog.clock_timestamp() - a.backend_start)::bigint
      from pg_catalog.pg_locks l
      left join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
       and l.database = (select d.oid from pg_catalog.pg_database d
                          where d.datname = pg_catalog.current_database())
       and (l.classid::bigint << 32) | l.objid::bigint = %s"""


def silent(_line: str) -> None:
    """Show no progress."""


@contextmanager
def held(conn: Connection, wait: float, progress: Callable[[str], None] = silent) -> Iterator[int]:
    """Hold the lock for the body, which gets the process id of the session that holds it.

    Waits up to ``wait`` seconds, then raises code 5.
    """
    pid = _acquire(conn, wait, progress)
    try:
        yield pid
    finally:
        if not conn.closed:
            conn.execute("select pg_advisory_unlock(%s)", (KEY,))


def is_held(conn: Connection) -> bool:
    """Whether some runner is at work in this database."""
    return conn.execute(_HOLDER, (KEY,)).fetchone() is not None


def _acquire(conn: Connection, wait: float, progress: Callable[[str], None]) -> int:
    deadline = time.monotonic() + wait
    say_at = 0.0
    pause = 0.05
    while (pid := _try(conn)) is None:
        now = time.monotonic()
        if now >= deadline:
            raise refuse(
                "lock_held",
                f"another runner is at work: {holder(conn)}; waited {wait:g} s",
                hint="run again when it has finished, or wait longer with --lock-wait",
            )
        if now >= say_at:
            progress(f"waiting for another runner: {holder(conn)}")
            say_at = now + _REPEAT_MESSAGE
        time.sleep(min(pause, max(deadline - now, 0.001)))
        pause = min(pause * random.uniform(1.2, 2.0), _LONGEST_PAUSE)  # noqa: S311
    return pid


def _try(conn: Connection) -> int | None:
    query = "select pg_backend_pid() where pg_try_advisory_lock(%s)"
    row = conn.execute(query, (KEY,)).fetchone()
    return row[0] if row else None


def holder(conn: Connection) -> str:
    """Who has the lock, as far as we may know."""
    row = conn.execute(_HOLDER, (KEY,)).fetchone()
    if row is None:
        return "it has just finished"
    pid, user, application, address, state, age = row
    parts = [f"process {pid}"]
    parts += [f"user {user}"] if user else []
    parts += [f"'{application}'"] if application else []
    parts += [f"from {address}"] if address else []
    parts += [state] if state else []
    parts += [f"connected {age} s ago"] if age is not None else []
    return ", ".join(parts)
