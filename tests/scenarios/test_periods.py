"""Subscription periods: renewed early, late, twice, out of order, in several items."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import IdempotencyConflict
from tests.functions.support import DAY, HOUR, NOW, REFUND_GRACE, RENEWAL_GRACE, refused, unchanged

if TYPE_CHECKING:
    from datetime import timedelta

    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

MONTH = 30 * DAY


def renew(
    credits: Credits, period: int, amount: int = 100, cap: int | None = 0, **other: Any
) -> Receipt:
    return credits.renew_subscription(
        "u",
        other.pop("subscription", "pro"),
        amount,
        period_start=NOW + period * MONTH,
        period_end=NOW + (period + 1) * MONTH,
        rollover_cap=cap,
        **other,
    )


# Arrival before, at and after the end of the period.


@pytest.mark.parametrize("swept", [True, False], ids=["swept", "unswept"])
@pytest.mark.parametrize(
    ("late", "carried"),
    [
        (-DAY, 25),
        (0 * DAY, 25),
        (HOUR, 25),
        (RENEWAL_GRACE - HOUR, 25),
        (RENEWAL_GRACE, 0),
        (10 * DAY, 0),
    ],
    ids=["early", "in_time", "an_hour", "within_grace", "at_its_end", "after_it"],
)
def test_a_renewal_carries_over_until_the_grace_is_over(
    fast: Credits, clock: Clock, late: timedelta, carried: int, swept: bool
) -> None:
    renew(fast, 0)
    fast.deduct_credit("u", 30)
    clock.set(NOW + MONTH + late)
    if swept:
        fast.expire_due()
    assert renew(fast, 1, cap=25).balance == 100 + carried
    lots = fast.list_lots("u")
    assert {lot.expires_at for lot in lots} == {NOW + 2 * MONTH + RENEWAL_GRACE}
    lost = [entry.amount for entry in fast.entries("u") if entry.kind == "expire"]
    assert lost == [carried - 70]


def test_within_the_grace_the_old_credits_are_still_spendable(fast: Credits, clock: Clock) -> None:
    renew(fast, 0)
    clock.set(NOW + MONTH + HOUR)
    assert fast.deduct_credit("u", 40).balance == 60
    assert renew(fast, 1, cap=100).balance == 160


def test_breakage_of_a_renewal_is_dated_when_the_renewal_ended_the_period(
    fast: Credits, clock: Clock
) -> None:
    renew(fast, 0)
    renewed_at = clock.set(NOW + MONTH + HOUR)
    renew(fast, 1)
    expire = fast.entries("u")[-1]
    assert (expire.kind, expire.occurred_at) == ("expire", renewed_at)


# Caps.


def test_the_cap_counts_all_leftovers_together(fast: Credits, clock: Clock) -> None:
    renew(fast, 0)
    clock.set(NOW + MONTH)
    renew(fast, 1, cap=40)
    clock.set(NOW + 2 * MONTH)
    receipt = renew(fast, 2, cap=120)
    assert receipt.balance == 220
    rollovers = [lot for lot in fast.list_lots("u") if lot.origin == "rollover"]
    assert sum(lot.granted for lot in rollovers) == 120


def test_what_was_granted_last_carries_over_first(fast: Credits, clock: Clock) -> None:
    renew(fast, 0, item="seats")
    renew(fast, 0, 50, item="extra")
    clock.set(NOW + MONTH)
    renew(fast, 1, cap=60, item="seats")
    rollovers = [entry.allocations for entry in fast.entries("u") if entry.kind == "rollover"]
    assert rollovers == [[[2, -50], [4, 50]], [[1, -10], [5, 10]]]


def test_credits_may_carry_over_again_and_again(fast: Credits, clock: Clock) -> None:
    for period in range(4):
        clock.set(NOW + period * MONTH)
        assert renew(fast, period, 10, cap=None).balance == 10 * (period + 1)
    assert fast.deduct_credit("u", 40).balance == 0


def test_carried_over_credits_end_with_the_period_they_carried_into(
    fast: Credits, clock: Clock
) -> None:
    renew(fast, 0)
    clock.set(NOW + MONTH)
    renew(fast, 1, cap=40)
    clock.set(NOW + 2 * MONTH + RENEWAL_GRACE)
    assert fast.balance("u") == 0


# Order and repetition.


def test_an_older_period_only_grants_with_its_own_end(fast: Credits, clock: Clock) -> None:
    clock.set(NOW + MONTH - DAY)
    renew(fast, 1)
    renew(fast, 0, cap=100)
    older, newer = fast.list_lots("u")
    assert (older.remaining, older.expires_at) == (100, NOW + MONTH)
    assert (newer.remaining, newer.expires_at) == (100, NOW + 2 * MONTH + RENEWAL_GRACE)
    clock.set(NOW + MONTH)
    assert fast.balance("u") == 100


def test_an_older_period_that_is_over_is_granted_and_gone(fast: Credits, clock: Clock) -> None:
    clock.set(NOW + MONTH + HOUR)
    renew(fast, 1)
    receipt = renew(fast, 0, cap=100)
    assert (receipt.amount, receipt.balance) == (100, 100)
    expire = fast.entries("u")[-1]
    assert (expire.kind, expire.amount, expire.occurred_at) == ("expire", -100, NOW + MONTH)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)])
def test_late_periods_end_alike_in_any_order(
    fast: Credits, clock: Clock, order: tuple[int, ...]
) -> None:
    clock.set(NOW + 2 * MONTH + 5 * DAY)
    for period in order:
        renew(fast, period)
    assert fast.balance("u") == 100
    assert fast.get_balance("u").next_expires_at == NOW + 3 * MONTH + RENEWAL_GRACE


def test_each_period_is_granted_once_whoever_asks(fast: Credits) -> None:
    renew(fast, 0, idempotency_key="k1", reference="cron")
    for key in (None, "k1", "k2"):
        with unchanged(fast):
            assert renew(fast, 0, idempotency_key=key, reference="cron").is_replay


def test_a_period_is_paid_once(fast: Credits) -> None:
    """Another payment for it is no replay: its money would be forgotten."""
    paid: dict[str, Any] = {"amount_paid": 5, "currency": "eur"}
    first = renew(fast, 0, payment="in_1", **paid)
    with unchanged(fast):
        assert renew(fast, 0, payment="in_1", **paid).entry_id == first.entry_id
    with refused(fast, IdempotencyConflict, subscription="pro", payment="in_2"):
        renew(fast, 0, payment="in_2", **paid)


def test_two_items_of_one_period_both_grant(fast: Credits, clock: Clock) -> None:
    renew(fast, 0, item="seats")
    renew(fast, 0, 50, item="extra")
    assert fast.balance("u") == 150
    clock.set(NOW + MONTH)
    renew(fast, 1, cap=30, item="seats")
    assert fast.balance("u") == 130
    renew(fast, 1, 50, cap=30, item="extra")
    assert fast.balance("u") == 180
    with unchanged(fast):
        renew(fast, 1, item="seats")
        renew(fast, 1, 50, item="extra")


def test_an_item_has_one_amount_a_period(fast: Credits) -> None:
    renew(fast, 0, item="seats")
    with refused(fast, IdempotencyConflict, item="seats", recorded=100, asked=50):
        renew(fast, 0, 50, item="seats")


def test_leftovers_carry_over_once_a_period_whatever_the_items(fast: Credits, clock: Clock) -> None:
    """A refund between two items of the new period keeps its grace."""
    renew(fast, 0, item="seats")
    spend = fast.deduct_credit("u", 10)
    clock.set(NOW + MONTH + HOUR)
    renew(fast, 1, item="seats")
    fast.refund_spend("u", entry_id=spend.entry_id)
    assert fast.balance("u") == 110
    assert renew(fast, 1, 50, item="extra").balance == 160


def test_a_refund_into_a_period_that_was_renewed_has_grace_from_then_on(
    fast: Credits, clock: Clock
) -> None:
    renew(fast, 0)
    spend = fast.deduct_credit("u", 10)
    renewed_at = clock.set(NOW + MONTH + HOUR)
    renew(fast, 1)
    fast.refund_spend("u", entry_id=spend.entry_id)
    (restored,) = [lot for lot in fast.list_lots("u") if lot.origin == "restoration"]
    assert (restored.remaining, restored.expires_at) == (10, renewed_at + REFUND_GRACE)


def test_items_of_different_length_keep_their_own_periods(fast: Credits, clock: Clock) -> None:
    fast.renew_subscription(
        "u", "pro", 1200, period_start=NOW, period_end=NOW + 12 * MONTH, item="yearly"
    )
    renew(fast, 0, item="monthly")
    clock.set(NOW + MONTH)
    assert renew(fast, 1, item="monthly").balance == 1300
    assert fast.deduct_credit("u", 100).allocations == [[3, -100]]


def test_an_upgrade_within_a_period_ends_nothing(fast: Credits, clock: Clock) -> None:
    """Only periods that are over when the new one begins end with it."""
    renew(fast, 0)
    clock.set(NOW + 10 * DAY)
    receipt = fast.renew_subscription(
        "u", "pro", 500, period_start=NOW + 10 * DAY, period_end=NOW + 40 * DAY
    )
    assert receipt.balance == 600
    clock.set(NOW + MONTH + RENEWAL_GRACE)
    assert fast.balance("u") == 500


# Nothing else moves.


def test_a_renewal_touches_only_its_own_subscription(fast: Credits, clock: Clock) -> None:
    renew(fast, 0)
    renew(fast, 0, 7, subscription="team")
    fast.grant_credits("u", 5)
    fast.add_purchased_credits("u", 3, reference="p")
    clock.set(NOW + MONTH)
    renew(fast, 1)
    assert fast.pools("u") == {"subscription": 107, "promotional": 5, "purchased": 3}


def test_rollover_is_decided_by_the_renewal_and_not_by_the_account(
    fast: Credits, clock: Clock
) -> None:
    renew(fast, 0)
    renew(fast, 0, subscription="team")
    clock.set(NOW + MONTH)
    renew(fast, 1, cap=None)
    renew(fast, 1, cap=0, subscription="team")
    assert fast.balance("u") == 300


def test_a_renewal_settles_debt_with_leftovers_and_new_credits(fast: Credits, clock: Clock) -> None:
    fast.add_purchased_credits("u", 150, reference="p")
    fast.deduct_credit("u", 150)
    fast.clawback_credits("u", "p")
    clock.set(NOW + MONTH)
    receipt = renew(fast, 1)
    assert (receipt.balance, receipt.debt) == (-50, 50)
    clock.set(NOW + 2 * MONTH)
    receipt = renew(fast, 2)
    assert (receipt.balance, receipt.debt) == (50, 0)


def test_ending_a_subscription_leaves_nothing_to_carry_over(fast: Credits, clock: Clock) -> None:
    renew(fast, 0)
    clock.set(NOW + MONTH - DAY)
    fast.expire_subscription_credits("u", subscription="pro", reason="cancelled")
    assert fast.balance("u") == 0
    clock.set(NOW + MONTH)
    assert renew(fast, 1, cap=None).balance == 100


def test_leftovers_of_a_plain_grant_carry_over_too(fast: Credits, clock: Clock) -> None:
    fast.add_subscription_credits("u", 60, NOW + MONTH, subscription="pro", reference="s")
    clock.set(NOW + MONTH)
    assert renew(fast, 1, cap=None).balance == 160


MONTHS = {
    "29_january": ["2030-01-29", "2030-02-28", "2030-03-29", "2030-04-29"],
    "30_january": ["2030-01-30", "2030-02-28", "2030-03-30", "2030-04-30"],
    "31_january": ["2030-01-31", "2030-02-28", "2030-03-31", "2030-04-30"],
    "31_january_of_a_leap_year": ["2032-01-31", "2032-02-29", "2032-03-31", "2032-04-30"],
    "29_february": ["2032-02-29", "2032-03-29", "2033-02-28", "2033-03-29"],
    "days_of_dst": ["2030-03-31", "2030-04-30", "2030-10-27", "2030-11-27"],
}


@pytest.mark.parametrize("anchors", MONTHS.values(), ids=MONTHS)
def test_a_month_may_have_any_length(fast: Credits, clock: Clock, anchors: list[str]) -> None:
    """Periods are instants of the caller: nothing counts days or compares numbers of days."""
    instants = [datetime.fromisoformat(f"{day}T12:00:00+00:00") for day in anchors]
    for start, end in pairwise(instants):
        clock.set(start - DAY)
        assert fast.available("u") == (10 if start != instants[0] else 0)
        clock.set(start)
        receipt = fast.renew_subscription("u", "pro", 10, period_start=start, period_end=end)
        assert receipt.balance == 10
        clock.set(end)
        assert fast.get_balance("u").next_expires_at == end + RENEWAL_GRACE


def test_the_first_of_a_month_grants_nothing(fast: Credits, clock: Clock) -> None:
    """Subscribed on the 20th: the allowance is of the paid period, not of the calendar."""
    start, end = (datetime(2030, month, 20, tzinfo=UTC) for month in (1, 2))
    clock.set(start)
    fast.renew_subscription("u", "pro", 100, period_start=start, period_end=end)
    fast.deduct_credit("u", 60)
    for moment in (datetime(2030, 2, 1, tzinfo=UTC), end - DAY):
        clock.set(moment)
        fast.expire_due()
        assert fast.available("u") == 40
        again = fast.renew_subscription("u", "pro", 100, period_start=start, period_end=end)
        assert again.is_replay
    assert fast.booked("u") == [("grant", 100), ("spend", -60)]
