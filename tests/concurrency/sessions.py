"""Several sessions at once, without sleeps.

One session does something inside a transaction and so holds the account. Another one is started in
a thread; the test goes on when the server says that it waits for a lock. Then the first one commits
or rolls back, and both answers are compared with what the rule says.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import psycopg

from pgcredits.errors import CreditsError
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Credits

A = TypeVar("A")
B = TypeVar("B")
_PATIENCE = 30.0


def ask(call: Callable[[Credits], A], session: Credits) -> A | CreditsError:
    """Return what the call returns, or the refusal that it meets."""
    try:
        return call(session)
    except CreditsError as refusal:
        return refusal


@dataclass(frozen=True, slots=True)
class Running(Generic[A]):
    """A call that a session is making in a thread of its own."""

    session: Credits
    future: Future[A]

    def result(self) -> A:
        """Wait for the end of the call; return its result or raise its error."""
        return self.future.result(_PATIENCE)


@dataclass(frozen=True, slots=True)
class Race(Generic[A, B]):
    """Answers of two sessions, and whether the second one had to wait for the first."""

    first: A | CreditsError
    second: B | CreditsError
    waited: bool


class Sessions:
    """Opens sessions on one database, makes calls in them, and looks who waits for whom."""

    def __init__(self, credits: Credits) -> None:
        self._credits = credits
        self._threads = ThreadPoolExecutor(64)
        self._observer = credits.connect()
        self.first = self.open()
        self.second = self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def open(self, isolation: str = "read committed") -> Credits:
        """Open an autocommit session, in which no statement outlasts the patience of the tests."""
        session = self._credits.connect()
        session.conn.execute(f"set default_transaction_isolation = '{isolation}'")
        session.conn.execute(f"set statement_timeout = '{_PATIENCE:g}s'")
        return session

    def start(self, session: Credits, call: Callable[[Credits], A]) -> Running[A]:
        """Make the call in a thread; the session belongs to it until it has ended."""
        return Running(session, self._threads.submit(call, session))

    def blockers(self, session: Credits) -> set[int]:
        """Return the process ids for which the session waits, in a lock or in its queue."""
        row = self._observer.conn.execute("select pg_blocking_pids(%s)", (session.pid,)).fetchone()
        assert row is not None
        return set(row[0])

    def settle(self, call: Running[A]) -> bool:
        """Go on when the call waits for somebody or has ended; return whether it waits."""
        wait_until(
            lambda: call.future.done() or bool(self.blockers(call.session)),
            f"session {call.session.pid} waits or has ended",
        )
        return not call.future.done()

    def until_waiting(self, *calls: Running[A]) -> None:
        """Go on when every call waits for somebody; fail when one has ended instead."""
        for call in calls:
            assert self.settle(call), f"the call did not wait: {call.future}"

    def race(
        self,
        first: Callable[[Credits], A],
        second: Callable[[Credits], B],
        *,
        rollback: bool = False,
        meanwhile: Callable[[], object] | None = None,
    ) -> Race[A, B]:
        """Make the first call, the second one while the first is not committed, then commit.

        With ``rollback`` the first call is undone instead, as it is when it was refused.
        ``meanwhile`` runs once the second call waits, or has ended where it need not wait.
        """
        answer: A | CreditsError
        with self.first.conn.transaction():
            answer = ask(first, self.first)
            call = self.start(self.second, lambda session: ask(second, session))
            waited = self.settle(call)
            if meanwhile is not None:
                meanwhile()
            if rollback or isinstance(answer, CreditsError):
                raise psycopg.Rollback
        return Race(answer, call.result(), waited)
