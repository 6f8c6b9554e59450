"""Very many lots due at once: what sweeping them costs, and who feels it meanwhile."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.cpu import server_seconds, server_seconds_since
from benchmarks.load import SPREAD, load_due
from benchmarks.pgbench import Script, run
from pgcredits import rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.cases import Effort
    from benchmarks.server import Server

LOTS_A_SECOND, SHARE_OF_RATE = 10_000, 0.8  # what is wanted at least
LAYOUTS = (1, 1000)  # due lots of each account
_ROUNDS = 3
_PAUSE = 0.02  # seconds between two spends on swept accounts: they are to measure, not to load


@dataclass(frozen=True, slots=True)
class Sweeping:
    """One layout, swept with nothing else running.

    ``cpu`` and ``elapsed`` are seconds, ``wal`` bytes, ``longest`` the seconds of the longest
    batch.
    """

    layout: str
    lots: int
    batches: int
    cpu: float
    elapsed: float
    longest: float
    wal: int

    @property
    def lots_a_second(self) -> float:
        """Lots for one second of CPU of all the server's processes."""
        return self.lots / self.cpu


@dataclass(slots=True)
class Meanwhile:
    """Spends beside a sweep: a second elsewhere without it and with it, one value a round.

    ``waits`` are the seconds that each spend on an account about to be swept took, and
    ``longest_batch`` those of the longest batch among them.
    """

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    longest_batch: float = 0.0

    @property
    def share(self) -> float:
        """Median of what the sweep leaves of the rate elsewhere."""
        return median(b / a for a, b in zip(self.alone, self.beside, strict=True))


@dataclass(frozen=True, slots=True)
class SweepCase:
    """Everything about the sweep: each layout by itself, and what others feel of the first one."""

    name: str
    title: str
    layouts: list[Sweeping]
    meanwhile: Meanwhile


def sweep(server: Server, effort: Effort, progress: Callable[[str], None]) -> SweepCase:
    """Sweep lots that are due at once: by themselves in two layouts, then while others spend."""
    lots, batch = effort.sweep_lots, effort.sweep_batch
    layouts = []
    for load, wanted in enumerate(LAYOUTS, start=1):
        each = min(wanted, lots)
        layout = f"{lots // each:,} accounts, {each:,} due each"
        progress(f"  loading {layout}")
        load_due(server.dsn, load, lots // each, each)
        layouts.append(_alone(server, layout, batch))
        progress(f"  {layout}: {layouts[-1].lots_a_second:,.0f} lots a second of server CPU")
    meanwhile = Meanwhile()
    for number in range(1, min(effort.rounds, _ROUNDS) + 1):
        load_due(server.dsn, len(LAYOUTS) + number, lots, 1)
        _beside(server, effort, meanwhile)
        progress(f"  round {number}: {meanwhile.beside[-1] / meanwhile.alone[-1]:.2f} of the rate")
    return SweepCase("sweep", f"{lots:,} lots due at once, {batch:,} a batch", layouts, meanwhile)


def _alone(server: Server, layout: str, batch: int) -> Sweeping:
    lots, took = 0, []
    with psycopg.connect(server.dsn, autocommit=True) as conn:
        conn.execute("checkpoint")
        log, used = _log_position(conn), server_seconds(server.postmaster)
        for swept, seconds in _batches(conn, batch):
            lots += swept
            took.append(seconds)
        used = server_seconds_since(used, server.postmaster)
        log = _log_position(conn) - log
    return Sweeping(layout, lots, len(took), used, sum(took), max(took), log)


def _batches(conn: psycopg.Connection[Any], batch: int) -> Iterator[tuple[int, float]]:
    """Sweep until nothing is due; lots and seconds of each batch."""
    has_more = True
    while has_more:
        begun = time.monotonic()
        swept = rpc.expire_due(conn, batch)
        yield swept.lots, time.monotonic() - begun
        has_more = swept.has_more


def _log_position(conn: psycopg.Connection[Any]) -> int:
    row = conn.execute("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    assert row is not None
    return int(row[0])


def _beside(server: Server, effort: Effort, found: Meanwhile) -> None:
    """Spend elsewhere in short runs as long as a sweep takes, then as often without one."""
    script = Script("deduct_credit.pgbench", {"accounts": effort.accounts, "prefix": SPREAD})
    size = max(effort.transactions // 4, effort.clients)
    run(server, script, size, effort.clients)
    sweeper = _Sweeper(server.dsn, effort.sweep_batch)
    beside: list[float] = []
    with sweeper.running():
        while not sweeper.has_ended.is_set():
            rate = run(server, script, size, effort.clients, fresh=False).rate
            # A run that outlasts the sweep counts only where there is no other one.
            if not beside or not sweeper.has_ended.is_set():
                beside.append(rate)
    alone = [run(server, script, size, effort.clients, fresh=False).rate for _ in beside]
    found.beside.append(median(beside))
    found.alone.append(median(alone))
    found.waits += sweeper.waits
    found.longest_batch = max(found.longest_batch, sweeper.longest_batch)


class _Sweeper:
    """A session that sweeps, and one that spends on accounts whose turn comes next."""

    def __init__(self, dsn: str, batch: int) -> None:
        self._dsn = dsn
        self._batch = batch
        self._swept = 0
        self.has_ended = threading.Event()
        self.longest_batch = 0.0
        self.waits: list[float] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run both sessions until the sweep is through, and raise what they raised."""
        with psycopg.connect(self._dsn, autocommit=True) as conn, ThreadPoolExecutor(2) as threads:
            due = [
                str(account_id)
                for (account_id,) in conn.execute(
                    "select l.account_id from credits_private.lots l"
                    " where l.is_open and l.expires_at <= now()"
                    " order by l.expires_at, l.account_id"
                )
            ]
            tasks = [threads.submit(self._sweep), threads.submit(self._spend, conn, due)]
            yield
            for task in tasks:
                task.result()

    def _sweep(self) -> None:
        try:
            with psycopg.connect(self._dsn, autocommit=True) as conn:
                for swept, seconds in _batches(conn, self._batch):
                    self._swept += swept
                    self.longest_batch = max(self.longest_batch, seconds)
        finally:
            self.has_ended.set()

    def _spend(self, conn: psycopg.Connection[Any], due: list[str]) -> None:
        while not self.has_ended.wait(_PAUSE):
            coming = self._swept + random.randrange(self._batch)
            begun = time.monotonic()
            rpc.deduct_credit(conn, due[min(coming, len(due) - 1)])
            self.waits.append(time.monotonic() - begun)
