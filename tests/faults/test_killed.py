"""Sessions and whole servers that are killed under load.

Each session notes what it asked and what it was told. A call whose answer was lost is made again
with its key. Then every acknowledged call is in the ledger once, and nothing else is.

The seed is printed; FAULTS_SEED repeats the calls of a run, though not their interleaving.
"""

from __future__ import annotations

import os
import random
import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.client import Credits
from tests.faults.server import OwnServer
from tests.history.check import check
from tests.history.load import run
from tests.history.record import Acknowledged, History, Recorder
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.history.record import Invocation

    Connect = Callable[[], psycopg.Connection[Any]]

KILLS = 60
ROUNDS = 20
SESSIONS = 8
ENOUGH = 1_000_000
"""More calls than a session makes before it is told to stop."""
_WORKING = (
    "select pid from pg_stat_activity"
    " where datname = current_database() and application_name = 'load' and state <> 'idle'"
)


@pytest.fixture
def seed() -> str:
    seed = os.environ.get("FAULTS_SEED") or str(secrets.randbits(32))
    print(f"FAULTS_SEED={seed}")
    return seed


def _acknowledged(history: History) -> int:
    return sum(isinstance(one.outcome, Acknowledged) for one in list(history.invocations))


def _until_more(history: History, calls: int) -> None:
    """Wait until so many more calls have been acknowledged."""
    goal = _acknowledged(history) + calls
    wait_until(lambda: _acknowledged(history) >= goal, f"{calls} more calls")


def _repeat(history: History, connect: Connect, unknown: list[Invocation]) -> None:
    """Make calls whose outcome is unknown once more, each until it is known."""
    with Recorder(history, connect) as session:
        for one in unknown:
            session.retry(one.call)


@pytest.mark.slow
def test_sessions_that_are_terminated_at_work(dsn: str, credits: Credits, seed: str) -> None:
    history = History()
    stop = Event()
    rng = random.Random(seed)  # noqa: S311

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(make_conninfo(dsn, application_name="load"), autocommit=True)

    def load() -> None:
        run(history, connect, seed=seed, sessions=SESSIONS, calls=ENOUGH, stop=stop)

    killed = 0
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(load)
        try:
            while killed < KILLS:
                _until_more(history, rng.randint(1, 15))
                working = [pid for (pid,) in credits.conn.execute(_WORKING)]
                if working:
                    credits.conn.execute("select pg_terminate_backend(%s)", [rng.choice(working)])
                    killed += 1
        finally:
            stop.set()
        running.result()

    unknown = history.unknown()
    print(f"{len(history.invocations)} calls, {killed} sessions killed, {len(unknown)} unknown")
    assert len(unknown) > KILLS / 10
    _repeat(history, connect, unknown)
    check(history, credits)


@pytest.mark.slow
def test_a_server_that_is_killed_twenty_times(seed: str) -> None:
    history = History()
    stop = Event()
    up = Event()
    rng = random.Random(seed)  # noqa: S311
    repeated = 0
    with OwnServer() as server, ThreadPoolExecutor(1) as threads:

        def connect() -> psycopg.Connection[Any]:
            up.wait(60)
            return psycopg.connect(server.dsn, autocommit=True)

        running = threads.submit(
            lambda: run(history, connect, seed=seed, sessions=SESSIONS, calls=ENOUGH, stop=stop)
        )
        try:
            for _ in range(ROUNDS):
                up.set()
                _until_more(history, rng.randint(30, 80))
                up.clear()
                server.kill()
                server.start()
                # Made again beside the load, which goes on as soon as the server is back.
                unknown = history.unknown()[repeated:]
                repeated += len(unknown)
                up.set()
                _repeat(history, connect, unknown)
        finally:
            stop.set()
            up.set()
        running.result()
        unknown = history.unknown()[repeated:]
        _repeat(history, connect, unknown)
        print(f"{len(history.invocations)} calls, {repeated + len(unknown)} unknown")
        assert repeated > ROUNDS
        with psycopg.connect(server.dsn, autocommit=True) as conn:
            check(history, Credits(conn))
