"""A mixed load: every writer, on few accounts, alone and in transactions.

Each call that writes has a key; some keys are used by several sessions.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from tests.history.record import History, Recorder
from tests.model.call import Call, call

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

ACCOUNTS = ("ann", "bob", "cid")
_START = datetime(2050, 1, 1, tzinfo=UTC)
_PERIOD = timedelta(days=30)


class Load:
    """Random calls of one session, repeatable by its seed.

    Every expiry is decades away, so that no answer hangs on the clock. Every call has a key, so
    that one whose outcome is unknown can be made again.
    """

    def __init__(self, seed: object, accounts: Sequence[str] = ACCOUNTS) -> None:
        self._rng = random.Random(f"{seed}")  # noqa: S311
        self._accounts = accounts
        self._seed = seed
        self._calls = 0

    def next(self) -> Call:
        """The next call."""
        made = self._one(self._rng.choice(self._accounts))
        if made.function == "get_balance":
            return made
        if self._rng.random() < 0.2:
            # A key that other sessions use too: replays and conflicts.
            return made.but(idempotency_key=f"shared-{self._rng.randrange(40)}")
        self._calls += 1
        return made.but(idempotency_key=f"{self._seed}-{self._calls}")

    def go(self, session: Recorder) -> int:
        """Make the next call, or a few in one transaction; return how many.

        The calls of a transaction are in the order of their accounts, so that none waits for
        another one in a circle.
        """
        size = self._rng.choice([1, 1, 1, 1, 1, 1, 1, 2, 3])
        if size == 1:
            session.make(self.next())
            return 1
        calls = sorted((self.next() for _ in range(size)), key=lambda call: str(call.account))
        # Without a connection nothing was sent, and there is nothing to write down.
        with (
            suppress(psycopg.OperationalError),
            session.transaction(rollback=self._rng.random() < 0.3),
        ):
            for one in calls:
                session.make(one)
        return size

    def _one(self, account: str) -> Call:
        rng = self._rng
        make = rng.choices(list(_MIX), list(_MIX.values()))[0]
        return make(rng, account)


def _spend(rng: random.Random, account: str) -> Call:
    return call("deduct_credit", account, amount=rng.choice([1, 2, 7, 20, 60, 200]), feature="chat")


def _grant(rng: random.Random, account: str) -> Call:
    return call("grant_credits", account, amount=rng.randint(1, 30))


def _purchase(rng: random.Random, account: str) -> Call:
    return call(
        "add_purchased_credits",
        account,
        amount=rng.randint(20, 60),
        amount_paid=1000,
        currency="usd",
        reference=f"{account}:{rng.randrange(60)}",
    )


def _record(rng: random.Random, account: str) -> Call:
    return call(
        "record_payment",
        account,
        payment=f"{account}:{rng.randrange(60, 120)}",
        amount_paid=1000,
        currency="usd",
        grants=[{"amount": 30}, {"amount": 5, "pool": "promotional"}],
        amount_returned=rng.choice([None, 300]),
    )


def _subscribe(rng: random.Random, account: str) -> Call:
    return call(
        "add_subscription_credits",
        account,
        amount=rng.randint(1, 30),
        period_end=_START + rng.randrange(9) * _PERIOD,
    )


def _renew(rng: random.Random, account: str) -> Call:
    start = _START + rng.randrange(12) * _PERIOD
    return call(
        "renew_subscription",
        account,
        subscription="plan",
        amount=40,
        period_start=start,
        period_end=start + _PERIOD,
        rollover_cap=rng.choice([0, 10, None]),
    )


def _claw(rng: random.Random, account: str) -> Call:
    said: dict[str, Any] = rng.choice(
        [{"target": rng.randint(0, 40)}, {"amount_returned": rng.randrange(0, 1001, 100)}, {}]
    )
    return call("clawback_credits", account, payment=f"{account}:{rng.randrange(120)}", **said)


def _refund(rng: random.Random, account: str) -> Call:
    amount = rng.choice([None, 1, 5])
    if rng.random() < 0.4:
        key = f"shared-{rng.randrange(40)}"
        return call("refund_spend", account, spend_key=key, amount=amount)
    return call("refund_spend", account, entry_id=rng.randint(1, 400), amount=amount)


def _end(rng: random.Random, account: str) -> Call:
    return call("expire_subscription_credits", account, subscription=rng.choice([None, "plan"]))


def _read(rng: random.Random, account: str) -> Call:
    return call("get_balance", account)


def _open(rng: random.Random, account: str) -> Call:
    return call("open_account", account, kind=rng.choice(["user", "user", "guest"]))


_MIX: dict[Callable[[random.Random, str], Call], int] = {
    _spend: 40,
    _grant: 10,
    _purchase: 12,
    _record: 8,
    _subscribe: 4,
    _renew: 5,
    _claw: 8,
    _refund: 14,
    _end: 2,
    _open: 1,
    _read: 8,
}


def run(
    history: History,
    connect: Callable[[], psycopg.Connection[Any]],
    *,
    seed: object,
    sessions: int = 8,
    calls: int = 100,
    accounts: Sequence[str] = ACCOUNTS,
    stop: threading.Event | None = None,
) -> None:
    """Let ``sessions`` sessions make up to ``calls`` calls each, at once, until ``stop`` is set."""

    def work(number: int) -> None:
        load = Load(f"{seed}-{number}", accounts)
        with Recorder(history, connect) as session:
            made = 0
            while made < calls and not (stop is not None and stop.is_set()):
                made += load.go(session)

    with ThreadPoolExecutor(sessions) as threads:
        for done in [threads.submit(work, number) for number in range(sessions)]:
            done.result()
