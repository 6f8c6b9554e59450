"""Random commands under a clock that moves both ways: a sweep never makes a difference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgcredits.errors import (
    CreditsError,
    InDebt,
    InsufficientCredits,
    RefundExceedsSpend,
)
from tests.functions.support import DAY, HOUR, NOW, set_setting

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

PERIOD = 5 * DAY

walk_settings = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Step:
    """One command: what to do, two numbers that say how, and whether to sweep before it."""

    command: str
    size: int
    choice: int
    sweep: bool


@dataclass
class Walk:
    """Plays steps on account u and remembers what can be named later."""

    credits: Credits
    clock: Clock
    spends: list[int] = field(default_factory=list)
    payments: list[tuple[str, int]] = field(default_factory=list)

    def play(self, step: Step) -> Any:
        """Do one step; what it answers, without anything that depends on entry numbers."""
        try:
            receipt: Receipt | None = getattr(self, step.command)(step.size, step.choice)
        except CreditsError as refusal:
            values = {k: v for k, v in refusal.values.items() if k in {"required", "available"}}
            return (refusal.code, values)
        if receipt is None:
            return None
        if receipt.kind == "spend":
            self.spends.append(receipt.entry_id)
        return (receipt.kind, receipt.amount, receipt.balance, receipt.available, receipt.debt)

    def spend(self, size: int, _choice: int) -> Receipt:
        return self.credits.deduct_credit("u", size)

    def grant(self, size: int, choice: int) -> Receipt:
        ends = None if choice == 0 else self.clock.now() + choice * 6 * HOUR
        return self.credits.grant_credits("u", size, expires_at=ends)

    def buy(self, size: int, choice: int) -> Receipt:
        ends = None if choice < 4 else self.clock.now() + choice * 12 * HOUR
        name = f"pay-{len(self.payments)}"
        receipt = self.credits.add_purchased_credits("u", size, reference=name, expires_at=ends)
        self.payments.append((name, size))
        return receipt

    def renew(self, size: int, choice: int) -> Receipt:
        start = NOW + (choice // 2) * PERIOD
        return self.credits.renew_subscription(
            "u",
            "pro",
            20,
            period_start=start,
            period_end=start + PERIOD,
            rollover_cap=(0, 8, None)[size % 3],
            item=("seats", "extra")[choice % 2],
        )

    def end(self, _size: int, choice: int) -> Receipt:
        return self.credits.expire_subscription_credits(
            "u", subscription="pro" if choice % 2 else None
        )

    def refund(self, size: int, choice: int) -> Receipt | None:
        if not self.spends:
            return None
        return self.credits.refund_spend(
            "u",
            entry_id=self.spends[choice % len(self.spends)],
            amount=size if choice % 3 else None,
            if_expired="grace" if size % 4 else "lapse",
        )

    def claw(self, size: int, choice: int) -> Receipt | None:
        if not self.payments:
            return None
        name, granted = self.payments[choice % len(self.payments)]
        return self.credits.clawback_credits("u", name, target=granted * (size % 5) // 4)

    def forward(self, size: int, _choice: int) -> None:
        self.clock.advance(size * HOUR)

    def back(self, size: int, _choice: int) -> None:
        """Set the clock back, when all that has expired is booked: only that stays expired."""
        self.credits.expire_due()
        self.clock.advance(-size * HOUR)


def steps(commands: list[str], length: int) -> st.SearchStrategy[list[Step]]:
    step = st.builds(
        Step,
        command=st.sampled_from(commands),
        size=st.integers(1, 40),
        choice=st.integers(0, 11),
        sweep=st.booleans(),
    )
    return st.lists(step, min_size=length // 2, max_size=length)


def trace(credits: Credits, clock: Clock, plan: list[Step], shortfall: str, *, swept: bool) -> Any:
    """Play a walk and roll it back; what it answered and showed after each step."""
    with credits.conn.transaction(force_rollback=True):
        clock.set(NOW)
        set_setting(credits, "shortfall", shortfall)
        walk = Walk(credits, clock)
        walk.buy(40, 0)
        seen: list[Any] = []
        for step in plan:
            if swept and step.sweep:
                credits.expire_due()
            answer = walk.play(step)
            seen.append((step, answer, credits.get_balance("u")))
        clock.advance(30 * DAY)
        seen.append((credits.get_balance("u"), credits.remaining("u"), credits.verify()))
        return seen


# Commands that change lots stand more than once, so that walks get somewhere.
ALL = [
    *("spend", "spend", "spend", "grant", "grant", "buy", "renew", "end"),
    *("refund", "refund", "claw", "claw", "claw", "forward", "forward", "back"),
]


@pytest.mark.slow
@given(plan=steps(ALL, 30), shortfall=st.sampled_from(["debt", "write_off"]))
@settings(walk_settings, max_examples=40)
def test_walks_with_and_without_sweeps_agree(
    fast: Credits, clock: Clock, plan: list[Step], shortfall: str
) -> None:
    unswept = trace(fast, clock, plan, shortfall, swept=False)
    assert unswept[-1][-1] == []
    assert trace(fast, clock, plan, shortfall, swept=True) == unswept


@given(plan=steps(["spend", "spend", "gift", "buy", "refund", "claw", "claw"], 30))
@settings(walk_settings, max_examples=25)
def test_the_balance_is_what_was_granted_less_what_was_used_and_taken_back(
    fast: Credits, clock: Clock, plan: list[Step]
) -> None:
    """Nothing expires in these walks, so that the sum is easy."""
    with fast.conn.transaction(force_rollback=True):
        clock.set(NOW)
        granted = used = 0
        targets: dict[str, int] = {}
        walk = Walk(fast, clock)
        for number, step in enumerate(plan):
            try:
                if step.command == "spend":
                    walk.spends.append(walk.spend(step.size, 0).entry_id)
                    used += step.size
                elif step.command == "gift":
                    granted += walk.grant(step.size, 0).amount
                elif step.command == "buy":
                    granted += walk.buy(step.size, 0).amount
                elif step.command == "refund":
                    receipt = walk.refund(step.size, step.choice)
                    used -= receipt.amount if receipt else 0
                elif walk.payments:
                    name, size = walk.payments[step.choice % len(walk.payments)]
                    targets[name] = size * (step.size % 5) // 4
                    fast.clawback_credits("u", name, target=targets[name])
            except (InsufficientCredits, InDebt, RefundExceedsSpend):
                pass
            expected = granted - used - sum(targets.values())
            balance = fast.get_balance("u")
            assert balance.balance == expected, (number, plan)
            assert balance.available == (0 if balance.debt else expected)
        assert fast.verify() == []
