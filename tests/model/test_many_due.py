"""Very many lots and holds that are due together: one plan for all of them books what steps would.

The model goes through them one by one. The search has a few of them at a time, these have dozens,
at so few instants that most of them share theirs with others.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.model.call import call
from tests.model.state import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.model.twin import Twin

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
INSTANTS = 6  # hours after the beginning, at which lots end and holds have their deadlines
LOTS, HOLDS = 30, 20


class Filled:
    """One account with dozens of lots and holds, of members and of payments."""

    def __init__(self, twin: Twin, random: Random, account: str) -> None:
        self.twin = twin
        self.random = random
        self.account = account
        self.ends = [twin.model.now + hours * HOUR for hours in range(1, INSTANTS + 1)]
        for member in ("mia", "noa"):
            for period in ("hour", "lifetime"):
                self.make("set_member_cap", member=member, period=period, cap=10_000)

    def make(self, function: str, **arguments: Any) -> Any:
        return self.twin.make(call(function, self.account, **arguments))

    def end(self) -> datetime:
        return self.random.choice(self.ends)

    def lot(self, number: int) -> None:
        amount = self.random.randint(1, 9)
        expires_at = self.random.choice([self.end(), self.end(), self.end(), None])
        if self.random.random() < 0.4:
            self.make(
                "add_purchased_credits",
                amount=amount,
                amount_paid=100,
                currency="eur",
                expires_at=expires_at,
                reference=f"order-{number}",
            )
        else:
            pool = self.random.choice(["subscription", "promotional"])
            self.make("grant_credits", amount=amount, pool=pool, expires_at=expires_at)

    def hold(self) -> None:
        available = self.twin.model.account(self.account).balance
        if available > 0:
            held = self.make(
                "hold_credits",
                amount=self.random.randint(1, min(available, 20)),
                expires_in=self.end() - self.twin.model.now,
                member=self.random.choice([None, "mia", "noa"]),
            )
            if held and self.random.random() < 0.2:
                self.make("capture_hold", hold_id=held.entry_id, amount=1, final=False)

    def spend(self) -> None:
        self.make("deduct_credit", amount=self.random.randint(1, 12), member="mia")

    def take_back(self, orders: int) -> None:
        order = f"order-{self.random.randrange(orders)}"
        self.make("clawback_credits", payment=order)


@pytest.mark.parametrize("with_debt", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_due_together_is_booked_as_if_one_by_one(
    start: Callable[[Settings], Twin],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    *,
    with_debt: bool,
) -> None:
    random = Random(f"{seed} {with_debt}")  # noqa: S311 -- it makes a test
    twin = start(Settings(random.choice(["debt", "write_off"])))
    accounts = [Filled(twin, random, name) for name in ("ann", "bob")]
    with monkeypatch.context() as unwatched:
        unwatched.setattr(twin, "compare", lambda _account_ids=None: None)
        for number in range(LOTS):
            for account in accounts:
                account.lot(number)
                if number >= LOTS - HOLDS:
                    account.hold()
            if random.random() < 0.2:
                twin.wait(MINUTE)
                random.choice(accounts).spend()
        if with_debt:
            for _ in range(12):
                accounts[0].take_back(LOTS)

    moments = random.sample(accounts[0].ends, 2)
    for moment in sorted(moments):
        twin.at(moment)
        if random.random() < 0.5:
            accounts[0].make("deduct_credit", amount=1)
        twin.sweep(random.choice([1, 5, 1000]))
    twin.wait(INSTANTS * HOUR)
    accounts[1].make("grant_credits", amount=1)
    twin.sweep(7)
    twin.compare_all()
