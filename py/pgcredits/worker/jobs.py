"""What is done periodically: each job with its interval, its batches and its figures."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgcredits import db, rpc
from pgcredits.stripe_api.client import from_environment
from pgcredits.stripe_api.lines import fetch, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Seconds. A batch takes less than one; what takes longer hangs.
STATEMENT_TIMEOUT, LOCK_TIMEOUT = 60.0, 5.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction of a job did: counts by name, and whether another one is needed.

    ``note`` says why nothing was done, ``left`` about how many items are left if that is known.
    """

    done: Mapping[str, int]
    has_more: bool
    note: str | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job. ``batch`` is called in a transaction of its own until nothing is left.

    ``interval`` is in seconds. ``limit`` bounds one batch; None is the function's default.
    ``figures`` are gauges of what is left to do, read after each run by ``measure``. A job that
    ``waits_for_others`` gets no transaction: it makes its own, so that none is open meanwhile.
    """

    name: str
    interval: float
    batch: Callable[[db.Connection, int | None], Batch]
    figures: Mapping[str, str]
    measure: Callable[[db.Connection], Mapping[str, float]]
    waits_for_others: bool = False


@contextmanager
def connect(job: Job, database_url: str) -> Iterator[db.Connection]:
    """Open a connection for one run. Raises `psycopg.OperationalError`."""
    with db.connect(database_url, application_name=f"pgcredits {job.name}") as conn:
        yield conn


def batches(job: Job, conn: db.Connection, limit: int | None = None) -> Iterator[Batch]:
    """Do one batch after the other, each committed when it is yielded, until nothing is left."""
    while True:
        if job.waits_for_others:
            batch = job.batch(conn, limit)
        else:
            with limited(conn):
                batch = job.batch(conn, limit)
        yield batch
        if not batch.has_more:
            return


def measure(job: Job, conn: db.Connection) -> Mapping[str, float]:
    """Read the job's figures in a transaction of their own."""
    with limited(conn):
        return job.measure(conn)


@contextmanager
def limited(conn: db.Connection) -> Iterator[None]:
    """Open a transaction in which nothing hangs."""
    with conn.transaction():
        db.limit_transaction(conn, statement_timeout=STATEMENT_TIMEOUT, lock_timeout=LOCK_TIMEOUT)
        yield


def _sweep(conn: db.Connection, limit: int | None) -> Batch:
    done = rpc.expire_due(conn, limit)
    return Batch(
        {
            "accounts": done.accounts,
            "holds": done.holds,
            "lots": done.lots,
            "credits": done.credits,
        },
        done.has_more,
        f"accounts locked by others: {done.skipped}" if done.skipped else None,
    )


def _due(conn: db.Connection) -> Mapping[str, float]:
    backlog = rpc.get_backlog(conn)
    oldest = backlog.oldest_due_at
    return {
        "due_lots": backlog.due_lots,
        "due_holds": backlog.due_holds,
        "oldest_due_seconds": (backlog.as_of - oldest).total_seconds() if oldest else 0,
    }


def _grant(conn: db.Connection, limit: int | None) -> Batch:
    done = rpc.grant_due(conn, limit)
    return Batch(
        {"accounts": done.accounts, "grants": done.grants, "credits": done.credits}, done.has_more
    )


def _to_grant(conn: db.Connection) -> Mapping[str, float]:
    backlog = rpc.get_backlog(conn)
    oldest = backlog.oldest_grant_at
    return {
        "due_grants": backlog.due_grants,
        "oldest_grant_seconds": (backlog.as_of - oldest).total_seconds() if oldest else 0,
    }


def _seal(conn: db.Connection, limit: int | None) -> Batch:
    done = rpc.seal_due(conn, limit)
    return Batch(
        {"accounts": done.accounts, "entries": done.entries},
        done.has_more,
        "another session is sealing" if done.is_busy else None,
        done.estimated_entries,
    )


def _unsealed(conn: db.Connection) -> Mapping[str, float]:
    backlog = rpc.get_backlog(conn)
    until = backlog.sealed_until
    age = max(0.0, (backlog.as_of - until).total_seconds()) if until else math.inf
    return {"unsealed_seconds": age}


def _retry(conn: db.Connection, _limit: int | None) -> Batch:
    done = rpc.retry_stripe_event(conn)
    tried = done.outcome != "none"
    return Batch({"events": int(tried), "failed": int(done.outcome == "failed")}, tried)


def _open_events(conn: db.Connection) -> Mapping[str, float]:
    found = Counter(event.outcome for event in rpc.list_stripe_events(conn, limit=1000))
    return {"stripe_failed_events": found["failed"], "stripe_parked_events": found["parked"]}


class _Lines:
    """Fetches what events wait for; goes on with the next page where the last batch ended."""

    def __init__(self) -> None:
        self._after: rpc.StripeEvent | None = None

    def batch(self, conn: db.Connection, _limit: int | None) -> Batch:
        api = from_environment()
        if api is None:
            return Batch({"fetched": 0, "missed": 0}, has_more=False, note="no STRIPE_API_KEY")
        with limited(conn):
            page = waiting(conn, self._after)
        self._after = page.last
        counts = fetch(lambda: limited(conn), conn, api, page.events)
        return Batch(
            {"fetched": counts.fetched, "missed": counts.missed}, has_more=self._after is not None
        )


def _without_lines(conn: db.Connection) -> Mapping[str, float]:
    return {"stripe_events_without_lines": len(waiting(conn, None, limit=1000).events)}


def _purge(conn: db.Connection, limit: int | None) -> Batch:
    done = rpc.purge_stripe_events(conn, limit)
    return Batch({"closed": done.closed, "purged": done.purged}, done.has_more)


def _nothing(_conn: db.Connection) -> Mapping[str, float]:
    return {}


JOBS: Mapping[str, Job] = {
    job.name: job
    for job in (
        Job(
            "sweep",
            60,
            _sweep,
            {
                "due_lots": "Lots past their expiry that are not booked; counted up to 10000.",
                "due_holds": "Holds past their deadline that are not released; up to 10000.",
                "oldest_due_seconds": "How long the oldest of these is due.",
            },
            _due,
        ),
        Job(
            "grants",
            60,
            _grant,
            {
                "due_grants": "Scheduled grants of subscriptions that are due and not booked; "
                "counted up to 10000.",
                "oldest_grant_seconds": "How long the oldest of these is due.",
            },
            _to_grant,
        ),
        Job(
            "seal",
            30,
            _seal,
            {
                "unsealed_seconds": "Entries older than this are sealed; infinite until "
                "everything has been sealed once."
            },
            _unsealed,
        ),
        Job(
            "stripe-retry",
            60,
            _retry,
            {
                "stripe_failed_events": "Events of Stripe that failed; counted up to 1000.",
                "stripe_parked_events": "Events of Stripe that wait; counted up to 1000.",
            },
            _open_events,
        ),
        Job(
            "stripe-lines",
            15,
            _Lines().batch,
            {
                "stripe_events_without_lines": "Events of Stripe that wait for their lines; among "
                "the first 1000 that wait."
            },
            _without_lines,
            waits_for_others=True,
        ),
        Job("stripe-purge", 86_400, _purge, {}, _nothing),
    )
}
"""All jobs by name. Each is also a command."""
