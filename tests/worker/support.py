"""What the worker's tests share: jobs and time that do what the test says."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from pgcredits.worker.jobs import Batch, Job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from pgcredits import db


class FakeClock:
    """Time that passes while somebody waits, and stops the worker after so many pauses."""

    def __init__(self, pauses: int) -> None:
        self.time = 1000.0
        self.waited: list[float] = []
        self._left = pauses

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.time += seconds
        self._left -= 1
        return self._left < 0


class StandIn:
    """Takes the place of a connection."""

    def transaction(self) -> AbstractContextManager[None]:
        return nullcontext()

    def execute(self, *_: object) -> None:
        """Take the limits of the transaction."""


class Connections:
    """Opens stand-ins, and fails when the test says so."""

    def __init__(self, *failures: Exception | None) -> None:
        self.opened = self.closed = 0
        self._failures = list(failures)

    @contextmanager
    def __call__(self, _job: Job) -> Iterator[Any]:
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            raise failure
        self.opened += 1
        try:
            yield StandIn()
        finally:
            self.closed += 1


class Told:
    """A job that does what it is told: a batch or an error for each call, then nothing more."""

    def __init__(self, *answers: Batch | Exception, clock: FakeClock | None = None) -> None:
        self.calls = 0
        self._answers = list(answers)
        self._clock = clock

    def job(self, interval: float = 60) -> Job:
        return Job("told", interval, self._batch, {"left_over": "What is left."}, self._measure)

    def _batch(self, _conn: db.Connection, _limit: int | None) -> Batch:
        self.calls += 1
        if self._clock is not None:
            self._clock.time += 10
        answer = self._answers.pop(0) if self._answers else Batch({"items": 0}, has_more=False)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _measure(self, _conn: db.Connection) -> Mapping[str, float]:
        return {"left_over": len(self._answers)}
