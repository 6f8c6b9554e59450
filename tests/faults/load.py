"""A load in the background of a test that injects faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

from tests.history.load import ACCOUNTS, run
from tests.history.record import Acknowledged, Recorder
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import psycopg

    from tests.history.record import History, Invocation

    Connect = Callable[[], psycopg.Connection[Any]]

_ENOUGH = 1_000_000
"""More calls than a session makes before it is told to stop."""


@contextmanager
def background(
    history: History,
    connect: Connect,
    *,
    seed: object,
    sessions: int = 8,
    accounts: Sequence[str] = ACCOUNTS,
) -> Iterator[None]:
    """Let sessions make calls, one after the other, until the block ends."""
    stop = Event()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(
            lambda: run(
                history,
                connect,
                seed=seed,
                sessions=sessions,
                calls=_ENOUGH,
                accounts=accounts,
                stop=stop,
            )
        )
        try:
            yield
        finally:
            stop.set()
        running.result()


def ended(history: History, kind: type = Acknowledged) -> list[Invocation]:
    """The calls so far that had this kind of outcome, in the order of their ends."""
    return [one for one in list(history.invocations) if isinstance(one.outcome, kind)]


def wait_for_more(history: History, calls: int, kind: type = Acknowledged) -> None:
    """Wait until so many more calls have had this kind of outcome."""
    goal = len(ended(history, kind)) + calls
    wait_until(lambda: len(ended(history, kind)) >= goal, f"{calls} more calls {kind.__name__}")


def repeat(history: History, connect: Connect, invocations: Iterable[Invocation]) -> None:
    """Make these calls once more, each until its outcome is known."""
    with Recorder(history, connect) as session:
        for one in invocations:
            session.retry(one.call)
