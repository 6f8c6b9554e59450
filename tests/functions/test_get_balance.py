"""get_balance shows what can be spent at this instant, whether or not a sweep has run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from pgcredits.rpc import Balance
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    LIMIT,
    MICROSECOND,
    NOW,
    refused,
    set_status,
    unchanged,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

NO_CREDITS = {"subscription": 0, "promotional": 0, "purchased": 0}


def test_an_unknown_account_reads_as_zeros(fast: Credits) -> None:
    with unchanged(fast):
        assert fast.get_balance("nobody") == Balance(
            account_id="nobody",
            status=None,  # type: ignore[arg-type]
            merged_into=None,
            plan=None,
            balance=0,
            available=0,
            held=0,
            settled=0,
            debt=0,
            pools=NO_CREDITS,
            next_expires_at=None,
            next_expires_amount=None,
            as_of=NOW,
        )


def test_an_empty_account_reads_as_zeros_with_its_status(fast: Credits) -> None:
    fast.open_account("u")
    balance = fast.get_balance("u")
    assert (balance.status, balance.balance, balance.available) == ("active", 0, 0)
    assert balance.pools == NO_CREDITS


def test_credits_are_shown_by_pool(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 5)
    fast.add_purchased_credits("u", 100, reference="p")
    fast.deduct_credit("u", 3)
    balance = fast.get_balance("u")
    assert balance.pools == {"subscription": 0, "promotional": 12, "purchased": 100}
    assert (balance.balance, balance.available) == (112, 112)


def test_the_next_expiry_counts_what_is_left_and_ends_then(fast: Credits) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + 2 * DAY)
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.add_purchased_credits("u", 10, reference="p", expires_at=NOW + DAY)
    fast.deduct_credit("u", 4)
    balance = fast.get_balance("u")
    assert (balance.next_expires_at, balance.next_expires_amount) == (NOW + DAY, 16)


def test_a_used_up_lot_is_not_the_next_to_expire(fast: Credits) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 10, expires_at=NOW + 2 * DAY)
    fast.deduct_credit("u", 10)
    balance = fast.get_balance("u")
    assert (balance.next_expires_at, balance.next_expires_amount) == (NOW + 2 * DAY, 10)


def test_lots_that_never_expire_are_not_next(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    balance = fast.get_balance("u")
    assert (balance.next_expires_at, balance.next_expires_amount) == (None, None)


@pytest.mark.parametrize(
    ("pool", "other"),
    [("promotional", "purchased"), ("purchased", "promotional")],
    ids=["open_lot", "waiting_lot"],
)
def test_a_lot_counts_until_the_instant_of_its_expiry(
    fast: Credits, clock: Clock, pool: str, other: str
) -> None:
    fast.grant_credits("u", 10, pool=pool, expires_at=NOW + DAY)
    fast.grant_credits("u", 5, pool=other)
    clock.set(NOW + DAY - MICROSECOND)
    assert fast.balance("u") == 15
    clock.set(NOW + DAY)
    balance = fast.get_balance("u")
    assert (balance.balance, balance.available) == (5, 5)
    assert balance.pools == {**NO_CREDITS, other: 5}
    assert (balance.as_of, balance.next_expires_at) == (NOW + DAY, None)


def test_debt_makes_everything_unavailable(fast: Credits) -> None:
    fast.add_purchased_credits("u", 100, reference="p")
    fast.deduct_credit("u", 100)
    fast.grant_credits("u", 30)
    fast.clawback_credits("u", "p")
    balance = fast.get_balance("u")
    assert (balance.balance, balance.available, balance.debt) == (-70, 0, 100)
    assert balance.pools == {**NO_CREDITS, "promotional": 30}


def test_expired_promotional_credits_do_not_hide_debt(fast: Credits, clock: Clock) -> None:
    fast.add_purchased_credits("u", 100, reference="p")
    fast.deduct_credit("u", 100)
    fast.grant_credits("u", 30, expires_at=NOW + DAY)
    fast.clawback_credits("u", "p")
    clock.set(NOW + DAY)
    assert (fast.balance("u"), fast.debt("u")) == (-100, 100)


@pytest.mark.parametrize(("status", "left"), [("frozen", 100), ("closed", 0)])
def test_the_status_is_shown_beside_the_credits(
    fast: Credits, alice: str, status: str, left: int
) -> None:
    set_status(fast, alice, status)
    balance = fast.get_balance(alice)
    assert (balance.status, balance.balance) == (status, left)


def test_the_largest_balance_is_exact(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    assert fast.balance("u") == LIMIT
    assert fast.pools("u")["promotional"] == LIMIT


@pytest.mark.parametrize(("argument", "value"), ILLEGAL_ACCOUNT)
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("get_balance", **{argument: value})


def test_reading_writes_nothing(fast: Credits, alice: str) -> None:
    with unchanged(fast):
        assert fast.balance(alice) == 100
