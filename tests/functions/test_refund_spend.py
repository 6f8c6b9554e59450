"""refund_spend gives credits back to the lots they came from, because the work failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    BalanceLimit,
    EntryNotFound,
    IdempotencyConflict,
    InsufficientCredits,
    InvalidArgument,
    RefundExceedsSpend,
)
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    MICROSECOND,
    NOW,
    REFUND_GRACE,
    illegal,
    illegal_amount,
    refused,
    replayed,
    set_setting,
    set_status,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def test_the_whole_spend_comes_back_by_default(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    spend = fast.deduct_credit("u", 4)
    receipt = fast.refund_spend("u", entry_id=spend.entry_id, reference="r", metadata={"a": 1})
    assert (receipt.kind, receipt.amount, receipt.allocations) == ("refund", 4, [[1, 4]])
    assert (receipt.entry_id, receipt.balance, receipt.available) == (3, 10, 10)
    entry = fast.entries("u")[-1]
    assert (entry.reference, entry.metadata) == ("r", {"a": 1})


def test_a_spend_can_be_named_by_its_key(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 4, idempotency_key="job-1")
    assert fast.refund_spend("u", spend_key="job-1").balance == 10


def test_credits_return_in_reverse_of_the_spend(fast: Credits) -> None:
    fast.add_purchased_credits("u", 5, reference="p")
    fast.grant_credits("u", 5)
    fast.add_subscription_credits("u", 5, NOW + 30 * DAY, reference="s")
    spend = fast.deduct_credit("u", 12)
    assert spend.allocations == [[3, -5], [2, -5], [1, -2]]
    parts = [fast.refund_spend("u", entry_id=4, amount=amount) for amount in (1, 4, 6, 1)]
    assert [part.allocations for part in parts] == [
        [[1, 1]],
        [[1, 1], [2, 3]],
        [[2, 2], [3, 4]],
        [[3, 1]],
    ]
    assert fast.remaining("u") == [("subscription", 5), ("promotional", 5), ("purchased", 5)]


def test_a_split_over_ten_lots_returns_in_reverse(fast: Credits) -> None:
    for _ in range(11):
        fast.grant_credits("u", 1)
    spend = fast.deduct_credit("u", 11)
    receipt = fast.refund_spend("u", entry_id=spend.entry_id, amount=3)
    assert receipt.allocations == [[11, 1], [10, 1], [9, 1]]


def test_partial_refunds_reach_exactly_the_spend(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    spend = fast.deduct_credit("u", 7)
    fast.refund_spend("u", entry_id=2, amount=3)
    with refused(
        fast, RefundExceedsSpend, entry_id=spend.entry_id, spent=7, refunded=3, refundable=4
    ):
        fast.refund_spend("u", entry_id=2, amount=5)
    fast.refund_spend("u", entry_id=2)
    with refused(fast, RefundExceedsSpend, spent=7, refunded=7, refundable=0):
        fast.refund_spend("u", entry_id=2)
    with refused(fast, RefundExceedsSpend, refundable=0):
        fast.refund_spend("u", entry_id=2, amount=1)
    assert fast.balance("u") == 10


def test_the_same_key_and_request_is_a_replay(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 7, idempotency_key="s")
    first = fast.refund_spend("u", spend_key="s", amount=3, idempotency_key="k")
    fast.refund_spend("u", spend_key="s")
    with replayed(fast, first) as answers:
        answers.append(fast.refund_spend("u", spend_key="s", amount=3, idempotency_key="k"))


@pytest.mark.parametrize(
    "other",
    [
        {"p_amount": 4},
        {"p_amount": None},
        {"p_spend_key": None, "p_entry_id": 2},
        {"p_if_expired": "lapse"},
        {"p_reference": "r"},
    ],
    ids=["amount", "the_rest", "other_name", "if_expired", "reference"],
)
def test_the_same_key_with_another_request_is_refused(fast: Credits, other: dict[str, Any]) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 7, idempotency_key="s")
    fast.refund_spend("u", spend_key="s", amount=3, idempotency_key="k")
    request = {
        "p_account_id": "u",
        "p_spend_key": "s",
        "p_amount": 3,
        "p_idempotency_key": "k",
        **other,
    }
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=3):
        fast.call("refund_spend", **request)


def test_the_key_of_the_spend_is_not_free_for_its_refund(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 7, idempotency_key="s")
    with refused(fast, IdempotencyConflict, idempotency_key="s", entry_id=2):
        fast.refund_spend("u", spend_key="s", idempotency_key="s")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_amount(optional=True),
        *illegal("p_if_expired", unknown="keep", empty=""),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    fast.deduct_credit(alice, 30)
    request = {"p_account_id": alice, "p_entry_id": 4, argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("refund_spend", **request)


@pytest.mark.parametrize("names", [{}, {"entry_id": 2, "spend_key": "s"}], ids=["none", "both"])
def test_a_spend_is_named_in_exactly_one_way(fast: Credits, names: dict[str, Any]) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 7, idempotency_key="s")
    with refused(fast, InvalidArgument, argument="p_entry_id"):
        fast.refund_spend("u", **names)


@pytest.mark.parametrize(
    "names",
    [
        {"entry_id": 9},
        {"entry_id": 0},
        {"entry_id": -1},
        {"entry_id": 1},
        {"entry_id": 3},
        {"spend_key": "g"},
        {"spend_key": "t"},
        {"spend_key": "x" * 300},
    ],
    ids=[
        "beyond",
        "zero",
        "negative",
        "grant",
        "refund",
        "key_of_grant",
        "unknown_key",
        "long_key",
    ],
)
def test_what_is_no_spend_of_the_account_is_not_found(fast: Credits, names: dict[str, Any]) -> None:
    fast.grant_credits("u", 10, idempotency_key="g")
    fast.deduct_credit("u", 7, idempotency_key="s")
    fast.refund_spend("u", entry_id=2, amount=1)
    with refused(fast, EntryNotFound, account_id="u", **names):
        fast.refund_spend("u", **names)


def test_the_spend_of_another_account_is_not_found(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 7, idempotency_key="s")
    for account in ("v", "nobody"):
        with refused(fast, EntryNotFound, account_id=account):
            fast.refund_spend(account, spend_key="s")
        fast.grant_credits("v", 10)


def test_a_frozen_account_gets_its_refund(fast: Credits, alice: str) -> None:
    spend = fast.deduct_credit(alice, 30)
    set_status(fast, alice, "frozen")
    assert fast.refund_spend(alice, entry_id=spend.entry_id).balance == 100


def test_a_closed_account_gets_none(fast: Credits, alice: str) -> None:
    spend = fast.deduct_credit(alice, 30)
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        fast.refund_spend(alice, entry_id=spend.entry_id)


def test_a_refund_stays_within_the_limit(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    spend = fast.deduct_credit("u", 5)
    fast.grant_credits("u", 5)
    with refused(fast, BalanceLimit, limit=LIMIT, balance=LIMIT + 5):
        fast.refund_spend("u", entry_id=spend.entry_id)


def test_a_refund_reopens_a_lot_that_was_used_up(fast: Credits) -> None:
    fast.grant_credits("u", 5)
    fast.grant_credits("u", 5)
    fast.deduct_credit("u", 5)
    fast.deduct_credit("u", 1)
    fast.refund_spend("u", entry_id=3, amount=2)
    assert fast.deduct_credit("u", 3).allocations == [[1, -2], [2, -1]]


def test_what_returns_to_a_used_up_lot_expires_with_it(fast: Credits, clock: Clock) -> None:
    """Nothing else was left to expire, so the refund has to remember the expiry of its lot."""
    fast.grant_credits("u", 4, pool="subscription", expires_at=NOW + 2 * DAY)
    fast.grant_credits("u", 5, expires_at=NOW + DAY)
    spend = fast.deduct_credit("u", 4)
    fast.deduct_credit("u", 1)
    clock.set(NOW + DAY)
    fast.expire_due()
    assert fast.refund_spend("u", entry_id=spend.entry_id).balance == 4
    clock.set(NOW + 2 * DAY)
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.deduct_credit("u", 1)


def test_grace_keeps_what_returns_to_an_expired_lot(fast: Credits, clock: Clock) -> None:
    fast.add_purchased_credits(
        "u", 10, reference="p", expires_at=NOW + DAY, amount_paid=1000, currency="eur"
    )
    spend = fast.deduct_credit("u", 4)
    clock.set(NOW + 3 * DAY)
    receipt = fast.refund_spend("u", entry_id=spend.entry_id)
    assert (receipt.kind, receipt.amount, receipt.balance) == ("refund", 4, 4)
    assert fast.booked("u")[2:] == [("expire", -6), ("refund", 4), ("restore", 0)]
    (lot,) = fast.list_lots("u")
    assert (lot.origin, lot.pool, lot.priority) == ("restoration", "purchased", 30)
    assert (lot.granted, lot.remaining) == (4, 4)
    assert lot.expires_at == NOW + DAY + REFUND_GRACE
    assert (lot.payment_id, lot.cost_amount, lot.cost_currency) == (1, 400, "eur")


def test_grace_is_given_once(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 4, expires_at=NOW + DAY)
    first = fast.deduct_credit("u", 4)
    clock.set(NOW + 2 * DAY)
    fast.refund_spend("u", entry_id=first.entry_id)
    second = fast.deduct_credit("u", 4)
    clock.set(NOW + DAY + REFUND_GRACE)
    receipt = fast.refund_spend("u", entry_id=second.entry_id)
    assert receipt.balance == 0
    assert fast.booked("u")[-2:] == [("refund", 4), ("expire", -4)]


@pytest.mark.parametrize(("late", "balance"), [(-MICROSECOND, 4), (0 * DAY, 0), (MICROSECOND, 0)])
def test_grace_ends_with_the_grace(fast: Credits, clock: Clock, late: Any, balance: int) -> None:
    fast.grant_credits("u", 4, expires_at=NOW + DAY)
    spend = fast.deduct_credit("u", 4)
    clock.set(NOW + DAY + REFUND_GRACE + late)
    assert fast.refund_spend("u", entry_id=spend.entry_id).balance == balance


def test_the_grace_is_a_setting(fast: Credits, clock: Clock) -> None:
    set_setting(fast, "refund_grace", "1 hour")
    fast.grant_credits("u", 4, expires_at=NOW + DAY)
    spend = fast.deduct_credit("u", 4)
    clock.set(NOW + 2 * DAY)
    assert fast.refund_spend("u", entry_id=spend.entry_id).balance == 0


def test_lapse_books_refund_and_breakage(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    spend = fast.deduct_credit("u", 10)
    clock.set(NOW + 2 * DAY)
    receipt = fast.refund_spend("u", entry_id=spend.entry_id, if_expired="lapse")
    assert (receipt.amount, receipt.balance) == (10, 0)
    assert fast.booked("u")[-2:] == [("refund", 10), ("expire", -10)]


def test_each_part_chooses_for_itself(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.deduct_credit("u", 10)
    fast.refund_spend("u", entry_id=2, amount=2, if_expired="lapse")
    clock.set(NOW + 2 * DAY)
    fast.refund_spend("u", entry_id=2, amount=3)
    fast.refund_spend("u", entry_id=2, amount=5, if_expired="lapse")
    assert fast.balance("u") == 3
    assert [amount for kind, amount in fast.booked("u") if kind == "expire"] == [-2, -5]
