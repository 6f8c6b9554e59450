"""The settings of a run's session: for its files, and for what the runner does between them.

``statement_timeout`` is for files alone. ``lock_timeout`` is for both while a transaction is open,
because what its files have locked stays locked while the runner waits, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgcredits.migrate import connection
from pgcredits.migrate.errors import refuse

if TYPE_CHECKING:
    from pgcredits.migrate.connection import Connection

LONGEST_MS = 2**31 - 1
"""What a timeout of the server can be, in milliseconds: nearly 25 days."""

ALLOWED = f"0 (no limit), or from 1ms to {LONGEST_MS}ms (596h)"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a statement may wait for a lock and may take (0: no limit), and tries in all.

    Raises `MigrateError` for what the server would not take, or would take for something else.
    """

    lock_timeout: float
    statement_timeout: float
    tries: int

    def __post_init__(self) -> None:
        given = {
            "--lock-timeout": self.lock_timeout,
            "--statement-timeout": self.statement_timeout,
        }
        for name, seconds in given.items():
            if not is_allowed(seconds):
                raise refuse("bad_limit", f"{name} must be {ALLOWED}: {seconds:g} s is not")
        if self.tries < 1:
            raise refuse("bad_limit", f"--retries must be 1 or more: {self.tries} is not")


@dataclass(frozen=True, slots=True)
class Session:
    """A connection, and what its statements may take. Each method is one round trip.

    Both undo whatever a file has set before, the role included, and then run ``then``.
    """

    conn: Connection
    limits: Limits

    @property
    def statement_timeout(self) -> int:
        """Milliseconds that a statement of a file may take; 0: no limit."""
        return milliseconds(self.limits.statement_timeout)

    def for_file(self, *then: str) -> None:
        """Set what a file runs with, inside the transaction that is open."""
        self._enter(self.statement_timeout, then)

    def for_runner(self, *then: str) -> None:
        """Set what the runner's own statements run with, inside the transaction that is open."""
        self._enter(0, then)

    def _enter(self, statement_timeout: int, then: tuple[str, ...]) -> None:
        commands = [
            *connection.reset_commands(self.conn),
            f"set local lock_timeout = {milliseconds(self.limits.lock_timeout)}",
            f"set local statement_timeout = {statement_timeout}",
            "set local search_path = ''",
            *then,
        ]
        self.conn.execute("; ".join(commands).encode())


def is_allowed(seconds: float) -> bool:
    """Whether the server can take this as a timeout, and as no other one."""
    return seconds == 0 or (seconds >= 0.001 and seconds * 1000 < LONGEST_MS + 1)


def milliseconds(seconds: float) -> int:
    """Give seconds as the server counts them."""
    return round(seconds * 1000)
