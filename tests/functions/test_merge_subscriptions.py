"""merge_accounts with subscriptions: they go on as they are, and nobody loses what is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountMerged,
    IdempotencyConflict,
    InvalidState,
    TrialUsed,
)
from tests.functions.support import DAY, NOW, refused, replayed, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def subscribe(credits: Credits, account: str, amount: int = 10, **other: Any) -> Receipt:
    """Pay 400 for 40 days with so many credits every 10 days, beginning at NOW."""
    request: dict[str, Any] = {
        "period_start": NOW,
        "period_end": NOW + 40 * DAY,
        "grant_every": "10 days",
        "payment": f"in-{account}",
        "amount_paid": 400,
        "currency": "eur",
        **other,
    }
    return credits.renew_subscription(account, "year", amount, **request)


def test_what_is_to_come_is_granted_under_the_new_id(fast: Credits, clock: Clock) -> None:
    # Payments and lots get other numbers over there.
    fast.add_purchased_credits("ann", 1, reference="p", amount_paid=5, currency="usd")
    fast.deduct_credit("ann", 1)
    fast.grant_credits("guest", 1)
    fast.deduct_credit("guest", 1)
    subscribe(fast, "guest", rollover_cap=3)
    (before,) = fast.list_subscriptions("guest")
    fast.merge_accounts("guest", "ann")
    assert fast.list_subscriptions("guest") == []
    (after,) = fast.list_subscriptions("ann")
    assert (after.items, after.status, after.created_at) == (
        before.items,
        before.status,
        before.created_at,
    )
    clock.set(NOW + 10 * DAY)
    fast.grant_due()
    assert fast.available("ann") == 13
    clock.set(NOW + 39 * DAY)
    fast.grant_due()
    granted = [lot for lot in fast.list_lots("ann", live_only=False) if lot.origin == "schedule"]
    assert [(lot.granted, lot.cost_amount, lot.cost_currency) for lot in granted] == [
        (10, 100, "eur")
    ] * 3


def test_money_that_goes_back_comes_out_of_what_is_to_come(fast: Credits, clock: Clock) -> None:
    """Taken back before or after the merge, it ends alike."""
    for account, first in (("guest", True), ("tom", False)):
        clock.set(NOW)
        into = f"{account}-new"
        subscribe(fast, account)
        if first:
            fast.clawback_credits(account, f"in-{account}", amount_returned=200)
        fast.merge_accounts(account, into)
        if not first:
            fast.clawback_credits(account, f"in-{account}", amount_returned=200)
        clock.set(NOW + 35 * DAY)
        fast.grant_due()
        granted = [lot.granted for lot in fast.list_lots(into, live_only=False)]
        assert granted == [10] * 4
        assert fast.available(into) == 0
        taken = sum(-entry.amount for entry in fast.entries(into) if entry.kind == "clawback")
        assert taken == 20


def test_held_up_grants_come_when_it_is_paid_again(fast: Credits, clock: Clock) -> None:
    subscribe(fast, "guest", rollover_cap=None)
    fast.set_subscription_status("guest", "year", "past_due")
    clock.set(NOW + 15 * DAY)
    fast.merge_accounts("guest", "ann")
    clock.set(NOW + 25 * DAY)
    assert fast.set_subscription_status("ann", "year", "active").balance == 20


def test_a_cancellation_goes_along(fast: Credits, clock: Clock) -> None:
    subscribe(fast, "guest")
    fast.cancel_subscription("guest", "year")
    fast.merge_accounts("guest", "ann")
    assert fast.list_subscriptions("ann")[0].cancel_at_period_end
    fast.cancel_subscription("ann", "year", when="now")
    assert fast.available("ann") == 0
    clock.set(NOW + 39 * DAY)
    assert fast.grant_due().grants == 0


def test_a_trial_is_had_once(fast: Credits, clock: Clock) -> None:
    trial: dict[str, Any] = {"amount": 50, "trial_end": NOW + 14 * DAY}
    receipt = fast.start_trial("guest", "pro", **trial)
    fast.merge_accounts("guest", "ann")
    for account in ("guest", "ann"):
        with replayed(fast, receipt) as answers:
            answers.append(fast.start_trial(account, "pro", **trial))
        with refused(fast, TrialUsed, account_id=account, subscription="pro"):
            fast.start_trial(account, "pro", amount=51, trial_end=NOW + 14 * DAY)
    clock.set(NOW + 14 * DAY)
    fast.renew_subscription(
        "ann", "pro", 100, period_start=NOW + 14 * DAY, period_end=NOW + 44 * DAY
    )
    assert fast.available("ann") == 100
    assert fast.list_subscriptions("ann")[0].status == "active"


def test_a_change_is_known_under_either_id(fast: Credits) -> None:
    fast.renew_subscription("guest", "pro", 10, period_start=NOW, period_end=NOW + 30 * DAY)
    change: dict[str, Any] = {"payment": "up", "amount_paid": 90, "currency": "eur"}
    receipt = fast.change_subscription("guest", "pro", 100, idempotency_key="k", **change)
    assert receipt.amount == 90
    fast.merge_accounts("guest", "ann")
    for account, key in (("guest", "k"), ("guest", None), ("ann", None)):
        with replayed(fast, receipt) as answers:
            answers.append(
                fast.change_subscription(account, "pro", 100, idempotency_key=key, **change)
            )
    with refused(fast, IdempotencyConflict, payment="up"):
        fast.change_subscription("ann", "pro", 101, **change)
    assert fast.clawback_credits("guest", "up").amount == -90
    assert fast.verify() == []


def test_the_old_id_takes_no_orders(fast: Credits) -> None:
    subscribe(fast, "guest")
    told = fast.cancel_subscription("guest", "year", idempotency_key="k")
    fast.merge_accounts("guest", "ann")
    orders: list[Callable[[], Receipt]] = [
        lambda: fast.cancel_subscription("guest", "year"),
        lambda: fast.change_subscription("guest", "year", 11),
        lambda: fast.set_subscription_status("guest", "year", "past_due"),
        lambda: fast.start_trial("guest", "new", 5, trial_end=NOW + DAY),
    ]
    for order in orders:
        with refused(fast, AccountMerged, account_id="guest", merged_into="ann"):
            order()
    with replayed(fast, told) as answers:
        answers.append(fast.cancel_subscription("guest", "year", idempotency_key="k"))


def test_what_both_know_stays_as_it_is(fast: Credits, clock: Clock) -> None:
    """Two subscriptions under one id that is not a provider's: no credit of either is lost."""
    period: dict[str, Any] = {"period_start": NOW, "period_end": NOW + 40 * DAY}
    for account, amount in (("guest", 10), ("ann", 20)):
        fast.renew_subscription(account, "year", amount, **period)
    fast.change_subscription("guest", "year", 70)
    (before,) = fast.list_subscriptions("ann")
    fast.merge_accounts("guest", "ann")
    assert fast.list_subscriptions("ann") == [before]
    assert fast.available("ann") == 90
    # What the guest was granted on top does not count for the plan that ann pays for.
    assert fast.change_subscription("ann", "year", 50).amount == 30
    clock.set(NOW + 40 * DAY)
    later: dict[str, Any] = {"period_start": NOW + 40 * DAY, "period_end": NOW + 80 * DAY}
    assert fast.renew_subscription("ann", "year", 50, **later).balance == 50


@pytest.mark.parametrize("status", ["active", "past_due"])
def test_grants_to_come_are_not_lost_to_another_subscription(
    fast: Credits, clock: Clock, status: str
) -> None:
    subscribe(fast, "guest")
    fast.set_subscription_status("guest", "year", status)
    fast.renew_subscription("ann", "year", 20, period_start=NOW, period_end=NOW + 40 * DAY)
    with (
        unchanged(fast),
        refused(fast, InvalidState, account_id="guest", subscription="year", status=status),
    ):
        fast.merge_accounts("guest", "ann")
    # The other way round nothing is lost: what ann has goes on in the guest's name.
    fast.merge_accounts("ann", "guest")
    assert fast.available("guest") == 30
    clock.set(NOW + 39 * DAY)
    fast.set_subscription_status("guest", "year", "active")
    assert sum(entry.amount for entry in fast.entries("guest") if entry.kind == "grant") == 40


@pytest.mark.parametrize("when", ["now", "over"])
def test_nothing_is_to_come_of_what_has_ended(fast: Credits, clock: Clock, when: str) -> None:
    for account in ("guest", "ann"):
        subscribe(fast, account, period_end=NOW + 20 * DAY)
    if when == "now":
        fast.cancel_subscription("guest", "year", when="now")
    else:
        clock.set(NOW + 15 * DAY)
        fast.grant_due()
    fast.merge_accounts("guest", "ann")
    clock.set(NOW + 19 * DAY)
    fast.grant_due()
    assert fast.verify() == []
    assert sum(lot.origin == "schedule" for lot in fast.list_lots("ann", live_only=False)) == (
        1 if when == "now" else 2
    )


def test_it_goes_on_through_a_chain_of_merges(fast: Credits, clock: Clock) -> None:
    subscribe(fast, "guest", rollover_cap=None)
    fast.grant_credits("ann", 1, expires_at=NOW + DAY)
    fast.merge_accounts("guest", "ann")
    fast.merge_accounts("ann", "zoe")
    clock.set(NOW + 30 * DAY)
    fast.grant_due()
    assert fast.available("zoe") == 40
    assert fast.clawback_credits("guest", "in-guest").balance == 0
