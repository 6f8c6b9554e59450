"""A second connection that sees what a statement is waiting for, and how far an index has come."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import psycopg

from pgcredits.migrate import connection, mask
from pgcredits.migrate.errors import MigrateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits.migrate.connection import Connection

_PERIOD = 0.5
_REPEAT_MESSAGE = 10.0

# A prepared transaction blocks as process 0, which pg_stat_activity does not have.
_BLOCKERS = """
    select b.pid, a.usename, a.application_name, a.state,
           extract(epoch from pg_catalog.clock_timestamp()
                              - coalesce(a.xact_start, a.backend_start))::bigint,
           pg_catalog.left(pg_catalog.regexp_replace(a.query, '\\s+', ' ', 'g'), 100)
      from (select distinct pid from pg_catalog.unnest(pg_catalog.pg_blocking_pids(%s)) as u (pid))
           as b
      left join pg_catalog.pg_stat_activity a on a.pid = b.pid
     order by a.xact_start nulls last, b.pid"""

_PROGRESS = """
    select p.phase,
           case when p.tuples_total > 0 then 100 * p.tuples_done / p.tuples_total
                when p.blocks_total > 0 then 100 * p.blocks_done / p.blocks_total end
      from pg_catalog.pg_stat_progress_create_index p
     where p.pid = %s"""


class Watcher:
    """Tells about the server session ``pid`` while one of its files takes longer than a moment.

    It connects only then. ``progress`` is called from a thread of its own. Whatever goes wrong
    here never disturbs the run.
    """

    def __init__(self, dsn: str, pid: int, progress: Callable[[str], None]) -> None:
        self._dsn = dsn
        self._pid = pid
        self._progress = progress
        self._label: str | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="watcher", daemon=True)
        self._said: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)

    @contextmanager
    def over(self, label: str) -> Iterator[None]:
        """Watch during the body, which runs the file ``label``."""
        self._label = label
        try:
            yield
        finally:
            self._label = None

    def _work(self) -> None:
        """Look twice a second, from the second look at the same file on."""
        conn: Connection | None = None
        before: str | None = None
        with suppress(psycopg.Error, MigrateError):
            try:
                while not self._stopped.wait(_PERIOD):
                    label = self._label
                    if label is not None and label == before:
                        conn = conn or connection.open_second(self._dsn)
                        self._look(conn, label)
                    before = label
            finally:
                if conn is not None:
                    conn.close()

    def _look(self, conn: Connection, label: str) -> None:
        for row in conn.execute(_BLOCKERS, (self._pid,)).fetchall():
            self._say(f"{label} {row[0]}", f"{label} waits for {_blocker(row)}")
        for phase, percent in conn.execute(_PROGRESS, (self._pid,)).fetchall():
            done = "" if percent is None else f", {percent} %"
            self._say(f"{label} {phase}", f"{label}: {phase}{done}")

    def _say(self, subject: str, line: str) -> None:
        """Say it, but the same thing only from time to time."""
        now = time.monotonic()
        if now >= self._said.get(subject, 0.0):
            self._said[subject] = now + _REPEAT_MESSAGE
            self._progress(line)


def _blocker(row: tuple[Any, ...]) -> str:
    """Describe a blocker from a row of `_BLOCKERS`; others' columns may be hidden from us."""
    pid, user, application, state, age, query = row
    if not pid:
        return "a prepared transaction: see pg_prepared_xacts"
    parts = [f"process {pid}"]
    parts += [f"user {user}"] if user else []
    parts += [f"'{application}'"] if application else []
    parts += [state] if state else []
    parts += [f"for {age} s"] if age is not None else []
    return ", ".join(parts) + (f": {mask.query(query)}" if query else "")
