"""Runs a job again and again, in a thread of its own, whatever the database does."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import psycopg

from pgcredits.errors import CreditsError
from pgcredits.stripe_api import StripeTrouble
from pgcredits.worker.jobs import Job, batches, measure
from pgcredits.worker.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from pgcredits import db
    from pgcredits.worker.board import Board

    Connect = Callable[[Job], AbstractContextManager[db.Connection]]

logger = logging.getLogger("pgcredits.worker")

# Seconds between two batches, for others to have the disk and the locks.
PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A job and the seconds between the beginnings of two runs of it."""

    job: Job
    interval: float


class Clock(Protocol):
    """Time as a runner sees it."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def wait(self, seconds: float) -> bool:
        """Wait for so long or until the worker is to stop; return whether it is."""


class RealClock:
    """Real time, and an event that stops every waiting at once."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def now(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Wait, unless and until `stop` is called."""
        return self._stopping.wait(seconds)

    def stop(self) -> None:
        """End all waiting, now and later."""
        self._stopping.set()


class Runner:
    """One job. Every run has a connection of its own, so a restart of the server costs one run."""

    def __init__(
        self,
        scheduled: Scheduled,
        connect: Connect,
        board: Board,
        clock: Clock,
        pace: Pace | None = None,
    ) -> None:
        self._job = scheduled.job
        self._connect = connect
        self._board = board
        self._clock = clock
        self._pace = pace or Pace(scheduled.interval)

    def run(self) -> None:
        """Run the job until the worker is to stop. Returns between two batches."""
        pause = self._pace.first()
        while not self._clock.wait(pause):
            pause = self._once()

    def _once(self) -> float:
        """Do everything that is due; return how long to wait for the next run."""
        name, started = self._job.name, self._clock.now()
        self._board.started(name)
        outcome, done, error = "success", Counter[str](), None
        try:
            with self._connect(self._job) as conn:
                for batch in batches(self._job, conn):
                    self._board.batch(name, batch.done)
                    done.update(batch.done)
                    if batch.has_more and self._clock.wait(PAUSE):
                        outcome = "stopped"
                        break
                else:
                    self._board.measured(measure(self._job, conn))
        except Exception as exc:
            outcome, error = "failure", exc
        took = self._clock.now() - started
        failures = self._board.ended(name, outcome, took, type(error).__name__ if error else None)
        self._log(outcome, done, took, error)
        if error is not None:
            return self._pace.after_failure(failures)
        return self._pace.after_success(took)

    def _log(self, outcome: str, done: Counter[str], took: float, error: Exception | None) -> None:
        fields: dict[str, Any] = {
            "job": self._job.name,
            "outcome": outcome,
            "ms": round(took * 1000),
            **done,
        }
        if error is None:
            level = logging.INFO if any(done.values()) else logging.DEBUG
            logger.log(level, "run", extra={"fields": fields})
            return
        fields["error"] = type(error).__name__
        if isinstance(error, psycopg.Error):
            fields["sqlstate"] = error.sqlstate
            fields["detail"] = (error.diag.message_primary or str(error)).strip()
        elif isinstance(error, CreditsError):
            fields["sqlstate"] = error.sqlstate
            fields["detail"] = error.message
        elif isinstance(error, StripeTrouble):
            fields["detail"] = str(error)
        expected = isinstance(error, (psycopg.Error, CreditsError, StripeTrouble))
        logger.log(
            logging.WARNING if expected else logging.ERROR,
            "run",
            extra={"fields": fields},
            exc_info=None if expected else error,
        )


class Worker:
    """A thread for each job."""

    def __init__(self, schedule: Sequence[Scheduled], connect: Connect, board: Board) -> None:
        self._clock = RealClock()
        self._threads = [
            # A daemon, so that a second signal can end a process that hangs.
            threading.Thread(
                target=Runner(one, connect, board, self._clock).run, name=one.job.name, daemon=True
            )
            for one in schedule
        ]

    def start(self) -> None:
        """Start all jobs."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every job finish its batch, and wait for that."""
        self._clock.stop()
        for thread in self._threads:
            thread.join()

    def is_alive(self) -> bool:
        """Tell whether every job has its thread."""
        return all(thread.is_alive() for thread in self._threads)
