"""Lives of subscriptions: trial, conversion, upgrade, past_due, cancellation; in any order."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import TrialUsed
from tests.functions.support import DAY, HOUR, NOW, RENEWAL_GRACE, refused, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

MONTH = 30 * DAY
TRIAL = 14 * DAY
PAID = NOW + TRIAL
"""The first paid period follows on the trial."""


def renew(credits: Credits, period: int = 0, amount: int = 100, **other: Any) -> Receipt:
    """Renew for the ``period``-th month after the trial."""
    return credits.renew_subscription(
        "u",
        "pro",
        amount,
        period_start=PAID + period * MONTH,
        period_end=PAID + (period + 1) * MONTH,
        **other,
    )


def status(credits: Credits) -> str:
    (one,) = credits.list_subscriptions("u")
    return one.status


# Trials.


@pytest.mark.parametrize("swept", [True, False], ids=["swept", "unswept"])
@pytest.mark.parametrize("cap", [0, 10, None])
@pytest.mark.parametrize(
    "late",
    [-DAY, 0 * DAY, HOUR, RENEWAL_GRACE + DAY],
    ids=["early", "in_time", "an_hour", "after_the_grace"],
)
def test_t84_p6_a_conversion_leaves_one_cycle_whenever_it_is_told(
    fast: Credits, clock: Clock, late: timedelta, cap: int | None, swept: bool
) -> None:
    """Nothing of the trial is added to a cycle, and packs count for nothing."""
    fast.start_trial("u", "pro", 500, trial_end=PAID)
    fast.add_purchased_credits("u", 1000, reference="pack")
    fast.deduct_credit("u", 40)
    clock.set(PAID + late)
    if swept:
        fast.expire_due()
    renew(fast, rollover_cap=cap)
    assert fast.pools("u") == {"subscription": 100, "purchased": 1000}
    assert status(fast) == "active"
    assert sum(amount for kind, amount in fast.booked("u") if kind == "expire") == -460


def test_p6_a_trial_that_is_converted_at_once_ends_at_once(fast: Credits, clock: Clock) -> None:
    """The paid period begins in the middle of the trial, or with it."""
    fast.start_trial("u", "pro", 500, trial_end=PAID)
    clock.set(NOW + 5 * DAY)
    fast.renew_subscription(
        "u", "pro", 100, period_start=NOW, period_end=NOW + MONTH, rollover_cap=None
    )
    assert fast.balance("u") == 100
    (one,) = fast.list_subscriptions("u")
    assert (one.period_start, one.period_end) == (NOW, NOW + MONTH)


def test_p6_a_refund_of_the_trial_adds_nothing_to_the_cycle(fast: Credits, clock: Clock) -> None:
    fast.start_trial("u", "pro", 500, trial_end=PAID)
    spend = fast.deduct_credit("u", 40)
    clock.set(PAID + HOUR)
    fast.refund_spend("u", entry_id=spend.entry_id)
    assert fast.balance("u") == 40
    renew(fast, rollover_cap=None)
    assert fast.balance("u") == 100


def test_p6_usage_of_the_trial_is_not_carried_into_the_paid_period(
    fast: Credits, clock: Clock
) -> None:
    fast.start_trial("u", "pro", 50, trial_end=PAID)
    fast.deduct_credit("u", 50)
    clock.set(PAID)
    assert renew(fast).balance == 100


def test_a_trial_and_what_it_ends_are_one_subscriptions(fast: Credits, clock: Clock) -> None:
    fast.start_trial("u", "pro", 50, trial_end=PAID)
    fast.start_trial("u", "team", 60, trial_end=PAID + DAY)
    clock.set(PAID)
    renew(fast)
    assert fast.balance("u") == 160
    with refused(fast, TrialUsed, subscription="pro"):
        fast.start_trial("u", "pro", 50, trial_end=PAID + MONTH)


def test_an_old_period_that_is_told_late_leaves_a_later_trial_alone(fast: Credits) -> None:
    fast.start_trial("u", "pro", 50, trial_end=PAID)
    fast.renew_subscription("u", "pro", 100, period_start=NOW - 2 * MONTH, period_end=NOW - MONTH)
    assert fast.balance("u") == 50
    assert status(fast) == "trialing"


# Rollover: one table, and every cut an entry with its reason.


@pytest.mark.parametrize(
    ("cap", "left", "carried"),
    [
        (0, 70, 0),
        (10, 70, 10),
        (70, 70, 70),
        (200, 70, 70),
        (None, 70, 70),
        (None, 0, 0),
        (5, 0, 0),
    ],
)
def test_t81_t82_t135_caps_count_credits_of_the_subscription_alone(
    fast: Credits, clock: Clock, cap: int | None, left: int, carried: int
) -> None:
    fast.add_purchased_credits("u", 5000, reference="pack")
    fast.grant_credits("u", 300)
    clock.set(PAID)
    renew(fast, 0)
    if left < 100:
        fast.deduct_credit("u", 100 - left)
    clock.set(PAID + MONTH)
    renew(fast, 1, rollover_cap=cap)
    assert fast.pools("u") == {
        "subscription": 100 + carried,
        "promotional": 300,
        "purchased": 5000,
    }
    cut = [amount for kind, amount in fast.booked("u") if kind == "expire"]
    assert cut == ([carried - left] if carried < left else [])


def test_t80_a_renewal_told_twice_changes_nothing(fast: Credits, clock: Clock) -> None:
    clock.set(PAID)
    renew(fast, idempotency_key="in_1:paid")
    fast.deduct_credit("u", 30)
    with unchanged(fast):
        assert renew(fast, idempotency_key="in_1:paid").is_replay
        assert renew(fast, idempotency_key="in_1:payment_succeeded").is_replay
        assert renew(fast).is_replay


# Changes of plan.


def test_p1_downgrade_and_upgrade_in_a_loop_over_months(fast: Credits, clock: Clock) -> None:
    for month in range(3):
        clock.set(PAID + month * MONTH)
        renew(fast, month, 100, plan="lite")
        for _ in range(4):
            fast.change_subscription("u", "pro", 500, plan="pro")
            fast.change_subscription("u", "pro", 100, plan="lite")
            fast.change_subscription("u", "pro", 500, plan="pro", policy="full")
            fast.change_subscription("u", "pro", 100, plan="lite", policy="full")
        assert fast.balance("u") == 500


def test_t85_route_renewal_and_webhook_in_any_order(fast: Credits, clock: Clock) -> None:
    """A renewal told late does not add to a difference that was taken from its own period."""
    clock.set(PAID)
    renew(fast, plan="lite")
    calls: dict[str, Callable[[], Receipt]] = {
        "route": lambda: fast.change_subscription("u", "pro", 500, plan="pro"),
        "webhook": lambda: fast.change_subscription("u", "pro", 500, plan="pro", reference="evt"),
        "renewal again": lambda: renew(fast, plan="lite"),
    }
    for order in permutations(calls):
        for name in order:
            calls[name]()
        assert fast.balance("u") == 500, order


def test_e12_a_change_moves_no_other_lot(fast: Credits, clock: Clock) -> None:
    clock.set(PAID)
    renew(fast)
    renew(fast, 0, 40, item="seat")
    fast.renew_subscription("u", "team", 70, period_start=PAID, period_end=PAID + MONTH)
    fast.add_purchased_credits("u", 9, reference="pack")
    before = fast.list_lots("u")
    fast.change_subscription("u", "pro", 10, item="seat", plan="mini")
    fast.change_subscription("u", "pro", 500, when="period_end")
    assert fast.list_lots("u") == before
    fast.change_subscription("u", "pro", 60, item="seat", plan="max")
    after = fast.list_lots("u")
    assert [lot for lot in after if lot.origin != "upgrade"] == before


def test_e13_an_upgrade_rolls_over_with_its_subscription(fast: Credits, clock: Clock) -> None:
    clock.set(PAID)
    renew(fast)
    fast.change_subscription("u", "pro", 500)
    clock.set(PAID + MONTH)
    assert renew(fast, 1, 500, rollover_cap=450).balance == 950


# A whole life, and several at once.


def test_a_whole_life(fast: Credits, clock: Clock) -> None:
    fast.start_trial("u", "pro", 20, trial_end=PAID, plan="lite")
    fast.deduct_credit("u", 15)
    clock.set(PAID + HOUR)
    renew(fast, payment="in_1", amount_paid=1000, currency="usd", plan="lite")
    clock.set(PAID + 10 * DAY)
    fast.change_subscription(
        "u", "pro", 300, plan="pro", payment="in_2", amount_paid=1300, currency="usd"
    )
    fast.deduct_credit("u", 250)
    clock.set(PAID + MONTH)
    fast.set_subscription_status("u", "pro", "past_due")
    assert fast.deduct_credit("u", 30).balance == 20
    clock.set(PAID + MONTH + 2 * DAY)
    renew(
        fast, 1, 300, payment="in_3", amount_paid=3000, currency="usd", plan="pro", rollover_cap=50
    )
    assert (status(fast), fast.balance("u")) == ("active", 320)
    fast.cancel_subscription("u", "pro")
    clock.set(PAID + 2 * MONTH - HOUR)
    assert (status(fast), fast.balance("u")) == ("active", 320)
    clock.set(PAID + 2 * MONTH)
    assert (status(fast), fast.balance("u")) == ("canceled", 0)
    assert fast.clawback_credits("u", "in_3").debt == 0
    assert fast.booked("u") == [
        ("grant", 20),
        ("spend", -15),
        ("expire", -5),
        ("grant", 100),
        ("grant", 200),
        ("spend", -250),
        ("subscription", 0),
        ("spend", -30),
        ("grant", 300),
        ("rollover", 0),
        ("subscription", 0),
        ("expire", -300),
        ("expire", -20),
        ("clawback", 0),
    ]


def test_e11_e12_subscriptions_and_items_live_beside_one_another(
    fast: Credits, clock: Clock
) -> None:
    """Whatever happens to one moves no lot of another."""
    clock.set(PAID)
    names = ["a", "b", "c", "d"]
    for name in names:
        fast.renew_subscription("u", name, 10, period_start=PAID, period_end=PAID + MONTH)

    def others(*changed: str) -> list[Any]:
        return [lot for lot in fast.list_lots("u") if lot.subscription not in changed]

    before = others("a")
    fast.cancel_subscription("u", "a", when="now")
    assert others("a") == before
    before = others("a", "b")
    fast.cancel_subscription("u", "b")
    assert others("a", "b") == before
    before = others("a", "b", "c")
    fast.change_subscription("u", "c", 50)
    fast.set_subscription_status("u", "c", "past_due")
    assert others("a", "b", "c") == before
    clock.set(PAID + MONTH - HOUR)
    fast.renew_subscription("u", "c", 10, period_start=PAID + MONTH, period_end=PAID + 2 * MONTH)
    assert others("a", "b", "c") == before
    assert fast.balance("u") == 10 + 10 + 10


def test_the_ledger_tells_what_a_subscription_has_become(fast: Credits, clock: Clock) -> None:
    """Each command shows the state after it, which is what the row says."""
    fast.start_trial("u", "pro", 20, trial_end=PAID)
    clock.set(PAID)
    renew(fast)
    fast.set_subscription_status("u", "pro", "past_due")
    fast.cancel_subscription("u", "pro")
    told = [
        (entry.request or {})["after"]["pro"]["status"]
        for entry in fast.entries("u")
        if "after" in (entry.request or {})
    ]
    assert told == ["trialing", "active", "past_due", "past_due"]
    last = (fast.entries("u")[-1].request or {})["after"]["pro"]
    assert last["cancel_at_period_end"] is True
    assert last["items"][""]["amount"] == 100
