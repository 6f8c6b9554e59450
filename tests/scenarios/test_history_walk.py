"""Random commands, and afterwards the history tells at each instant what was read then.

The clock only goes forward and never shows one instant to two commands, so that "then" means one
thing. Each walk is played twice: with a sweep before every reading, so that nothing is booked late,
and with reads that find expiries and deadlines unbooked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgcredits.errors import CreditsError
from tests.functions.support import DAY, HOUR, MICROSECOND, NOW, set_setting
from tests.scenarios.test_random_walk import Step, Walk, steps, walk_settings

if TYPE_CHECKING:
    from datetime import datetime

    from pgcredits.rpc import Balance, Receipt, Simulation
    from tests.client import Credits
    from tests.clock import Clock

COMMANDS = [
    *("spend", "spend", "spend", "grant", "grant", "buy", "renew", "end", "refund", "refund"),
    *("claw", "claw", "hold", "hold", "hold", "capture", "capture", "release", "adjust"),
    *("forward", "forward", "forward", "repair"),
]


@dataclass
class History(Walk):
    """The commands of a walk, and holds; remembers what was read at which instant."""

    holds: list[int] = field(default_factory=list)
    read: dict[datetime, Balance] = field(default_factory=dict)
    swept: bool = False

    def hold(self, size: int, choice: int) -> Receipt:
        receipt = self.credits.hold_credits("u", size, expires_in=(1 + choice) * HOUR)
        self.holds.append(receipt.entry_id)
        return receipt

    def capture(self, size: int, choice: int) -> Receipt | None:
        if not self.holds:
            return None
        receipt = self.credits.capture_hold(
            "u",
            self.holds[-1 - choice % len(self.holds)],
            size if choice % 3 else None,
            final=choice % 2 == 0,
            if_short="partial" if size % 2 else "refuse",
        )
        self.spends.append(receipt.entry_id)
        return receipt

    def release(self, _size: int, choice: int) -> Receipt | None:
        if not self.holds:
            return None
        return self.credits.release_hold("u", self.holds[-1 - choice % len(self.holds)])

    def adjust(self, size: int, choice: int) -> Receipt:
        pool = (None, "promotional", "purchased")[choice % 3]
        return self.credits.adjust_balance(
            "u", "count", "ann", difference=size - 20 or 1, pool=pool
        )

    def repair(self, _size: int, _choice: int) -> Receipt:
        return self.credits.repair_account("u", "nothing is wrong", "ann")

    def forward(self, size: int, _choice: int) -> None:
        """Move the clock, and read right before, at and after whatever ends on the way."""
        now = self.clock.now()
        until = now + size * HOUR
        ends = {lot.expires_at for lot in self.credits.list_lots("u", limit=1000)}
        ends |= {hold.expires_at for hold in self.credits.list_holds("u", limit=1000)}
        for end in sorted(end for end in ends if end and now < end < until):
            for moment in (end - MICROSECOND, end, end + MICROSECOND):
                if moment > self.clock.now():
                    self.look(moment)
        self.look(until)

    def look(self, moment: datetime) -> None:
        """Read the balance at an instant."""
        self.clock.set(moment)
        if self.swept:
            self.credits.expire_due()
        self.read[moment] = self.credits.get_balance("u")

    def walk(self, plan: list[Step]) -> None:
        self.clock.set(NOW)
        self.buy(40, 0)
        for step in plan:
            self.look(self.clock.now() + MICROSECOND)
            self.clock.advance(MICROSECOND)
            self.play(step)
            self.look(self.clock.now() + MICROSECOND)


def figures(balance: Balance) -> tuple[Any, ...]:
    return (
        balance.balance,
        balance.available,
        balance.held,
        balance.settled,
        balance.debt,
        balance.pools,
    )


def late_ends(credits: Credits) -> list[tuple[datetime, datetime]]:
    """From when to when a hold read as held although it was past its deadline."""
    return [
        (entry.occurred_at, entry.created_at)
        for entry in credits.entries("u")
        if entry.kind == "release" and entry.amount and entry.occurred_at < entry.created_at
    ]


def told(credits: Credits, moments: list[datetime]) -> dict[datetime, tuple[Any, ...]]:
    """What the history says about each instant, in one round trip."""
    rows = credits.conn.execute(
        "select b.as_of, b.balance, b.available, b.held, b.settled, b.debt, b.pools"
        "  from unnest(%s::timestamptz[]) as m (moment)"
        "  cross join lateral credits.balance_at('u', m.moment) as b",
        (moments,),
    ).fetchall()
    assert len(rows) == len(moments)
    return {moment: tuple(figures) for moment, *figures in rows}


def agreements(credits: Credits, read: dict[datetime, Balance]) -> int:
    """Compare what was read with what the history says; how many readings differ on purpose."""
    late = late_ends(credits)
    differing = 0
    for moment, then in told(credits, list(read)).items():
        if any(begin <= moment < end for begin, end in late):
            differing += 1
            assert then[2] < read[moment].held, moment
        else:
            assert then == figures(read[moment]), moment
    return differing


@pytest.mark.slow
@given(plan=steps(COMMANDS, 30), shortfall=st.sampled_from(["debt", "write_off"]))
@settings(walk_settings, max_examples=12)
def test_the_history_says_what_was_read_then(
    fast: Credits, clock: Clock, plan: list[Step], shortfall: str
) -> None:
    with fast.conn.transaction(force_rollback=True):
        set_setting(fast, "shortfall", shortfall)
        swept = History(fast, clock, swept=True)
        swept.walk(plan)
        assert agreements(fast, swept.read) == 0
        assert fast.rebuild("u") == []
    with fast.conn.transaction(force_rollback=True):
        set_setting(fast, "shortfall", shortfall)
        unswept = History(fast, clock)
        unswept.walk(plan)
        clock.advance(MICROSECOND)
        fast.expire_due()
        agreements(fast, unswept.read)
        assert fast.rebuild("u") == []
        # What was booked late counts from its date: as if somebody had swept at every instant.
        swept_read = {moment: figures(balance) for moment, balance in swept.read.items()}
        assert told(fast, list(swept_read)) == swept_read


def outcome(credits: Credits, amount: int) -> tuple[Any, ...]:
    """What a spend does; it is rolled back."""
    with credits.conn.transaction(force_rollback=True):
        known = {lot.lot_id for lot in credits.list_lots("u", limit=1000, live_only=False)}
        try:
            receipt = credits.deduct_credit("u", amount)
        except CreditsError as refusal:
            return refusal.code, refusal.values.get("available"), None
        parts = [[lot if lot in known else None, taken] for lot, taken in receipt.allocations or []]
        return None, receipt.available + amount, parts


def foreseen(spend: Simulation) -> tuple[Any, ...]:
    passes = spend.refusal is None
    knows = spend.refusal in {None, "insufficient_credits", "in_debt"}
    return (
        spend.refusal,
        spend.available if knows else None,
        spend.allocations if passes else None,
    )


@pytest.mark.slow
@given(plan=steps(COMMANDS, 24), shortfall=st.sampled_from(["debt", "write_off"]))
@settings(walk_settings, max_examples=15)
def test_a_simulated_spend_is_what_a_spend_then_does(
    fast: Credits, clock: Clock, plan: list[Step], shortfall: str
) -> None:
    """Holds past their deadline included, which a spend gives back before it decides."""
    with fast.conn.transaction(force_rollback=True):
        set_setting(fast, "shortfall", shortfall)
        clock.set(NOW)
        walk = History(fast, clock)
        walk.buy(40, 0)
        for step in plan:
            clock.advance(MICROSECOND)
            if step.command == "forward":
                clock.advance(step.size * HOUR)
            else:
                walk.play(step)
            available = fast.simulate_spend("u").available
            for amount in {1, step.size, available + 1, max(available, 1)}:
                spend = fast.simulate_spend("u", amount)
                assert foreseen(spend) == outcome(fast, amount), (step, amount)
                assert spend.short == max(amount - spend.available, 0)


lots = st.lists(
    st.tuples(
        st.sampled_from(["subscription", "promotional", "purchased"]),
        st.integers(1, 6) | st.none(),
        st.integers(1, 30),
    ),
    min_size=1,
    max_size=7,
)


def lost_by(burned: list[tuple[int, int]], amount: int, day: int) -> int:
    """What has expired until a day, of lots (last day, credits) that burn in this order."""
    lost = 0
    for last, credits in burned:
        left = max(credits - amount, 0)
        amount = max(amount - credits, 0)
        lost += left if last <= day else 0
    return lost


@given(granted=lots, amount=st.integers(1, 150))
@settings(walk_settings, max_examples=30)
def test_avoidable_is_what_burning_by_expiry_would_save(
    fast: Credits, clock: Clock, granted: list[tuple[str, int | None, int]], amount: int
) -> None:
    """At the worst of all days: what is gone by then, less what had to be."""
    with fast.conn.transaction(force_rollback=True):
        clock.set(NOW)
        for pool, days, credits in granted:
            ends = None if days is None else NOW + days * DAY
            fast.grant_credits("u", credits, pool=pool, expires_at=ends)
        order = ["subscription", "promotional", "purchased"]
        never = 99
        burned = sorted(
            (order.index(pool), days or never, credits) for pool, days, credits in granted
        )
        ours = [(days, credits) for _, days, credits in burned]
        by_expiry = sorted(ours)
        avoidable = max(
            lost_by(ours, amount, day) - lost_by(by_expiry, amount, day) for day in range(1, 7)
        )
        spend = fast.simulate_spend("u", amount)
        assert spend.avoidable == avoidable
        assert spend.unused == lost_by(ours, amount, 6)
        assert spend.unused == sum(part["amount"] for part in spend.expiring)
