"""A mixed load: every writer but the sweep and the closing of accounts, on few accounts.

Calls are made alone, in transactions, and spends also in batches over several accounts. Each call
that writes has a key; some keys are used by several sessions, and what one session holds, all may
capture, release or extend.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from tests.history.record import Acknowledged, History, Recorder
from tests.model.call import Call, call

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from tests.history.record import Outcome

ACCOUNTS = ("ann", "bob", "cid")
_START = datetime(2050, 1, 1, tzinfo=UTC)
_PERIOD = timedelta(days=30)
_DAY = timedelta(days=1)
_MEMBERS = (None, "mia")


class Load:
    """Random calls of one session, repeatable by its seed.

    Every expiry is decades away and every deadline a day, so that no answer hangs on the clock.
    Every call has a key, so that one whose outcome is unknown can be made again. ``holds`` are the
    numbers of the holds that this load and others which share it were told of: which hold a call
    ends is not repeatable.
    """

    def __init__(
        self,
        seed: object,
        accounts: Sequence[str] = ACCOUNTS,
        holds: dict[str, list[int]] | None = None,
    ) -> None:
        self._rng = random.Random(f"{seed}")  # noqa: S311
        self._accounts = accounts
        self._holds: dict[str, list[int]] = {} if holds is None else holds
        self._seed = seed
        self._calls = 0
        self._last: Call | None = None

    def next(self) -> Call:
        """The next call; now and then the last one again, as a client does that saw no answer."""
        if self._last is None or self._rng.random() >= 0.05:
            self._last = self._new()
        return self._last

    def _new(self) -> Call:
        account = self._rng.choice(self._accounts)
        return self._keyed(self._one(account))

    def _keyed(self, made: Call) -> Call:
        account = str(made.account)
        if made.function == "get_balance":
            return made
        if "hold_id" in made.arguments:
            newest = made.arguments["hold_id"]
            holds = self._holds.get(account, [])[-newest:] or [newest]
            made = made.but(hold_id=holds[0])
        if self._rng.random() < 0.2:
            # A key that other sessions use too: replays and conflicts.
            return made.but(idempotency_key=f"shared-{self._rng.randrange(40)}")
        self._calls += 1
        return made.but(idempotency_key=f"{self._seed}-{self._calls}")

    def go(self, session: Recorder) -> int:
        """Make the next call, or a few in one transaction or batch; return how many.

        The calls of a transaction are in the order of their accounts, so that none waits for
        another one in a circle.
        """
        size = self._rng.choice([1, 1, 1, 1, 1, 1, 1, 2, 3])
        if size == 1 and self._rng.random() < 0.15:
            batch = self._batch()
            session.make_batch(batch)
            return len(batch.operations)
        if size == 1:
            self._make(session, self.next())
            return 1
        calls = sorted((self.next() for _ in range(size)), key=lambda call: str(call.account))
        # Without a connection nothing was sent, and there is nothing to write down.
        with (
            suppress(psycopg.OperationalError),
            session.transaction(rollback=self._rng.random() < 0.3),
        ):
            for one in calls:
                self._make(session, one)
        return size

    def _batch(self) -> Call:
        """A few spends on any accounts, in any order; some with keys of other sessions."""
        operations: dict[tuple[str | None, str | None], dict[str, Any]] = {}
        for _ in range(self._rng.randint(1, 6)):
            made = self._keyed(_spend(self._rng, self._rng.choice(self._accounts)))
            operations.setdefault((made.account, made.key), dict(made.arguments))
        all_or_nothing = self._rng.random() < 0.25
        given = {"operations": [*operations.values()], "all_or_nothing": all_or_nothing}
        return Call("deduct_credits_batch", given)

    def _make(self, session: Recorder, made: Call) -> None:
        outcome: Outcome = session.make(made)
        if made.function == "hold_credits" and isinstance(outcome, Acknowledged):
            self._holds.setdefault(str(made.account), []).append(outcome.answer.entry_id)

    def _one(self, account: str) -> Call:
        rng = self._rng
        make = rng.choices(list(_MIX), list(_MIX.values()))[0]
        return make(rng, account)


def _spend(rng: random.Random, account: str) -> Call:
    return call(
        "deduct_credit",
        account,
        amount=rng.choice([1, 2, 7, 20, 60, 200]),
        feature="chat",
        member=rng.choice(_MEMBERS),
    )


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


def _try(rng: random.Random, account: str) -> Call:
    return call(
        "start_trial",
        account,
        subscription=f"trial-{rng.randrange(4)}",
        amount=15,
        trial_end=_START + rng.randrange(3) * _PERIOD,
    )


def _change(rng: random.Random, account: str) -> Call:
    number = rng.randrange(40)
    paid = {"payment": f"{account}:change-{number}", "amount_paid": 500, "currency": "usd"}
    return call(
        "change_subscription",
        account,
        subscription="plan",
        amount=rng.choice([20, 40, 70, 100]),
        policy=rng.choice([None, "full", "none"]),
        plan=rng.choice(["lite", "pro"]),
        **(paid if number < 20 else {}),
    )


def _cancel(rng: random.Random, account: str) -> Call:
    when = rng.choice([None, "never", "never", "now"])
    return call("cancel_subscription", account, subscription="plan", when=when)


def _set_status(rng: random.Random, account: str) -> Call:
    status = rng.choice(["past_due", "active", "active"])
    subscription = rng.choice(["plan", "trial-1"])
    return call("set_subscription_status", account, subscription=subscription, status=status)


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


def _hold(rng: random.Random, account: str) -> Call:
    return call(
        "hold_credits",
        account,
        amount=rng.choice([1, 5, 20, 60]),
        expires_in=_DAY,
        feature=rng.choice([None, "chat"]),
        member=rng.choice(_MEMBERS),
    )


def _capture(rng: random.Random, account: str) -> Call:
    return call(
        "capture_hold",
        account,
        hold_id=_newest(rng),
        amount=rng.choice([None, 1, 4, 20, 70]),
        final=rng.random() < 0.6,
        if_short=rng.choice(["refuse", "partial"]),
    )


def _release(rng: random.Random, account: str) -> Call:
    return call("release_hold", account, hold_id=_newest(rng))


def _extend(rng: random.Random, account: str) -> Call:
    return call("extend_hold", account, hold_id=_newest(rng), expires_in=_DAY)


def _newest(rng: random.Random) -> int:
    """Which hold of the account, counted from the newest one."""
    return rng.choice([1, 1, 1, 2, 3, 8])


def _cap(rng: random.Random, account: str) -> Call:
    """A cap for all time, so that no answer hangs on the clock; mostly one that leaves room."""
    return call(
        "set_member_cap",
        account,
        member="mia",
        period=rng.choice(["billing_period", "lifetime"]),
        cap=rng.choice([None, None, 10, 200, 500, 1000]),
    )


def _freeze(rng: random.Random, account: str) -> Call:
    reason = rng.choice(["fraud", "request"])
    # Mostly an end to it, so that the rest of the load is not refused.
    function = rng.choice(["freeze_account", *["unfreeze_account"] * 7])
    return call(function, account, reason=reason)


def _adjust(rng: random.Random, account: str) -> Call:
    said = rng.choice([{"difference": rng.choice([-40, -3, 3])}, {"target": rng.randint(0, 60)}])
    pool = rng.choice([None, None, "purchased"])
    return call("adjust_balance", account, reason="goodwill", person="eve", pool=pool, **said)


def _repair(rng: random.Random, account: str) -> Call:
    person = rng.choice(["eve", "ann"])
    return call("repair_account", account, reason="to be sure", person=person)


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
    _try: 1,
    _change: 4,
    _cancel: 2,
    _set_status: 2,
    _claw: 8,
    _refund: 14,
    _hold: 14,
    _capture: 14,
    _release: 4,
    _extend: 2,
    _cap: 3,
    _freeze: 5,
    _adjust: 3,
    _repair: 2,
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

    holds: dict[str, list[int]] = {}

    def work(number: int) -> None:
        load = Load(f"{seed}-{number}", accounts, holds)
        with Recorder(history, connect) as session:
            made = 0
            while made < calls and not (stop is not None and stop.is_set()):
                made += load.go(session)

    with ThreadPoolExecutor(sessions) as threads:
        for done in [threads.submit(work, number) for number in range(sessions)]:
            done.result()
