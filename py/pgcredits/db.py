"""Connections that are safe behind a transaction pooler: nothing is left in the session.

No prepared statements outlive a transaction, and limits are set for one transaction at a time.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

Connection = psycopg.Connection[Any]
Pool = ConnectionPool[Connection]

_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    # Milliseconds that sent data may stay unacknowledged: a host that vanished is noticed.
    "tcp_user_timeout": "10000",
}


def conninfo(url: str, application_name: str) -> str:
    """Complete ``url`` with our defaults; what it says itself wins.

    Raises `psycopg.ProgrammingError` when it is not a connection string.
    """
    given = conninfo_to_dict(url)
    defaults = {"application_name": application_name, **_DEFAULTS}
    return make_conninfo(url, **{k: v for k, v in defaults.items() if k not in given})


def connect(url: str, *, application_name: str = "pgcredits") -> Connection:
    """Open one connection (not autocommit). Raises `psycopg.OperationalError`."""
    return psycopg.connect(conninfo(url, application_name), prepare_threshold=None)


def create_pool(url: str, *, application_name: str, max_size: int, timeout: float) -> Pool:
    """Make a pool that is still closed; opening it does not wait for the database.

    ``timeout`` is how many seconds a caller waits for a connection before `PoolTimeout`. Each
    connection is checked when it is handed out, so a restart of the database is survived.
    """
    return ConnectionPool(
        conninfo(url, application_name),
        kwargs={"prepare_threshold": None},
        min_size=1,
        max_size=max_size,
        timeout=timeout,
        # The pause between attempts doubles up to this; a short limit keeps recovery short.
        reconnect_timeout=8,
        check=ConnectionPool.check_connection,
        name=application_name,
        open=False,
    )


def limit_transaction(conn: Connection, *, statement_timeout: float, lock_timeout: float) -> None:
    """Bound every statement of the current transaction, and every wait for a lock, in seconds."""
    conn.execute(
        "select set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)",
        (_milliseconds(statement_timeout), _milliseconds(lock_timeout)),
    )


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"
