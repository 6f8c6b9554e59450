"""Expiry is a predicate: what is past it cannot be spent or seen, whether or not it is booked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import CreditsError, InsufficientCredits
from tests.functions.support import (
    DAY,
    HOUR,
    LIMIT,
    MICROSECOND,
    NOW,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def state(credits: Credits) -> tuple[Any, ...]:
    """What the account looks like from outside; findings last."""
    balance = credits.get_balance("u")
    return (
        balance,
        credits.remaining("u"),
        [entry for entry in credits.booked("u") if entry[0] != "expire"],
        credits.verify("u"),
    )


COMMANDS: dict[str, Callable[[Credits], Receipt]] = {
    "spend": lambda c: c.deduct_credit("u", 15),
    "spend_too_much": lambda c: c.deduct_credit("u", 500),
    "grant": lambda c: c.grant_credits("u", 5),
    "buy": lambda c: c.add_purchased_credits("u", 5, reference="new"),
    "subscribe": lambda c: c.add_subscription_credits("u", 5, NOW + 90 * DAY, reference="new"),
    "renew": lambda c: c.renew_subscription(
        "u",
        "pro",
        40,
        period_start=NOW + 30 * DAY,
        period_end=NOW + 60 * DAY,
        rollover_cap=12,
    ),
    "end": lambda c: c.expire_subscription_credits("u"),
    "refund": lambda c: c.refund_spend("u", spend_key="job"),
    "refund_lapse": lambda c: c.refund_spend("u", spend_key="job", if_expired="lapse"),
    "refund_part": lambda c: c.refund_spend("u", spend_key="job", amount=7),
    "claw": lambda c: c.clawback_credits("u", "pay"),
    "claw_part": lambda c: c.clawback_credits("u", "pay", target=11),
    "open": lambda c: c.open_account("u"),
}


def play(credits: Credits, clock: Clock, command: str, days: int, *, swept: bool) -> list[Any]:
    """Run a command ``days`` after a busy day, with or without a sweep; what it answers and leaves.

    Everything is rolled back.
    """
    with credits.conn.transaction(force_rollback=True):
        credits.renew_subscription("u", "pro", 40, period_start=NOW, period_end=NOW + 30 * DAY)
        credits.grant_credits("u", 20, expires_at=NOW + 2 * DAY)
        credits.add_purchased_credits("u", 50, reference="pay", expires_at=NOW + 34 * DAY)
        credits.deduct_credit("u", 70, idempotency_key="job")
        credits.add_subscription_credits("u", 30, NOW + 28 * DAY, reference="s")
        clock.set(NOW + days * DAY)
        if swept:
            credits.expire_due()
        try:
            receipt = COMMANDS[command](credits)
        except CreditsError as refusal:
            answer: Any = (refusal.code, refusal.values)
        else:
            answer = (receipt.kind, receipt.amount, receipt.balance, receipt.debt)
        soon = state(credits)
        clock.advance(100 * DAY)
        return [answer, soon, state(credits)]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("days", [1, 2, 30, 33, 34, 45])
def test_a_sweep_changes_nothing_but_the_booking(
    fast: Credits, clock: Clock, command: str, days: int
) -> None:
    unswept = play(fast, clock, command, days, swept=False)
    assert play(fast, clock, command, days, swept=True) == unswept
    assert unswept[1][-1] == unswept[2][-1] == []


def test_expired_yesterday_and_never_swept_is_gone(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    clock.set(NOW + 2 * DAY)
    assert fast.available("u") == 0
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.deduct_credit("u")


@pytest.mark.parametrize("offset", [-HOUR, -MICROSECOND, 0 * DAY, MICROSECOND, DAY])
def test_what_is_shown_is_what_can_be_spent_at_every_instant(
    fast: Credits, clock: Clock, offset: Any
) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 20, pool="purchased", expires_at=NOW + DAY + HOUR)
    clock.set(NOW + DAY + offset)
    shown = fast.available("u")
    with refused(fast, InsufficientCredits, required=shown + 1, available=shown):
        fast.deduct_credit("u", shown + 1)
    if shown:
        assert fast.deduct_credit("u", shown).balance == 0


@pytest.mark.parametrize("lots", [1, 2, 3])
def test_the_instant_of_expiry_on_the_fast_and_the_slow_path(
    fast: Credits, clock: Clock, lots: int
) -> None:
    for _ in range(lots):
        fast.grant_credits("u", 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY - MICROSECOND)
    assert fast.deduct_credit("u", 10 * lots - 1).balance == 1
    clock.set(NOW + DAY)
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.deduct_credit("u", 1)


def test_renewal_grace_is_part_of_the_lot_and_visible(fast: Credits, clock: Clock) -> None:
    fast.add_subscription_credits("u", 10, NOW + 30 * DAY, reference="s")
    clock.set(NOW + 32 * DAY)
    balance = fast.get_balance("u")
    assert (balance.available, balance.next_expires_at) == (10, NOW + 33 * DAY)
    clock.set(NOW + 33 * DAY)
    assert fast.available("u") == 0


def test_within_a_pool_the_soonest_expiry_burns_first(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 10, expires_at=NOW + 30 * DAY)
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    assert fast.deduct_credit("u", 25).allocations == [[3, -10], [2, -10], [1, -5]]


def test_the_pool_outranks_the_expiry(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p", expires_at=NOW + DAY)
    fast.grant_credits("u", 10, expires_at=NOW + 2 * DAY)
    fast.add_subscription_credits("u", 10, NOW + 30 * DAY, reference="s")
    assert fast.deduct_credit("u", 25).allocations == [[3, -10], [2, -10], [1, -5]]


def test_pools_of_one_priority_burn_by_expiry_alone(fast: Credits) -> None:
    fast.conn.execute("update credits_private.pools set priority = 1 where true")
    fast.add_purchased_credits("u", 10, reference="p", expires_at=NOW + DAY)
    fast.grant_credits("u", 10, expires_at=NOW + 2 * DAY)
    assert fast.deduct_credit("u", 15).allocations == [[1, -10], [2, -5]]


def test_a_pool_that_is_changed_moves_no_lot(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.add_purchased_credits("u", 10, reference="p", expires_at=NOW + DAY)
    before = fast.list_lots("u")
    fast.conn.execute("update credits_private.pools set priority = 40 - priority where true")
    assert fast.list_lots("u") == before
    assert fast.deduct_credit("u", 15).allocations == [[1, -10], [2, -5]]
    fast.grant_credits("u", 10)
    assert [lot.priority for lot in fast.list_lots("u")] == [20, 30]


def test_250_equal_lots_burn_once_each_in_the_order_of_their_numbers(fast: Credits) -> None:
    fast.record_payment(
        "u", "p1", 0, currency="eur", grants=[{"amount": 2, "expires_at": NOW + DAY}] * 100
    )
    fast.record_payment(
        "u", "p2", 0, currency="eur", grants=[{"amount": 2, "expires_at": NOW + DAY}] * 100
    )
    fast.record_payment(
        "u", "p3", 0, currency="eur", grants=[{"amount": 2, "expires_at": NOW + DAY}] * 50
    )
    assert [lot.lot_id for lot in fast.list_lots("u", limit=250)] == list(range(1, 251))
    pages = [fast.list_lots("u", limit=100, after=after) for after in (None, 100, 200, 250)]
    assert [len(page) for page in pages] == [100, 100, 50, 0]
    assert [lot.lot_id for page in pages for lot in page] == list(range(1, 251))
    assert fast.deduct_credit("u", 499).allocations == [
        *([lot, -2] for lot in range(1, 250)),
        [250, -1],
    ]


def test_what_expires_soon_counts_only_what_is_left(fast: Credits) -> None:
    fast.add_purchased_credits("u", 100, reference="p", expires_at=NOW + DAY)
    fast.clawback_credits("u", "p")
    fast.add_purchased_credits("u", 30, reference="q", expires_at=NOW + DAY)
    balance = fast.get_balance("u")
    assert (balance.next_expires_amount, balance.available) == (30, 30)


def test_a_spend_cannot_use_what_was_granted_later_or_had_ended_before(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY)
    with refused(fast, InsufficientCredits, available=0):
        fast.deduct_credit("u", 5)
    fast.grant_credits("u", 5)
    assert fast.deduct_credit("u", 5).balance == 0


def test_time_is_read_in_each_call_and_not_once_a_transaction(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.deduct_credit("u", 1)
    clock.set(NOW + DAY)
    with refused(fast, InsufficientCredits, available=0):
        fast.deduct_credit("u", 1)


def test_breakage_belongs_to_the_day_of_the_expiry(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 10, expires_at=NOW + 2 * DAY)
    fast.grant_credits("u", 10)
    late = clock.set(NOW + 40 * DAY)
    fast.deduct_credit("u", 1)
    expiries = [entry for entry in fast.entries("u") if entry.kind == "expire"]
    assert [entry.occurred_at for entry in expiries] == [NOW + DAY, NOW + 2 * DAY]
    assert [entry.created_at for entry in expiries] == [late, late]


def test_expiry_takes_from_the_lot_that_expired_and_from_no_other(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 8)
    clock.set(NOW + DAY)
    fast.expire_due()
    assert fast.entries("u")[-1].allocations == [[1, -2]]
    assert fast.balance("u") == 10


def test_totals_by_kind_reconcile_exactly(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.add_purchased_credits("u", 20, reference="p")
    spend = fast.deduct_credit("u", 17)
    fast.refund_spend("u", entry_id=spend.entry_id, amount=9)
    clock.set(NOW + DAY)
    fast.expire_due()
    fast.clawback_credits("u", "p", target=5)
    assert sum(amount for _, amount in fast.booked("u")) == fast.balance("u") == 15
    assert fast.booked("u")[-2:] == [("expire", -2), ("clawback", -5)]


# A clock that jumps.


def test_after_a_jump_forward_and_back_grants_are_not_born_expired(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 10)
    clock.set(NOW + 365 * DAY)
    fast.deduct_credit("u", 1)
    clock.set(NOW)
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    assert fast.available("u") == 19
    assert fast.deduct_credit("u", 19).balance == 0


def test_what_was_booked_as_expired_does_not_come_back_with_the_clock(
    fast: Credits, clock: Clock
) -> None:
    for _ in range(2):
        fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 10)
    clock.set(NOW + 2 * DAY)
    fast.deduct_credit("u", 1)
    clock.set(NOW)
    assert fast.available("u") == 9
    with refused(fast, InsufficientCredits, required=10, available=9):
        fast.deduct_credit("u", 10)


def test_numbers_and_dates_keep_their_order_while_the_clock_jumps(
    fast: Credits, clock: Clock
) -> None:
    for hours in (0, 5, -3, 2, 9, -20):
        clock.set(NOW + hours * HOUR)
        fast.grant_credits("u", 1)
    entries = fast.entries("u")
    assert [entry.entry_id for entry in entries] == [1, 2, 3, 4, 5, 6]
    created = [(entry.created_at - NOW) / HOUR for entry in entries]
    assert created == [0, 5, 5, 5, 9, 9]


# Limits.


def test_debt_and_credits_stay_within_the_limit(fast: Credits) -> None:
    fast.add_purchased_credits("u", LIMIT, reference="p")
    fast.deduct_credit("u", LIMIT)
    fast.clawback_credits("u", "p")
    assert (fast.balance("u"), fast.debt("u")) == (-LIMIT, LIMIT)
    fast.grant_credits("u", LIMIT)
    assert (fast.balance("u"), fast.available("u")) == (0, 0)
    assert fast.clawback_credits("u", "p", target=0).balance == LIMIT
