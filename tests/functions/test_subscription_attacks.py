"""Attempts to make credits of subscriptions appear or vanish by changes and refunds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.support import DAY, MICROSECOND, NOW

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def pay(credits: Credits) -> None:
    """Pay 1200 for 120 days with 100 credits every ten days."""
    credits.renew_subscription(
        "u",
        "s",
        100,
        period_start=NOW,
        period_end=NOW + 120 * DAY,
        grant_every="10 days",
        rollover_cap=None,
        payment="y",
        amount_paid=1200,
        currency="eur",
    )


def stays(credits: Credits) -> int:
    """Credits that were granted and not taken back."""
    kinds = {"grant", "clawback"}
    return sum(entry.amount for entry in credits.entries("u") if entry.kind in kinds)


@pytest.mark.parametrize("between", [0, 50, 99])
@pytest.mark.parametrize(("returned", "left"), [(600, 600), (1200, 0), (100, 1100)])
def test_changing_to_and_fro_lets_no_credits_outlive_their_money(
    fast: Credits, clock: Clock, between: int, returned: int, left: int
) -> None:
    pay(fast)
    fast.change_subscription("u", "s", between, policy="none")
    fast.change_subscription("u", "s", 100, policy="none")
    fast.clawback_credits("u", "y", amount_returned=returned)
    clock.set(NOW + 119 * DAY)
    fast.grant_due()
    assert stays(fast) == left
    assert fast.verify() == []


def test_what_was_cut_off_has_its_cost_when_it_comes_back(fast: Credits, clock: Clock) -> None:
    pay(fast)
    for amount in (30, 100, 110, 70):
        fast.change_subscription("u", "s", amount, policy="none")
    clock.set(NOW + 10 * DAY)
    fast.grant_due()
    (lot,) = (lot for lot in fast.list_lots("u") if lot.origin == "schedule")
    assert (lot.granted, lot.cost_amount) == (70, 70)


def test_an_upgrade_that_was_refunded_can_be_bought_again(fast: Credits) -> None:
    fast.renew_subscription("u", "s", 100, period_start=NOW, period_end=NOW + 30 * DAY)
    money: dict[str, Any] = {"amount_paid": 400, "currency": "eur"}
    fast.change_subscription("u", "s", 500, payment="up", **money)
    fast.deduct_credit("u", 450)
    fast.clawback_credits("u", "up", amount_returned=400)
    assert fast.get_balance("u").debt == 350
    receipt = fast.change_subscription("u", "s", 500, payment="again", **money)
    assert (receipt.amount, receipt.balance, receipt.debt) == (400, 50, 0)
    assert fast.change_subscription("u", "s", 500).amount == 0


def test_a_year_that_was_canceled_owes_what_was_spent_and_no_more(fast: Credits) -> None:
    pay(fast)
    fast.deduct_credit("u", 60)
    fast.cancel_subscription("u", "s", when="now")
    fast.clawback_credits("u", "y", amount_returned=1200)
    assert fast.get_balance("u").debt == 60


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Apia"])
@pytest.mark.parametrize(
    "start",
    [
        datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
        datetime(2028, 1, 31, tzinfo=UTC),
        datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
    ],
    ids=["leap day", "the 31st", "clock change"],
)
def test_months_follow_one_another_without_a_gap(
    fast: Credits, clock: Clock, zone: str, start: datetime
) -> None:
    fast.open_account("u", time_zone=zone)
    clock.set(start)
    end = start.replace(year=start.year + 1, day=min(start.day, 28))
    fast.renew_subscription(
        "u", "s", 100, period_start=start, period_end=end, grant_every="1 month"
    )
    clock.set(end - MICROSECOND)
    fast.grant_due()
    periods = sorted(
        (lot.period_start, lot.period_end)
        for lot in fast.list_lots("u", live_only=False)
        if lot.origin in {"grant", "schedule"}
    )
    assert [first for first, _ in periods[1:]] == [last for _, last in periods[:-1]]
    assert (periods[-1][1], len(periods)) == (end, 12)
