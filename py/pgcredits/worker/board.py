"""What is known about the jobs: metrics for Prometheus, and whether they are healthy."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pgcredits import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pgcredits.worker.runner import Scheduled

_OUTCOMES = ("success", "failure", "stopped")
_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800)


@dataclass(slots=True)
class _State:
    """One job: when a batch succeeded last (or the worker began), and what failed since."""

    patience: float
    succeeded_at: float
    failures: int = 0
    error: str | None = None


class Board:
    """Takes reports from the threads of the jobs. Everything may be called from any thread.

    A job is late when no batch of it has succeeded for three intervals and a minute. ``now`` is a
    clock that never goes back, in seconds.
    """

    def __init__(
        self, schedule: Sequence[Scheduled], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._states = {one.job.name: _State(3 * one.interval + 60, now()) for one in schedule}
        self._registry = CollectorRegistry()
        self._runs = self._counter("job_runs", "Runs of a job, by how they ended.", "outcome")
        self._batches = self._counter("job_batches", "Transactions that a job has committed.")
        self._items = self._counter("job_items", "What the batches of a job have done.", "item")
        self._duration = Histogram(
            "pgcredits_job_duration_seconds",
            "How long a run of a job took.",
            ["job"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._succeeded = self._gauge(
            "job_last_success_timestamp_seconds", "When a batch of the job succeeded last."
        )
        self._failing = self._gauge(
            "job_consecutive_failures", "Failures since the last batch that succeeded."
        )
        self._running = self._gauge("job_running", "Whether the job is running.")
        self._late = self._gauge("job_late", "Whether the job has not succeeded for too long.")
        info = Gauge(
            "pgcredits_worker_info", "The worker's version.", ["version"], registry=self._registry
        )
        info.labels(__version__).set(1)
        self._figures: dict[str, Gauge] = {}
        for one in schedule:
            self._begin(one)

    def started(self, job: str) -> None:
        """Note that a run has begun."""
        self._running.labels(job).set(1)

    def batch(self, job: str, done: Mapping[str, int]) -> None:
        """Note a batch that was committed."""
        with self._lock:
            state = self._states[job]
            state.succeeded_at, state.failures, state.error = self._now(), 0, None
        self._batches.labels(job).inc()
        self._succeeded.labels(job).set_to_current_time()
        self._failing.labels(job).set(0)
        for item, count in done.items():
            self._items.labels(job, item).inc(count)

    def measured(self, figures: Mapping[str, float]) -> None:
        """Note what is left to do."""
        for name, value in figures.items():
            self._figures[name].set(value)

    def ended(self, job: str, outcome: str, took: float, error: str | None = None) -> int:
        """Note the end of a run (success, failure or stopped); return the failures in a row."""
        with self._lock:
            state = self._states[job]
            if outcome == "failure":
                state.failures += 1
                state.error = error
            failures = state.failures
        self._running.labels(job).set(0)
        self._failing.labels(job).set(failures)
        self._runs.labels(job, outcome).inc()
        self._duration.labels(job).observe(took)
        return failures

    def health(self) -> dict[str, Any]:
        """Return ``status`` (ok or late) and, for each job, what is known about it."""
        now = self._now()
        with self._lock:
            jobs = {
                name: {
                    "status": "ok" if now - state.succeeded_at <= state.patience else "late",
                    "seconds_since_success": round(now - state.succeeded_at, 1),
                    "failures": state.failures,
                    "error": state.error,
                }
                for name, state in self._states.items()
            }
        late = any(job["status"] == "late" for job in jobs.values())
        return {"status": "late" if late else "ok", "jobs": jobs}

    def metrics(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        for name, job in self.health()["jobs"].items():
            self._late.labels(name).set(job["status"] == "late")
        return generate_latest(self._registry)

    def _begin(self, one: Scheduled) -> None:
        """Let every series be there from the beginning, so that its first increase is seen."""
        name = one.job.name
        for outcome in _OUTCOMES:
            self._runs.labels(name, outcome)
        for gauge in (self._batches, self._failing, self._running, self._duration):
            gauge.labels(name)
        for figure, text in one.job.figures.items():
            self._figures[figure] = Gauge(f"pgcredits_{figure}", text, registry=self._registry)
            self._figures[figure].set(float("nan"))

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"pgcredits_{name}", text, ["job", *labels], registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"pgcredits_{name}", text, ["job"], registry=self._registry)
