"""`pgcredits worker` as a process, against a real server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pgcredits.worker.jobs import JOBS
from tests.client import Credits
from tests.faults.server import OwnServer
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clock import Clock

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
COMMAND = [sys.executable, "-m", "pgcredits", "worker"]
OFTEN = ("--every", "sweep=1", "--every", "seal=1")


def environment(**variables: str) -> dict[str, str]:
    """Keep what a Python process needs, and nothing that the worker would read."""
    ours = ("DATABASE_URL", "PGCREDITS_", "PG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **variables}


class Endpoint:
    """Health and metrics of a worker."""

    def __init__(self, url: str) -> None:
        self._url = url

    def health(self) -> dict[str, Any]:
        answer = httpx.get(f"{self._url}/healthz", timeout=30)
        found: dict[str, Any] = answer.json()
        assert answer.status_code == (200 if found["status"] == "ok" else 503)
        return found

    def metric(self, name: str, **labels: str) -> float:
        answer = httpx.get(f"{self._url}/metrics", timeout=30)
        assert answer.headers["content-type"].startswith("text/plain; version=")
        return sum(
            sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == f"pgcredits_{name}" and labels.items() <= sample.labels.items()
        )


@contextmanager
def running(
    dsn: str, *arguments: str, log: bool = False
) -> Iterator[tuple[Endpoint, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *(arguments or OFTEN)],
        env=environment(DATABASE_URL=dsn),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if log else subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        announced = process.stdout.readline()
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", announced)
        assert found is not None, announced
        yield Endpoint(found[1]), process
    finally:
        process.kill()
        process.communicate()


def leave(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """Ask the process to end; what it has logged."""
    process.send_signal(number)
    log = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    return log or ""


def wait_until_sealed(credits: Credits, account: str) -> None:
    wait_until(lambda: credits.get_seal(account).unsealed == 0, f"{account} is sealed")


@contextmanager
def in_the_middle(credits: Credits, account: str) -> Iterator[None]:
    """Let a worker begin to seal the first entry of the account, and hang until the end."""
    blocker = credits.connect()
    with blocker.conn.transaction(force_rollback=True):
        blocker.conn.execute(
            "insert into credits_private.seals (account_id, entry_id, version, hash)"
            " values (%s, 1, 1, '')",
            (account,),
        )
        credits.grant_credits(account, 5)
        wait_until(
            lambda: bool(
                credits.conn.execute(
                    "select from pg_stat_activity a where %s = any(pg_blocking_pids(a.pid))",
                    (blocker.pid,),
                ).fetchall()
            ),
            "the worker waits",
        )
        yield


@pytest.mark.slow
def test_it_works_and_leaves_quietly(dsn: str, credits: Credits, clock: Clock) -> None:
    with running(dsn, log=True) as (endpoint, process):
        clock.set(NOON)
        for number in range(3):
            credits.grant_credits(f"account {number}", 10)
        credits.hold_credits("account 1", 5, expires_in=HOUR / 2)
        clock.set(NOON + HOUR)
        for number in range(3):
            wait_until_sealed(credits, f"account {number}")
        wait_until(lambda: endpoint.metric("job_items_total", item="holds") == 1, "the hold ended")
        wait_until(lambda: endpoint.metric("unsealed_seconds") < 60, "all is sealed")
        assert endpoint.metric("job_items_total", job="seal", item="entries") >= 4
        assert endpoint.metric("job_runs_total", outcome="failure") == 0
        health = endpoint.health()
        assert health["status"] == "ok"
        assert set(health["jobs"]) == set(JOBS)
        log = leave(process)
    lines = [json.loads(line) for line in log.splitlines()]
    runs = [line for line in lines if line["logger"] == "pgcredits.worker"]
    assert sum(line.get("entries", 0) for line in runs) >= 4
    assert {line["job"] for line in runs} == {"sweep", "seal"}
    assert {line["level"] for line in lines} == {"info"}
    assert credits.booked("account 1")[-1] == ("release", 5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_batch_is_finished_before_it_leaves(
    dsn: str, credits: Credits, number: int
) -> None:
    with running(dsn, "--every", "seal=1", "--every", "sweep=off") as (_, process):
        with in_the_middle(credits, "ann"):
            process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert credits.get_seal("ann").unsealed == 0


def test_killed_in_the_middle_it_leaves_nothing_half_done(dsn: str, credits: Credits) -> None:
    with running(dsn, "--every", "seal=1") as (_, process), in_the_middle(credits, "ann"):
        process.kill()
        process.wait(timeout=60)
    wait_until(lambda: not credits.seal_due().is_busy, "the server has noticed")
    while credits.seal_due().has_more:
        pass
    assert credits.get_seal("ann").unsealed == 0


@pytest.mark.slow
def test_two_at_once_share_the_work(dsn: str, credits: Credits, clock: Clock) -> None:
    with running(dsn) as (one, _), running(dsn) as (other, _):
        clock.set(NOON)
        for number in range(20):
            credits.grant_credits(f"account {number}", 10)
            credits.hold_credits(f"account {number}", 5, expires_in=HOUR / 2)
        clock.set(NOON + HOUR)
        both = (one, other)

        def released() -> float:
            return sum(each.metric("job_items_total", item="holds") for each in both)

        wait_until(lambda: released() == 20, "every hold was released once")
        for number in range(20):
            wait_until_sealed(credits, f"account {number}")
        entries = sum(each.metric("job_items_total", job="seal", item="entries") for each in both)
        assert entries == 60
        for each in both:
            assert each.health()["status"] == "ok"
            assert each.metric("job_runs_total", outcome="failure") == 0


@pytest.mark.slow
def test_it_survives_a_restart_of_the_server() -> None:
    with OwnServer() as server, running(server.dsn, log=True) as (endpoint, process):
        with server.connect() as conn:
            credits = Credits(conn)
            credits.grant_credits("ann", 10)
            wait_until_sealed(credits, "ann")
        server.kill()
        wait_until(
            lambda: endpoint.metric("job_consecutive_failures", job="seal") >= 2,
            "the worker has noticed",
        )
        assert endpoint.health()["jobs"]["seal"]["error"] == "OperationalError"
        server.start()
        with server.connect() as conn:
            credits = Credits(conn)
            credits.deduct_credit("ann", 5)
            wait_until_sealed(credits, "ann")
            assert credits.verify() == []
        wait_until(
            lambda: endpoint.health()["jobs"]["seal"]["failures"] == 0, "the worker is well again"
        )
        log = leave(process)
    runs = [json.loads(line) for line in log.splitlines()]
    assert {line["level"] for line in runs} == {"info", "warning"}


class TestMistakes:
    def refused(self, *arguments: str, code: int = 2, **variables: str) -> str:
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=environment(**variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        return " ".join(done.stderr.split())

    def test_without_a_database_it_does_not_start(self) -> None:
        assert "DATABASE_URL" in self.refused()

    @pytest.mark.parametrize(
        ("every", "said"),
        [
            ("sweeep=5", "none of the jobs: sweep, grants"),
            ("sweep", "1 to 2592000 seconds, or off"),
            ("sweep=0", "1 to 2592000 seconds, or off"),
            ("sweep=nan", "1 to 2592000 seconds, or off"),
            ("sweep=2592001", "1 to 2592000 seconds, or off"),
            ("sweep=daily", "1 to 2592000 seconds, or off"),
        ],
    )
    def test_intervals_that_are_none(self, every: str, said: str) -> None:
        assert said in self.refused("--every", every, DATABASE_URL="postgresql:///x")

    def test_nothing_to_do(self) -> None:
        off = " ".join(f"{job}=off" for job in JOBS)
        said = self.refused(DATABASE_URL="postgresql:///x", PGCREDITS_WORKER_EVERY=off)
        assert "every job is off" in said

    def test_a_wrong_connection_string_is_not_repeated(self) -> None:
        said = self.refused(DATABASE_URL="postgresql://u:hidden word@h/ x y")
        assert "not a connection string" in said
        assert "hidden" not in said

    def test_a_taken_port_is_said(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            said = self.refused("--port", port, code=1, DATABASE_URL="postgresql:///x")
        assert f"cannot listen on 127.0.0.1:{port}" in said


def test_a_database_that_is_not_there_is_logged_without_its_password() -> None:
    url = "postgresql://u:hidden-password@127.0.0.1:1/x"
    with running(url, "--every", "seal=1", log=True) as (endpoint, process):
        wait_until(
            lambda: endpoint.metric("job_runs_total", outcome="failure") >= 4, "it has tried"
        )
        assert endpoint.health()["jobs"]["seal"]["error"] == "OperationalError"
        log = leave(process)
    assert "hidden-password" not in log
    assert "127.0.0.1" in log
