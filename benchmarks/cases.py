"""The things that are measured."""

from __future__ import annotations

import hashlib
import json
import math
import random
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Literal

import psycopg

from benchmarks.load import MANY_LOTS, ONE_LOT, SPREAD
from benchmarks.pgbench import Cost, Script, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.server import Server

_CROWD = 32  # clients on the hot account of the batches
_BATCH = 100
_PARTS = 5  # of the run on the hot account; its last one is what counts


@dataclass(frozen=True, slots=True)
class Wanted:
    """A bound for the ratio of two costs, of their CPU or of their spends a second."""

    against: str
    low: float
    high: float
    figure: Literal["cpu_ms", "rate"] = "cpu_ms"

    def of(self, cost: Cost) -> float:
        """Return the figure that the bound is for."""
        return cost.cpu_ms if self.figure == "cpu_ms" else cost.rate

    def __str__(self) -> str:
        """Read as in "0.90 to 1.10"."""
        if self.low == 0:
            return f"at most {self.high:.2f}"
        if math.isinf(self.high):
            return f"at least {self.low:.2f}"
        return f"{self.low:.2f} to {self.high:.2f}"


@dataclass(frozen=True, slots=True)
class Case:
    """What was measured: a cost for each script and round, and what is wanted of the first one."""

    name: str
    title: str
    costs: dict[str, list[Cost]]
    wanted: tuple[Wanted, ...]
    counted: int | None = None  # only so many of the last rounds count; None: all of them

    def counting(self, script: str) -> Sequence[Cost]:
        """Return the rounds of a script that count."""
        return self.costs[script][-(self.counted or 0) :]

    def cpu_ms(self, script: str) -> float:
        """Median server CPU milliseconds for a thousand spends."""
        return median(cost.cpu_ms for cost in self.counting(script))

    def least_cpu_ms(self, script: str) -> float:
        """Server CPU of the cheapest round: what other jobs on the machine disturbed least."""
        return min(cost.cpu_ms for cost in self.counting(script))

    def rate(self, script: str) -> float:
        """Median spends a second."""
        return median(cost.rate for cost in self.counting(script))

    @property
    def measured(self) -> str:
        """The script that the bounds are for."""
        return next(iter(self.costs))

    def ratio(self, wanted: Wanted) -> float:
        """Median of the round-by-round ratios of the figure, measured script to the other one."""
        pairs = zip(self.counting(self.measured), self.counting(wanted.against), strict=True)
        return median(wanted.of(ours) / wanted.of(other) for ours, other in pairs)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is run: rounds, transactions of a script in a round, spends of the hot account.

    ``sweep_lots`` are due at once, and ``sweep_batch`` of them are swept by one call.
    """

    accounts: int
    few_accounts: int
    rounds: int
    transactions: int
    hot_spends: int
    clients: int
    sweep_lots: int = 0
    sweep_batch: int = 1000


def spread(server: Server, effort: Effort, progress: Callable[[str], None]) -> Case:
    """Spend from random accounts, with random key, feature and reference."""
    accounts: dict[str, str | int] = {"accounts": effort.accounts, "prefix": SPREAD}
    scripts = {
        "deduct_credit": Script("deduct_credit.pgbench", accounts),
        "two_columns": Script("two_columns.pgbench", accounts),
        "floor": Script("floor.pgbench", accounts),
    }
    return Case(
        "spread",
        f"spread over {effort.accounts:,} accounts",
        _interleaved(server, scripts, effort, progress),
        (Wanted("two_columns", 0, 0.92), Wanted("floor", 0, 1.20)),
    )


def lots(server: Server, effort: Effort, progress: Callable[[str], None]) -> Case:
    """Spend from accounts with many lots and from accounts with one."""
    accounts: dict[str, str | int] = {"accounts": effort.few_accounts}
    scripts = {
        "many lots": Script("deduct_credit.pgbench", {**accounts, "prefix": MANY_LOTS}),
        "one lot": Script("deduct_credit.pgbench", {**accounts, "prefix": ONE_LOT}),
    }
    return Case(
        "lots",
        f"many lots or one, {effort.few_accounts:,} accounts each",
        _interleaved(server, scripts, effort, progress),
        (Wanted("one lot", 0.90, 1.10),),
    )


def hot(server: Server, effort: Effort, progress: Callable[[str], None]) -> Case:
    """Spend from one account while an old snapshot keeps every dead row version alive."""
    account: dict[str, str | int] = {"accounts": 1, "prefix": SPREAD}
    scripts = {
        "deduct_credit": Script("deduct_credit.pgbench", account),
        "two_columns": Script("two_columns.pgbench", account),
    }
    part = Effort(
        accounts=1,
        few_accounts=1,
        rounds=_PARTS,
        transactions=effort.hot_spends // _PARTS,
        hot_spends=effort.hot_spends,
        clients=effort.clients,
    )
    with _old_snapshot(server.dsn):
        costs = _interleaved(server, scripts, part, progress, warm_up=False)
    return Case(
        "hot",
        f"one hot account, old snapshot open: the last fifth of {effort.hot_spends:,} spends",
        costs,
        (Wanted("two_columns", 0, 0.50),),
        counted=1,
    )


def batch(server: Server, effort: Effort, progress: Callable[[str], None]) -> Case:
    """Spend from one account with a crowd of clients, in batches and one by one."""
    operations = [
        {
            "account_id": _account(1),
            "idempotency_key": f"#-{number}",
            "feature": f"{number % 20}",
            "reference": f"#-{number}",
        }
        for number in range(_BATCH)
    ]
    scripts = {
        f"batches of {_BATCH}": Script(
            "deduct_credits_batch.pgbench",
            {"operations": json.dumps(operations)},
            spends=_BATCH,
            fraction=0.1,
        ),
        "single spends": Script("deduct_credit.pgbench", {"accounts": 1, "prefix": SPREAD}),
    }
    costs = _interleaved(server, scripts, replace(effort, clients=_CROWD), progress)
    return Case(
        "batch",
        f"one hot account, {_CROWD} clients",
        costs,
        (Wanted("single spends", 10, math.inf, "rate"),),
    )


def _account(number: int) -> str:
    """Return the id of an account of the spread, as the scripts make it."""
    return str(uuid.UUID(hashlib.md5(f"{SPREAD}{number}".encode()).hexdigest()))  # noqa: S324


def _interleaved(
    server: Server,
    scripts: dict[str, Script],
    effort: Effort,
    progress: Callable[[str], None],
    *,
    warm_up: bool = True,
) -> dict[str, list[Cost]]:
    """Run each script once in every round, in random order, so that noise meets all alike.

    The warm-up fills the caches and counts for nothing.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in scripts}
    if warm_up:
        for script in scripts.values():
            run(server, script, effort.transactions, effort.clients)
    for number in range(1, effort.rounds + 1):
        for name in random.sample(list(scripts), len(scripts)):
            costs[name].append(run(server, scripts[name], effort.transactions, effort.clients))
        progress(
            f"  round {number} of {effort.rounds}: "
            + ", ".join(f"{name} {costs[name][-1].cpu_ms:.0f}" for name in scripts)
        )
    return costs


@contextmanager
def _old_snapshot(dsn: str) -> Iterator[None]:
    with psycopg.connect(dsn) as conn:
        conn.execute("set transaction isolation level repeatable read")
        # Any read of a table takes the snapshot; pg_dump holds one like this for hours.
        conn.execute("select from pg_class limit 1")
        yield
        conn.rollback()
