"""Waiting for what another session does, by looking, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 30) -> None:
    """Look again and again until the condition holds; fail after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout:g} s in vain: {what}"
        time.sleep(0.005)


def wait_until_blocked(conn: psycopg.Connection[Any], by: int, sessions: int = 1) -> None:
    """Wait until at least ``sessions`` sessions are stuck behind a lock of backend ``by``.

    ``conn`` is an autocommit connection that only looks.
    """

    def blocked() -> bool:
        row = conn.execute(
            "select count(*) from pg_stat_activity a where %s = any(pg_blocking_pids(a.pid))", (by,)
        ).fetchone()
        return row is not None and row[0] >= sessions

    wait_until(blocked, f"{sessions} session(s) blocked by backend {by}")
