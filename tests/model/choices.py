"""What a search chooses from. Amounts and instants are named after what they lie close to.

A choice such as "what is there and one more" is resolved when the step runs, so that it still means
the same after the steps before it were left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model.state import MOST, NEVER, POOLS, later

if TYPE_CHECKING:
    from tests.model.model import Model
    from tests.model.state import Account, Hold, Payment

US = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EPOCH = datetime(2029, 12, 1, tzinfo=UTC)
PERIOD = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Amount:
    """Credits: a figure of the account and a little more or less."""

    of: str
    plus: int = 0

    def on(self, account: Account, model: Model) -> int:
        lots = [lot.left for lot in account.spendable(model.now)]
        figures = {
            "nothing": 0,
            "available": sum(lots),
            "first lot": sum(lots[:1]),
            "two lots": sum(lots[:2]),
            "half": sum(lots) // 2,
            "debt": account.debt,
            "room": MOST - account.balance - account.debt - account.held,
            "most": MOST,
        }
        figure = figures[self.of] + self.plus
        return figure if self.of == "nothing" else max(1, figure)


_some = st.builds(Amount, st.just("nothing"), st.integers(1, 60))
_there = st.builds(
    Amount,
    st.sampled_from(["available", "first lot", "two lots", "half"]),
    st.sampled_from([0, 0, 0, -1, -1, 1]),
)
_rare = st.one_of(
    st.builds(Amount, st.sampled_from(["room", "most"]), st.sampled_from([0, 1, -1])),
    st.builds(Amount, st.sampled_from(["debt", "available"]), st.sampled_from([0, 1, -1])),
    st.builds(Amount, st.just("nothing"), st.sampled_from([0, 1])),
)


@st.composite
def weighted(
    draw: st.DrawFn, *choices: tuple[int, st.SearchStrategy[Any]]
) -> Any:  # `one_of` drops a choice that is given twice, so it cannot weigh
    """One of several strategies, each as often as its weight says."""
    numbers = [number for number, (weight, _) in enumerate(choices) for _ in range(weight)]
    return draw(choices[draw(st.sampled_from(numbers))][1])


uses = st.sampled_from([{}, {}, {"feature": "chat"}, {"member": "max"}, {"member": "mia"}])
spent = weighted((5, _some), (18, _there), (1, _rare))
granted = weighted((20, _some), (3, _there), (1, _rare))


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: the clock, or one at which something of the account ends, and a little more."""

    of: str
    plus: timedelta = timedelta()
    nth: int = 0

    def on(self, account: Account, model: Model) -> datetime:
        grace = model.settings.refund_grace
        ends = {lot.expires_at for lot in account.lots.values()} - {NEVER}
        moments = {
            "now": {model.now},
            "an expiry": ends,
            "a grant": {
                due
                for subscription in account.subscriptions.values()
                for item in subscription.items.values()
                if (due := subscription.next_grant(item)) is not None
            },
            "a deadline": {
                hold.expires_at for hold in account.holds.values() if hold.status == "open"
            },
            "end of grace": {later(end, grace) for end in ends},
            "end of period": {
                lot.period_end for lot in account.lots.values() if lot.period_end is not None
            },
        }[self.of]
        ahead = sorted(moment for moment in moments if moment >= model.now) or [model.now]
        return ahead[self.nth % len(ahead)] + self.plus


_nth = st.integers(0, 3)
_around = st.sampled_from([timedelta(), timedelta(), timedelta(), -US, US])
steps = weighted(
    (
        4,
        st.builds(
            Moment, st.just("now"), st.sampled_from([US, HOUR, DAY, DAY, 2 * DAY, 5 * DAY, 8 * DAY])
        ),
    ),
    (7, st.builds(Moment, st.just("an expiry"), _around, _nth)),
    (3, st.builds(Moment, st.just("a deadline"), _around, _nth)),
    (3, st.builds(Moment, st.just("a grant"), _around, _nth)),
    (1, st.builds(Moment, st.sampled_from(["end of grace", "end of period"]), _around, _nth)),
    (1, st.builds(Moment, st.just("now"), st.sampled_from([-US, -HOUR, -2 * DAY]))),
)
ends = weighted(
    (
        12,
        st.builds(
            Moment,
            st.just("now"),
            st.sampled_from([HOUR, DAY, 3 * DAY, 5 * DAY, 10 * DAY, 10 * DAY, 30 * DAY]),
        ),
    ),
    (4, st.builds(Moment, st.just("an expiry"), _around, _nth)),
    (1, st.builds(Moment, st.just("now"), st.sampled_from([US, timedelta(), -US, -DAY]))),
)
expiries = weighted((2, st.none()), (3, ends))


@dataclass(frozen=True, slots=True)
class Target:
    """How much of a payment ought to be back: credits or money, close to a figure of it."""

    of: str
    plus: int = 0

    def on(self, payment: Payment, account: Account) -> dict[str, int]:
        own = [x for x in account.lots.values() if x.payment_id == payment.payment_id]
        left = sum(lot.left for lot in own)
        paid = payment.amount_paid or 0
        credits = {
            "nothing": 0,
            "all": payment.granted,
            "half": payment.granted // 2,
            "target": payment.target,
            "what is left": payment.target + left,
            "what is gone": payment.target - payment.owed - payment.written_off,
            "what is clawed": payment.target - payment.clawed,
        }
        money = {"no money": 0, "all money": paid, "a third": paid // 3, "half of it": paid // 2}
        if self.of == "everything":
            return {}
        if self.of in credits:
            return {"target": credits[self.of] + self.plus}
        return {"amount_returned": money[self.of] + self.plus}


targets = weighted(
    (
        3,
        st.builds(
            Target,
            st.sampled_from(["everything", "nothing", "half", "all money", "half of it"]),
        ),
    ),
    (
        4,
        st.builds(
            Target,
            st.sampled_from(
                ["half", "target", "what is left", "what is gone", "what is clawed", "a third"]
            ),
            st.sampled_from([0, 1, -1]),
        ),
    ),
    (1, st.builds(Target, st.sampled_from(["all", "no money"]), st.sampled_from([0, 1, -1]))),
)


@dataclass(frozen=True, slots=True)
class Captured:
    """What is captured of a hold: a figure of it, or of what there is above it, and a little more.

    ``everything`` names no amount.
    """

    of: str
    plus: int = 0

    def on(self, hold: Hold, account: Account, model: Model) -> dict[str, int]:
        there = sum(lot.left for lot in account.spendable(model.now))
        first = -hold.parts[0][1] - hold.captured
        figures = {
            "nothing": 0,
            "held": hold.held,
            "half": hold.held // 2,
            "first lot": first,
            "held and available": hold.held + there,
            "most": MOST,
        }
        if self.of == "everything":
            return {}
        return {"amount": min(max(1, figures[self.of] + self.plus), MOST)}


captured = weighted(
    (2, st.builds(Captured, st.just("everything"))),
    (3, st.builds(Captured, st.just("nothing"), st.integers(1, 30))),
    (
        8,
        st.builds(
            Captured,
            st.sampled_from(["held", "held", "half", "first lot", "held and available"]),
            st.sampled_from([0, 0, 1, -1]),
        ),
    ),
    (1, st.builds(Captured, st.sampled_from(["most", "nothing"]))),
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a hold lasts: so long, or until something of the account ends, if that is soon."""

    time: timedelta
    until: Moment | None = None

    def on(self, account: Account, model: Model) -> timedelta:
        if self.until is None:
            return self.time
        return min(max(self.until.on(account, model) - model.now, US), DAY)


_times = st.sampled_from([DAY, DAY, DAY, HOUR, 2 * HOUR, US])
patience = weighted(
    (1, st.none()),
    (4, st.builds(Patience, _times)),
    (
        3,
        st.builds(
            Patience,
            _times,
            st.builds(Moment, st.sampled_from(["an expiry", "a deadline"]), _around, _nth),
        ),
    ),
)

accounts = st.sampled_from(["ann", "ann", "ann", "ann", "ann", "bob", "cid"])
pools = st.sampled_from([*POOLS])
subscriptions = st.sampled_from(["basic", "basic", "extra"])
caps = st.sampled_from([0, None, 1, 3, 15])
plans = st.sampled_from([None, None, "lite", "pro"])
schedules = weighted(
    (3, st.none()), (3, st.sampled_from([DAY, 2 * DAY, "1 day", "2 days"])), (1, st.just("1 month"))
)
prices = st.sampled_from([0, 1, 7, 100, 100, 999])
numbers = st.integers(0, 9)

tails = st.fixed_dictionaries(
    {},
    optional={
        "idempotency_key": st.sampled_from(["new", "new", "new", "new", "key-a"]),
        "reference": st.sampled_from(["order-1", "order-2"]),
        "metadata": st.sampled_from([None, {"note": "x"}]),
    },
)


@dataclass(frozen=True, slots=True)
class Period:
    """A period of a subscription: ``ago`` periods before the one that the clock is in."""

    ago: int
    length: int = 1

    def on(self, model: Model) -> dict[str, datetime]:
        start = EPOCH + ((model.now - EPOCH) // PERIOD - self.ago) * PERIOD
        return {"period_start": start, "period_end": start + self.length * PERIOD}


periods = st.builds(
    Period, st.sampled_from([0, 0, 0, 0, 1, 2, -1]), st.sampled_from([1, 1, 1, 2, 3])
)


@dataclass(frozen=True, slots=True)
class Bought:
    """One lot of a payment."""

    amount: Amount
    pool: str | None
    expires: Moment | None
    period: Period | None
    item: str | None
    cap: int | None
    cost: int | None
    plan: str | None = None
    grant_every: timedelta | str | None = None

    def on(self, account: Account, model: Model) -> dict[str, Any]:
        grant: dict[str, Any] = {"amount": self.amount.on(account, model)}
        if self.pool is not None:
            grant["pool"] = self.pool
        if self.cost is not None:
            grant["cost"] = self.cost
        if self.expires is not None:
            grant["expires_at"] = self.expires.on(account, model)
        if self.period is not None:
            grant |= self.period.on(model)
            grant |= {"subscription": "basic", "item": self.item, "rollover_cap": self.cap}
            if self.plan is not None:
                grant["plan"] = self.plan
            if isinstance(self.grant_every, str):
                grant["grant_every"] = self.grant_every
        return grant


baskets = st.lists(
    st.builds(
        Bought,
        granted,
        st.none() | pools,
        expiries,
        weighted((2, st.none()), (1, periods)),
        st.sampled_from([None, "seat"]),
        caps,
        st.sampled_from([None, None, 0, 50]),
        plans,
        weighted((4, st.none()), (1, schedules)),
    ),
    min_size=1,
    max_size=3,
)
