"""grant_credits adds one lot of any pool; it opens an unknown account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    BalanceLimit,
    IdempotencyConflict,
    InDebt,
    InvalidArgument,
)
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    MICROSECOND,
    NOW,
    illegal,
    illegal_amount,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def test_a_grant_opens_the_account_and_adds_a_lot(fast: Credits) -> None:
    receipt = fast.grant_credits("u", 50, reference="welcome", metadata={"by": "signup"})
    assert (receipt.entry_id, receipt.kind, receipt.amount) == (1, "grant", 50)
    assert (receipt.allocations, receipt.balance, receipt.debt) == ([[1, 50]], 50, 0)
    (lot,) = fast.list_lots("u")
    assert (lot.lot_id, lot.pool, lot.priority, lot.granted) == (1, "promotional", 20, 50)
    assert (lot.remaining, lot.expires_at, lot.is_live, lot.origin) == (50, None, True, "grant")
    assert (lot.reference, lot.payment_id, lot.granted_at) == ("welcome", None, NOW)
    assert fast.entries("u")[0].metadata == {"by": "signup"}
    assert fast.get_balance("u").status == "active"


@pytest.mark.parametrize(
    ("pool", "priority"), [("subscription", 10), ("promotional", 20), ("purchased", 30)]
)
def test_a_lot_has_the_priority_of_its_pool(fast: Credits, pool: str, priority: int) -> None:
    fast.grant_credits("u", 1, pool=pool)
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.priority) == (pool, priority)


def test_a_grant_that_burns_earlier_becomes_the_open_lot(fast: Credits) -> None:
    fast.grant_credits("u", 10, pool="purchased")
    fast.deduct_credit("u", 1)
    fast.grant_credits("u", 10, pool="subscription", expires_at=NOW + DAY)
    assert fast.deduct_credit("u", 4).allocations == [[3, -4]]
    assert fast.remaining("u") == [("subscription", 6), ("purchased", 9)]


def test_a_grant_that_burns_later_waits(fast: Credits) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 10, expires_at=NOW + 2 * DAY)
    assert fast.deduct_credit("u", 4).allocations == [[1, -4]]


def test_the_same_key_and_request_is_a_replay(fast: Credits) -> None:
    first = fast.grant_credits("u", 50, reference="r", idempotency_key="k")
    with replayed(fast, first) as answers:
        answers.append(fast.grant_credits("u", 50, reference="r", idempotency_key="k"))


def test_an_expiry_computed_anew_is_the_same_request(fast: Credits, clock: Clock) -> None:
    first = fast.grant_credits("u", 50, expires_at=NOW + DAY, idempotency_key="k")
    clock.advance(3 * DAY)
    with replayed(fast, first) as answers:
        answers.append(fast.grant_credits("u", 50, expires_at=NOW + 2 * DAY, idempotency_key="k"))


def test_a_replay_shows_the_figures_of_then(fast: Credits) -> None:
    first = fast.grant_credits("u", 50, idempotency_key="k")
    fast.deduct_credit("u", 20)
    with replayed(fast, first) as answers:
        answers.append(fast.grant_credits("u", 50, idempotency_key="k"))
    assert fast.balance("u") == 30


@pytest.mark.parametrize(
    "other",
    [{"p_amount": 51}, {"p_pool": "purchased"}, {"p_reference": "s"}],
    ids=["amount", "pool", "reference"],
)
def test_the_same_key_with_another_request_is_refused(fast: Credits, other: dict[str, Any]) -> None:
    fast.grant_credits("u", 50, reference="r", idempotency_key="k")
    request = {
        "p_account_id": "u",
        "p_amount": 50,
        "p_reference": "r",
        "p_idempotency_key": "k",
        **other,
    }
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=1):
        fast.call("grant_credits", **request)


def test_without_a_key_every_call_grants(fast: Credits) -> None:
    fast.grant_credits("u", 5, reference="r")
    fast.grant_credits("u", 5, reference="r")
    assert fast.balance("u") == 10


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_amount(),
        *illegal("p_pool", unknown="gold", empty="", other_case="Purchased"),
        *illegal("p_expires_at", now=NOW, past=NOW - DAY, minus_infinity="-infinity"),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("grant_credits", **{"p_account_id": alice, "p_amount": 1, argument: value})


def test_a_refused_grant_does_not_open_the_account(fast: Credits) -> None:
    with refused(fast, InvalidArgument, argument="p_expires_at"):
        fast.grant_credits("u", 5, expires_at=NOW)
    assert fast.get_balance("u").status is None


def test_an_unknown_pool_is_answered_with_the_known_ones(fast: Credits) -> None:
    with refused(fast, InvalidArgument, allowed="one of subscription, promotional, purchased"):
        fast.grant_credits("u", 5, pool="gold")


def test_a_null_pool_is_the_default_one(fast: Credits) -> None:
    fast.call("grant_credits", p_account_id="u", p_amount=5, p_pool=None)
    assert fast.remaining("u") == [("promotional", 5)]


def test_a_lot_may_live_for_one_microsecond(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 5, expires_at=NOW + MICROSECOND)
    assert fast.available("u") == 5
    clock.set(NOW + MICROSECOND)
    assert fast.available("u") == 0


def test_an_expiry_of_infinity_is_never(fast: Credits) -> None:
    fast.call("grant_credits", p_account_id="u", p_amount=5, p_expires_at="infinity")
    (lot,) = fast.list_lots("u")
    assert lot.expires_at is None


def test_an_account_holds_at_most_the_limit(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT - 1)
    fast.grant_credits("u", 1)
    with refused(fast, BalanceLimit, limit=LIMIT, balance=LIMIT + 1, debt=0):
        fast.grant_credits("u", 1)
    fast.deduct_credit("u", 1)
    assert fast.grant_credits("u", 1).balance == LIMIT


def test_a_frozen_account_may_be_credited(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "frozen")
    assert fast.grant_credits(alice, 5).balance == 105


def test_a_closed_account_takes_no_credits(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        fast.grant_credits(alice, 5)


def test_a_closed_account_still_answers_a_replay(fast: Credits) -> None:
    first = fast.grant_credits("u", 5, idempotency_key="k")
    set_status(fast, "u", "closed")
    with replayed(fast, first) as answers:
        answers.append(fast.grant_credits("u", 5, idempotency_key="k"))


@pytest.mark.parametrize("pool", ["subscription", "purchased"])
def test_a_grant_of_a_paying_pool_settles_debt_first(fast: Credits, pool: str) -> None:
    fast.add_purchased_credits("u", 60, reference="p")
    fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p")
    receipt = fast.grant_credits("u", 100, pool=pool)
    assert (receipt.amount, receipt.balance, receipt.available, receipt.debt) == (100, 40, 40, 0)
    assert fast.booked("u")[-2:] == [("grant", 100), ("settle", 0)]
    assert fast.entries("u")[-1].allocations == [[4, -60], [0, 60]]
    assert fast.entries("u")[-1].command_id == receipt.command_id


def test_a_promotional_grant_never_pays_debt(fast: Credits) -> None:
    fast.add_purchased_credits("u", 60, reference="p")
    fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p")
    receipt = fast.grant_credits("u", 100)
    assert (receipt.balance, receipt.available, receipt.debt) == (40, 0, 60)
    assert fast.pools("u")["promotional"] == 100
    with refused(fast, InDebt, required=1, debt=60):
        fast.deduct_credit("u", 1)


def test_a_grant_books_what_has_expired_first(fast: Credits, alice: str) -> None:
    receipt = fast.grant_credits(alice, 5)
    assert (receipt.entry_id, receipt.command_id, receipt.balance) == (4, 4, 105)
    expired = fast.entries(alice)[2]
    assert (expired.kind, expired.amount, expired.command_id) == ("expire", -20, 3)
