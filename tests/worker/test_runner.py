"""A job that runs again and again, on a clock that moves only while somebody waits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgcredits.errors import InvalidArgument
from pgcredits.worker.board import Board
from pgcredits.worker.jobs import Batch
from pgcredits.worker.pace import Pace
from pgcredits.worker.runner import PAUSE, Runner, Scheduled
from tests.worker.support import Connections, FakeClock, Told

if TYPE_CHECKING:
    from pgcredits.worker.jobs import Job

MORE, END = Batch({"items": 3}, has_more=True), Batch({"items": 1}, has_more=False)


def run(job: Job, clock: FakeClock, connections: Connections | None = None) -> Board:
    """Run a job until the clock stops it; the dice show the middle."""
    scheduled = Scheduled(job, job.interval)
    board = Board([scheduled], clock.now)
    pace = Pace(job.interval, lambda: 0.5)
    Runner(scheduled, connections or Connections(), board, clock, pace).run()
    return board


def value(board: Board, name: str, **labels: str) -> float | None:
    return board._registry.get_sample_value(f"pgcredits_{name}", labels)


def test_it_runs_every_interval() -> None:
    told, clock = Told(), FakeClock(3)
    board = run(told.job(60), clock)
    assert told.calls == 3
    assert clock.waited == [2.5, 60, 60, 60]
    assert value(board, "job_runs_total", job="told", outcome="success") == 3


def test_the_interval_is_from_beginning_to_beginning() -> None:
    clock = FakeClock(3)
    told = Told(clock=clock)
    run(told.job(60), clock)
    assert clock.waited == [2.5, 50, 50, 50]


def test_a_run_goes_on_until_nothing_is_left() -> None:
    told, clock = Told(MORE, MORE, END), FakeClock(3)
    connections = Connections()
    board = run(told.job(60), clock, connections)
    assert told.calls == 3
    assert clock.waited == [2.5, PAUSE, PAUSE, pytest.approx(60 - 2 * PAUSE)]
    assert (connections.opened, connections.closed) == (1, 1)
    assert value(board, "job_batches_total", job="told") == 3
    assert value(board, "job_items_total", job="told", item="items") == 7
    assert value(board, "left_over") == 0


def test_every_run_has_a_connection_of_its_own() -> None:
    connections = Connections()
    run(Told().job(60), FakeClock(3), connections)
    assert (connections.opened, connections.closed) == (3, 3)


def test_it_stops_between_two_batches() -> None:
    told, connections = Told(MORE, MORE, END), Connections()
    board = run(told.job(60), FakeClock(2), connections)
    assert told.calls == 2
    assert connections.closed == 1
    assert value(board, "job_runs_total", job="told", outcome="stopped") == 1
    assert value(board, "job_running", job="told") == 0


def test_it_stops_before_the_first_run() -> None:
    told = Told()
    run(told.job(60), FakeClock(0))
    assert told.calls == 0


def test_a_failure_is_tried_again_soon_and_then_less_and_less_often(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lost = psycopg.OperationalError("server closed the connection unexpectedly")
    clock = FakeClock(6)
    connections = Connections(lost, lost, lost, None)
    with caplog.at_level(logging.INFO, "pgcredits.worker"):
        board = run(Told(END, lost).job(60), clock, connections)
    # Three failures, a success, a failure again, a success.
    assert clock.waited == [2.5, 0.75, 1.5, 3, 60, 0.75, 60]
    assert value(board, "job_runs_total", job="told", outcome="failure") == 4
    assert value(board, "job_consecutive_failures", job="told") == 0
    assert (connections.opened, connections.closed) == (3, 3)
    fields = [record.fields for record in caplog.records]  # type: ignore[attr-defined]
    assert [line["outcome"] for line in fields] == [*["failure"] * 3, "success", "failure"]
    assert fields[0]["detail"] == "server closed the connection unexpectedly"
    assert {record.levelno for record in caplog.records} == {logging.WARNING, logging.INFO}


def test_a_refusal_is_a_failure_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    board = run(Told(InvalidArgument()).job(60), FakeClock(1))
    assert value(board, "job_consecutive_failures", job="told") == 1
    assert board.health()["jobs"]["told"]["error"] == "InvalidArgument"
    assert caplog.records[0].fields["sqlstate"] == "PT400"  # type: ignore[attr-defined]


def test_a_defect_does_not_end_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    told = Told(ZeroDivisionError(), END)
    board = run(told.job(60), FakeClock(2))
    assert told.calls == 2
    assert value(board, "job_consecutive_failures", job="told") == 0
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None


def test_a_run_that_did_nothing_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pgcredits.worker"):
        run(Told(END).job(60), FakeClock(3))
    assert len(caplog.records) == 1
