"""list_expiring finds what expires soon, across accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from tests.functions.support import (
    DAY,
    HOUR,
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


def soon(credits: Credits, within: timedelta = 7 * DAY, **page: Any) -> list[tuple[Any, ...]]:
    """Account, time from now, credits and lots of each row."""
    return [
        (row.account_id, row.expires_at - NOW, row.credits, row.lots)
        for row in credits.list_expiring(within, **page)
    ]


def test_soonest_first_then_by_account(fast: Credits) -> None:
    fast.grant_credits("b", 1, expires_at=NOW + 2 * DAY)
    fast.grant_credits("a", 2, expires_at=NOW + 2 * DAY)
    fast.grant_credits("c", 3, expires_at=NOW + DAY)
    fast.grant_credits("d", 4)
    assert soon(fast) == [
        ("c", DAY, 3, 1),
        ("a", 2 * DAY, 2, 1),
        ("b", 2 * DAY, 1, 1),
    ]


def test_lots_of_one_account_that_expire_together_are_one_row(fast: Credits) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 20, pool="purchased", expires_at=NOW + DAY)
    fast.grant_credits("u", 30, pool="purchased", expires_at=NOW + DAY)
    fast.grant_credits("u", 40, pool="purchased", expires_at=NOW + DAY + MICROSECOND)
    fast.deduct_credit("u", 4)
    (row, other) = fast.list_expiring(7 * DAY)
    assert (row.account_id, row.status, row.expires_at) == ("u", "active", NOW + DAY)
    assert (row.credits, row.lots) == (56, 3)
    assert row.pools == {"promotional": 6, "purchased": 50}
    assert (other.credits, other.pools) == (40, {"purchased": 40})


def test_the_time_ends_with_the_last_instant_that_is_within(fast: Credits) -> None:
    fast.grant_credits("u", 1, expires_at=NOW + DAY)
    fast.grant_credits("u", 2, expires_at=NOW + DAY + MICROSECOND)
    assert soon(fast, DAY - MICROSECOND) == []
    assert soon(fast, DAY) == [("u", DAY, 1, 1)]
    assert len(soon(fast, DAY + MICROSECOND)) == 2


def test_only_what_is_left_counts(fast: Credits) -> None:
    """Removed and granted again: once. Drained in the open lot: nothing."""
    fast.grant_credits("u", 50, expires_at=NOW + DAY)
    fast.adjust_balance("u", "mistake", "ann", target=0)
    fast.grant_credits("u", 50, expires_at=NOW + DAY)
    assert soon(fast) == [("u", DAY, 50, 1)]
    for left in (30, 0):
        fast.deduct_credit("u", fast.available("u") - left)
        assert soon(fast) == ([("u", DAY, left, 1)] if left else [])


def test_credits_in_a_hold_are_not_in_it(fast: Credits) -> None:
    fast.grant_credits("u", 50, expires_at=NOW + DAY)
    fast.hold_credits("u", 20)
    assert soon(fast) == [("u", DAY, 30, 1)]


def test_what_has_expired_is_not_in_it_booked_or_not(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 50, expires_at=NOW + DAY)
    clock.set(NOW + DAY - MICROSECOND)
    assert len(fast.list_expiring(DAY)) == 1
    clock.set(NOW + DAY)
    assert fast.list_expiring(DAY) == []
    fast.expire_due()
    assert fast.list_expiring(DAY) == []


def test_status_and_debt_do_not_hide_a_lot(fast: Credits) -> None:
    fast.grant_credits("u", 5, expires_at=NOW + DAY)
    fast.freeze_account("u", "look")
    assert fast.list_expiring(DAY)[0].status == "frozen"
    fast.add_purchased_credits("v", 50, reference="p", amount_paid=1, currency="eur")
    fast.deduct_credit("v", 50)
    fast.clawback_credits("v", "p")
    fast.grant_credits("v", 7, expires_at=NOW + DAY)
    assert soon(fast) == [("u", DAY, 5, 1), ("v", DAY, 7, 1)]


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_a_cursor_reaches_every_row_once(fast: Credits, limit: int) -> None:
    for number in range(9):
        fast.grant_credits(f"account {number % 4}", 1, expires_at=NOW + (1 + number % 3) * DAY)
    everything = fast.list_expiring(7 * DAY)
    assert len(everything) == 9
    found = []
    page = fast.list_expiring(7 * DAY, limit=limit)
    while page:
        assert len(page) <= limit
        found += page
        page = fast.list_expiring(
            7 * DAY,
            limit=limit,
            after_expires_at=page[-1].expires_at,
            after_account_id=page[-1].account_id,
        )
    assert found == everything


def test_a_page_has_100_rows_by_default(fast: Credits) -> None:
    for number in range(101):
        fast.grant_credits("u", 1, expires_at=NOW + DAY + number * MICROSECOND)
    assert len(fast.list_expiring(7 * DAY)) == 100
    assert len(fast.call("list_expiring", p_within=7 * DAY, p_limit=None)) == 100
    assert len(fast.list_expiring(7 * DAY, limit=1000)) == 101


def test_a_day_has_24_hours_wherever_the_session_is(fast: Credits) -> None:
    """Clocks go forward in Berlin on 2030-03-31: a local day of 23 hours."""
    fast.conn.execute("delete from testing.clock")
    fast.conn.execute("insert into testing.clock values ('2030-03-30 12:00:00+00')")
    fast.grant_credits("u", 1, expires_at=NOW.replace(month=3, day=31))
    for zone in ("UTC", "Europe/Berlin"):
        fast.conn.execute(f"set local time zone '{zone}'")
        assert len(fast.list_expiring(DAY)) == 1
        assert fast.list_expiring(DAY - HOUR) == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal(
            "p_within",
            null=None,
            zero=timedelta(),
            negative=-DAY,
            endless=timedelta(days=36526),
        ),
        *illegal("p_limit", zero=0, too_many=1001),
        *illegal("p_after_expires_at", ancient="1969-12-31T23:59:59Z", endless="infinity"),
        *illegal("p_after_account_id", alone="u"),
    ],
)
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("list_expiring", **{"p_within": DAY, argument: value})


@pytest.mark.parametrize("account", [None, "", "x" * 256])
def test_half_a_cursor_is_refused(fast: Credits, account: str | None) -> None:
    with refused(fast, InvalidArgument, argument="p_after_account_id"):
        fast.call(
            "list_expiring",
            p_within=DAY,
            p_after_expires_at=NOW,
            p_after_account_id=account,
        )


def test_reading_writes_nothing(fast: Credits, alice: str) -> None:
    fast.grant_credits(alice, 1, expires_at=NOW + DAY)
    with unchanged(fast):
        assert len(fast.list_expiring(DAY)) == 1
