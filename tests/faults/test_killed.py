"""Sessions and whole servers that are killed under load.

Each session notes what it asked and what it was told. A call whose answer was lost is made again
with its key. Then every acknowledged call is in the ledger once, and nothing else is.

The seed is printed; FAULTS_SEED repeats the calls of a run, though not their interleaving.
"""

from __future__ import annotations

import os
import random
import secrets
from threading import Event
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.client import Credits
from tests.faults.load import background, repeat, wait_for_more
from tests.faults.server import OwnServer
from tests.history.check import check
from tests.history.record import History

KILLS = 60
ROUNDS = 20
ACCOUNTS = ["ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal"]
_WORKING = (
    "select pid from pg_stat_activity"
    " where datname = current_database() and application_name = 'load' and state <> 'idle'"
)


@pytest.fixture
def seed() -> str:
    seed = os.environ.get("FAULTS_SEED") or str(secrets.randbits(32))
    print(f"FAULTS_SEED={seed}")
    return seed


@pytest.mark.slow
def test_sessions_that_are_terminated_at_work(dsn: str, credits: Credits, seed: str) -> None:
    history = History()
    rng = random.Random(seed)  # noqa: S311

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(make_conninfo(dsn, application_name="load"), autocommit=True)

    killed = 0
    with background(history, connect, seed=seed, accounts=ACCOUNTS):
        while killed < KILLS:
            wait_for_more(history, rng.randint(1, 15))
            working = [pid for (pid,) in credits.conn.execute(_WORKING)]
            if working:
                credits.conn.execute("select pg_terminate_backend(%s)", [rng.choice(working)])
                killed += 1
    unknown = history.unknown()
    print(f"{len(history.invocations)} calls, {killed} sessions killed, {len(unknown)} unknown")
    assert len(unknown) > KILLS / 10
    repeat(history, connect, unknown)
    check(history, credits)


@pytest.mark.slow
def test_a_server_that_is_killed_twenty_times(seed: str) -> None:
    history = History()
    up = Event()
    rng = random.Random(seed)  # noqa: S311
    repeated = 0
    with OwnServer() as server:

        def connect() -> psycopg.Connection[Any]:
            up.wait(60)
            return server.connect()

        with background(history, connect, seed=seed, accounts=ACCOUNTS):
            for _ in range(ROUNDS):
                up.set()
                wait_for_more(history, rng.randint(10, 40))
                up.clear()
                server.kill()
                server.start()
                up.set()
                # Beside the load, which goes on as soon as the server is back.
                unknown = history.unknown()[repeated:]
                repeated += len(unknown)
                repeat(history, connect, unknown)
        unknown = history.unknown()[repeated:]
        repeat(history, connect, unknown)
        print(f"{len(history.invocations)} calls, {repeated + len(unknown)} unknown")
        assert repeated > ROUNDS
        with server.connect() as conn:
            settings = conn.execute(
                "select current_setting('fsync'), current_setting('synchronous_commit')"
            ).fetchone()
            assert settings == ("on", "on")
            check(history, Credits(conn))
