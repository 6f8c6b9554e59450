"""Health, and the metrics as Prometheus reads them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pgcredits import __version__
from pgcredits.worker.board import Board
from pgcredits.worker.jobs import JOBS
from pgcredits.worker.runner import Scheduled
from tests.worker.support import FakeClock, Told

if TYPE_CHECKING:
    from prometheus_client import Metric

SCHEDULE = [Scheduled(job, job.interval) for job in JOBS.values()]


def parsed(board: Board) -> dict[str, Metric]:
    return {
        family.name: family for family in text_string_to_metric_families(board.metrics().decode())
    }


def samples(metric: Metric) -> dict[tuple[str, ...], float]:
    return {tuple(sample.labels.values()): sample.value for sample in metric.samples}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0)


@pytest.fixture
def board(clock: FakeClock) -> Board:
    return Board([Scheduled(Told().job(), 60)], clock.now)


class TestMetrics:
    def test_every_series_is_there_from_the_beginning(self) -> None:
        found = parsed(Board(SCHEDULE))
        runs = samples(found["pgcredits_job_runs"])
        assert {key for key in runs if key[0] == "seal"} >= {
            ("seal", outcome) for outcome in ("success", "failure", "stopped")
        }
        for job in JOBS.values():
            assert samples(found["pgcredits_job_late"])[(job.name,)] == 0
            for figure in job.figures:
                assert math.isnan(found[f"pgcredits_{figure}"].samples[0].value)
        assert samples(found["pgcredits_worker_info"]) == {(__version__,): 1}
        assert all(family.documentation for family in found.values())

    def test_what_the_jobs_report(self, board: Board) -> None:
        board.started("told")
        assert samples(parsed(board)["pgcredits_job_running"]) == {("told",): 1}
        board.batch("told", {"items": 3, "others": 0})
        board.batch("told", {"items": 4, "others": 2})
        board.measured({"left_over": 12})
        board.ended("told", "success", 0.3)
        found = parsed(board)
        items = {
            (sample.labels["item"], sample.value)
            for sample in found["pgcredits_job_items"].samples
            if sample.name.endswith("_total")
        }
        assert items == {("items", 7), ("others", 2)}
        assert found["pgcredits_left_over"].samples[0].value == 12
        assert samples(found["pgcredits_job_running"]) == {("told",): 0}
        assert samples(found["pgcredits_job_last_success_timestamp_seconds"])[("told",)] > 1e9
        duration = {
            sample.name: sample.value
            for sample in found["pgcredits_job_duration_seconds"].samples
            if "le" not in sample.labels
        }
        assert duration["pgcredits_job_duration_seconds_count"] == 1
        assert duration["pgcredits_job_duration_seconds_sum"] == pytest.approx(0.3)

    def test_infinity_can_be_read(self, board: Board) -> None:
        board.measured({"left_over": math.inf})
        assert parsed(board)["pgcredits_left_over"].samples[0].value == math.inf


class TestHealth:
    def test_a_new_worker_is_given_time(self, board: Board, clock: FakeClock) -> None:
        assert board.health()["status"] == "ok"
        clock.time += 3 * 60 + 60
        assert board.health()["status"] == "ok"
        clock.time += 1
        assert board.health()["status"] == "late"
        assert samples(parsed(board)["pgcredits_job_late"]) == {("told",): 1}

    def test_a_success_makes_it_well_again(self, board: Board, clock: FakeClock) -> None:
        clock.time += 1000
        board.ended("told", "failure", 1, "OperationalError")
        found = board.health()["jobs"]["told"]
        assert found == {
            "status": "late",
            "seconds_since_success": 1000,
            "failures": 1,
            "error": "OperationalError",
        }
        board.batch("told", {})
        found = board.health()["jobs"]["told"]
        assert (found["status"], found["failures"], found["error"]) == ("ok", 0, None)

    def test_failures_alone_do_not_make_it_late(self, board: Board, clock: FakeClock) -> None:
        for _ in range(5):
            clock.time += 20
            board.ended("told", "failure", 1, "OperationalError")
        assert board.health()["status"] == "ok"
        assert board.health()["jobs"]["told"]["failures"] == 5

    def test_one_late_job_is_enough(self, clock: FakeClock) -> None:
        board = Board(SCHEDULE, clock.now)
        clock.time += 3600
        board.batch("grants", {})
        board.batch("seal", {})
        board.batch("stripe-retry", {})
        board.batch("stripe-lines", {})
        health = board.health()
        assert health["status"] == "late"
        late = {name for name, job in health["jobs"].items() if job["status"] == "late"}
        assert late == {"sweep"}
