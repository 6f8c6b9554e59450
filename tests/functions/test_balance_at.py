"""balance_at tells what an account had at an instant, to the microsecond, from its entries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    MICROSECOND,
    NOW,
    illegal,
    refused,
    unchanged,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")
NOTHING = {"promotional": 0, "purchased": 0, "subscription": 0}


def at(credits: Credits, moment: datetime) -> tuple[int, int, int, int]:
    """Balance, available, held and debt of account u at an instant."""
    then = credits.balance_at("u", moment)
    assert then.settled == then.available + then.held
    assert sum(then.pools.values()) == then.balance + then.debt
    return then.balance, then.available, then.held, then.debt


def test_an_entry_counts_from_its_microsecond_on(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10)
    clock.set(NOW + HOUR)
    fast.deduct_credit("u", 4)
    assert at(fast, NOW - MICROSECOND) == (0, 0, 0, 0)
    assert at(fast, NOW) == (10, 10, 0, 0)
    assert at(fast, NOW + HOUR - MICROSECOND) == (10, 10, 0, 0)
    assert at(fast, NOW + HOUR) == (6, 6, 0, 0)


def test_the_newest_entry_that_counts_is_named(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 1)
    clock.set(NOW + HOUR)
    fast.deduct_credit("u", 1)
    before = fast.balance_at("u", NOW - MICROSECOND)
    assert (before.entry_id, before.pools, before.as_of) == (None, NOTHING, NOW - MICROSECOND)
    assert fast.balance_at("u", NOW).entry_id == 2
    assert fast.balance_at("u", NOW + HOUR).entry_id == 3


def test_an_unknown_account_reads_as_zeros(fast: Credits) -> None:
    then = fast.balance_at("nobody", NOW)
    assert (then.account_id, then.entry_id, then.balance, then.held, then.debt) == (
        "nobody",
        None,
        0,
        0,
        0,
    )
    assert then.pools == NOTHING


@pytest.mark.parametrize("is_swept", [False, True])
def test_credits_past_their_expiry_are_gone_booked_or_not(
    fast: Credits, clock: Clock, *, is_swept: bool
) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + HOUR)
    fast.grant_credits("u", 5, pool="purchased")
    clock.set(NOW + DAY)
    if is_swept:
        fast.expire_due()
    assert at(fast, NOW + HOUR - MICROSECOND) == (15, 15, 0, 0)
    assert at(fast, NOW + HOUR) == (5, 5, 0, 0)
    assert fast.balance_at("u", NOW + HOUR).pools == NOTHING | {"purchased": 5}


def test_a_hold_is_held_until_it_is_released(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10)
    fast.hold_credits("u", 6, expires_in=HOUR)
    clock.set(NOW + HOUR / 2)
    fast.capture_hold("u", 2, 2)
    assert at(fast, NOW) == (4, 4, 6, 0)
    assert at(fast, NOW + HOUR / 2) == (8, 8, 0, 0)


def test_a_hold_that_nobody_has_released_is_held_past_its_deadline(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 10)
    fast.hold_credits("u", 6, expires_in=HOUR)
    clock.set(NOW + DAY)
    assert at(fast, NOW + 2 * HOUR) == (4, 4, 6, 0)
    assert fast.get_balance("u").held == 6


def test_a_hold_that_was_released_late_counts_as_released_at_its_deadline(
    fast: Credits, clock: Clock
) -> None:
    """Where the history differs from what was read then, on purpose."""
    fast.grant_credits("u", 10)
    fast.hold_credits("u", 6, expires_in=HOUR)
    clock.set(NOW + 2 * HOUR)
    read = fast.get_balance("u")
    clock.set(NOW + DAY)
    fast.expire_due()
    assert (read.available, read.held) == (4, 6)
    assert at(fast, NOW + 2 * HOUR) == (10, 10, 0, 0)
    assert at(fast, NOW + HOUR) == (10, 10, 0, 0)
    assert at(fast, NOW + HOUR - MICROSECOND) == (4, 4, 6, 0)


def test_what_a_late_release_brings_about_counts_from_the_deadline_too(
    fast: Credits, clock: Clock
) -> None:
    fast.add_purchased_credits("u", 100, reference="p", amount_paid=1000, currency="eur")
    fast.hold_credits("u", 60, expires_in=HOUR)
    fast.clawback_credits("u", "p")
    assert at(fast, NOW) == (-60, 0, 60, 60)
    clock.set(NOW + DAY)
    fast.expire_due()
    assert at(fast, NOW + HOUR - MICROSECOND) == (-60, 0, 60, 60)
    assert at(fast, NOW + HOUR) == (0, 0, 0, 0)


def test_a_grant_that_is_over_when_it_is_booked_never_counts(fast: Credits, clock: Clock) -> None:
    """Its breakage is dated before the grant; the account is never below zero for it."""
    fast.grant_credits("u", 3)
    fast.renew_subscription("u", "pro", 50, period_start=NOW - 10 * DAY, period_end=NOW - 5 * DAY)
    clock.set(NOW + DAY)
    fast.renew_subscription("u", "pro", 40, period_start=NOW - 20 * DAY, period_end=NOW - 10 * DAY)
    assert [entry.kind for entry in fast.entries("u")].count("expire") == 2
    for moment in (NOW - 3 * DAY, NOW - MICROSECOND):
        assert at(fast, moment) == (0, 0, 0, 0)
    for moment in (NOW, NOW + HOUR, NOW + DAY):
        assert at(fast, moment) == (3, 3, 0, 0)


def test_a_lot_that_was_given_more_time_was_over_before(fast: Credits, clock: Clock) -> None:
    fast.add_purchased_credits(
        "u", 100, reference="p", amount_paid=1000, currency="eur", expires_at=NOW + 10 * DAY
    )
    clock.set(NOW + 5 * DAY)
    fast.clawback_credits("u", "p", target=40)
    clock.set(NOW + 12 * DAY)
    fast.clawback_credits("u", "p", target=0)
    assert at(fast, NOW + 5 * DAY) == (60, 60, 0, 0)
    assert at(fast, NOW + 10 * DAY) == (0, 0, 0, 0)
    assert at(fast, NOW + 12 * DAY - MICROSECOND) == (0, 0, 0, 0)
    assert at(fast, NOW + 12 * DAY) == (40, 40, 0, 0)


def test_a_lot_that_was_ended_was_live_before(fast: Credits, clock: Clock) -> None:
    fast.add_subscription_credits("u", 30, NOW + 30 * DAY, subscription="pro", reference="june")
    clock.set(NOW + DAY)
    fast.expire_subscription_credits("u")
    assert at(fast, NOW + DAY - MICROSECOND) == (30, 30, 0, 0)
    assert at(fast, NOW + DAY) == (0, 0, 0, 0)


def test_after_a_clock_that_ran_backwards_an_entry_counts_from_its_date(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 10)
    clock.set(NOW - HOUR)
    fast.deduct_credit("u", 4)
    assert at(fast, NOW - HOUR) == (0, 0, 0, 0)
    clock.set(NOW)
    assert at(fast, NOW) == (6, 6, 0, 0)


def test_many_entries_at_one_instant_count_together(fast: Credits, clock: Clock) -> None:
    for number in range(1, 40):
        fast.grant_credits("u", number)
        fast.deduct_credit("u", 1)
    clock.set(NOW + HOUR)
    fast.deduct_credit("u", 1)
    assert fast.balance_at("u", NOW).entry_id == 78
    assert at(fast, NOW)[0] == 741


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal(
            "p_at",
            null=None,
            ancient=datetime(1969, 12, 31, tzinfo=UTC),
            endless="infinity",
            future=NOW + MICROSECOND,
        ),
    ],
)
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    fast.grant_credits("u", 1)
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("balance_at", **{"p_account_id": "u", "p_at": NOW, argument: value})


def test_reading_writes_nothing(fast: Credits, alice: str) -> None:
    with unchanged(fast):
        assert fast.balance_at(alice, NOW).balance == 100
