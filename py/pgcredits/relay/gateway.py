"""The relay's way to the database: blocking calls, to be made in worker threads."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from pgcredits import db, rpc
from pgcredits.migrate import files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgcredits.errors import CreditsError
    from pgcredits.relay.config import RelayConfig


class Gateway:
    """A pool and the calls that the relay makes through it."""

    def __init__(self, config: RelayConfig) -> None:
        self._config = config
        self._pool = db.create_pool(
            config.database_url,
            application_name="pgcredits relay",
            max_size=config.pool_size,
            timeout=config.pool_timeout,
        )

    def open(self) -> None:
        """Start connecting, without waiting for it."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def ingest(self, payload: str) -> rpc.StripeOutcome:
        """Store and apply one event in its own transaction, committed when this returns."""
        with self._pool.connection() as conn:
            self._limit(conn)
            return rpc.ingest_stripe_event(conn, payload, self._config.livemode)

    def buyer(self, account_id: str) -> rpc.StripeBuyer:
        """Return the customer and the running subscription of an account."""
        with self._pool.connection() as conn:
            self._limit(conn)
            return rpc.get_stripe_buyer(conn, account_id, livemode=self._config.livemode)

    def add_lines(self, object_id: str, lines: Sequence[dict[str, Any]]) -> rpc.StripeOutcome:
        """Tell what a session consists of, in its own transaction."""
        with self._pool.connection() as conn:
            self._limit(conn)
            return rpc.add_stripe_line_items(conn, object_id, lines, livemode=self._config.livemode)

    def schema(self) -> tuple[rpc.SchemaVersion, bool]:
        """Return what the database has applied, and whether it is all that this package ships."""
        with self._pool.connection() as conn:
            self._limit(conn)
            found = rpc.schema_version(conn)
        return found, found.checksum == self._expected_checksum

    @cached_property
    def _expected_checksum(self) -> str:
        """Checksum that a database has when everything this package ships has been applied."""
        return files.fingerprint()

    def _limit(self, conn: db.Connection) -> None:
        db.limit_transaction(
            conn,
            statement_timeout=self._config.statement_timeout,
            lock_timeout=self._config.lock_timeout,
        )


_errors = psycopg.errors
_REASONS: tuple[tuple[str, tuple[type[psycopg.Error], ...]], ...] = (
    ("timeout", (_errors.QueryCanceled, _errors.LockNotAvailable)),
    ("conflict", (_errors.SerializationFailure, _errors.DeadlockDetected)),
    ("no_connection", (PoolTimeout, TooManyRequests)),
    (
        "schema_missing",
        (_errors.UndefinedFunction, _errors.InvalidSchemaName, _errors.UndefinedTable),
    ),
    ("permission_denied", (_errors.InsufficientPrivilege,)),
    ("database_unavailable", (psycopg.OperationalError,)),
)


def reason_of(exc: psycopg.Error | CreditsError) -> str:
    """Name the kind of trouble, for answers and logs."""
    return next((reason for reason, kinds in _REASONS if isinstance(exc, kinds)), "database_error")
