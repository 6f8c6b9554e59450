"""Pauses of a job; the dice show what the test says."""

from __future__ import annotations

import pytest

from pgcredits.worker.pace import Pace

LOW, MIDDLE, HIGH = 0.0, 0.5, 1.0


def pace(interval: float, dice: float) -> Pace:
    return Pace(interval, lambda: dice)


@pytest.mark.parametrize(
    ("interval", "dice", "first"),
    [(60, LOW, 0), (60, HIGH, 5), (2, HIGH, 2), (86_400, MIDDLE, 2.5)],
)
def test_the_first_run_comes_within_seconds(interval: float, dice: float, first: float) -> None:
    assert pace(interval, dice).first() == first


@pytest.mark.parametrize(
    ("dice", "took", "pause"), [(LOW, 0, 54), (MIDDLE, 0, 60), (HIGH, 0, 66), (MIDDLE, 25, 35)]
)
def test_runs_begin_an_interval_apart_give_or_take_a_tenth(
    dice: float, took: float, pause: float
) -> None:
    assert pace(60, dice).after_success(took) == pytest.approx(pause)


def test_after_a_run_that_took_longer_the_next_begins_at_once() -> None:
    assert pace(60, HIGH).after_success(100) == 0


@pytest.mark.parametrize(
    ("failures", "pause"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (100_000, 60)]
)
def test_pauses_double_with_every_failure_up_to_a_minute(failures: int, pause: float) -> None:
    assert pace(3600, HIGH).after_failure(failures) == pause
    assert pace(3600, LOW).after_failure(failures) == pause / 2


def test_a_job_that_fails_is_not_tried_less_often_than_one_that_does_not() -> None:
    assert pace(10, HIGH).after_failure(20) == 10


def test_two_workers_do_not_keep_step() -> None:
    one, other = Pace(60), Pace(60)
    assert one.after_success(0) != other.after_success(0)
