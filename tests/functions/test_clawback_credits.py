"""clawback_credits sets how much of a payment ought to be back, up or down; the ledger follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    BalanceLimit,
    IdempotencyConflict,
    InvalidArgument,
    PaymentNotFound,
)
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    NOW,
    illegal,
    illegal_text,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def test_by_default_everything_is_taken_back(fast: Credits, alice: str) -> None:
    receipt = fast.clawback_credits(alice, "pay_1", reference="re_1", metadata={"why": "refund"})
    assert (receipt.kind, receipt.amount, receipt.allocations) == ("clawback", -100, [[2, -100]])
    assert (receipt.balance, receipt.available, receipt.debt) == (0, 0, 0)
    entry = fast.entries(alice)[-1]
    assert (entry.reference, entry.metadata) == ("re_1", {"why": "refund"})


def test_the_target_is_a_total_and_not_a_step(fast: Credits, alice: str) -> None:
    assert fast.clawback_credits(alice, "pay_1", target=30).amount == -30
    assert fast.clawback_credits(alice, "pay_1", target=70).amount == -40
    assert fast.clawback_credits(alice, "pay_1", target=70).amount == 0
    assert fast.balance(alice) == 30


def test_a_lower_target_gives_back(fast: Credits, alice: str) -> None:
    fast.clawback_credits(alice, "pay_1", target=70)
    receipt = fast.clawback_credits(alice, "pay_1", target=20)
    assert (receipt.amount, receipt.allocations, receipt.balance) == (50, [[2, 50]], 80)
    assert fast.booked(alice)[-1] == ("restore", 50)


@pytest.mark.parametrize(
    ("returned", "left"), [(0, 100), (9, 100), (10, 99), (333, 67), (999, 1), (1000, 0), (5000, 0)]
)
def test_returned_money_claws_its_share_rounded_down(
    fast: Credits, alice: str, returned: int, left: int
) -> None:
    assert fast.clawback_credits(alice, "pay_1", amount_returned=returned).balance == left


def test_what_was_spent_becomes_debt(fast: Credits, alice: str) -> None:
    fast.deduct_credit(alice, 60)
    receipt = fast.clawback_credits(alice, "pay_1")
    assert (receipt.amount, receipt.allocations) == (-100, [[2, -40], [0, -60]])
    assert (receipt.balance, receipt.available, receipt.debt) == (-60, 0, 60)


def test_other_lots_are_not_touched(fast: Credits, alice: str) -> None:
    fast.add_purchased_credits(alice, 50, reference="pay_2")
    fast.grant_credits(alice, 50)
    assert fast.clawback_credits(alice, "pay_1").balance == 100
    assert fast.remaining(alice) == [("promotional", 50), ("purchased", 50)]


def test_the_same_key_and_request_is_a_replay(fast: Credits, alice: str) -> None:
    first = fast.clawback_credits(alice, "pay_1", target=30, idempotency_key="k")
    fast.clawback_credits(alice, "pay_1", target=50)
    with replayed(fast, first) as answers:
        answers.append(fast.clawback_credits(alice, "pay_1", target=30, idempotency_key="k"))
    assert fast.balance(alice) == 50


def test_giving_back_is_replayed_too(fast: Credits, alice: str) -> None:
    fast.clawback_credits(alice, "pay_1")
    first = fast.clawback_credits(alice, "pay_1", target=0, idempotency_key="k")
    with replayed(fast, first) as answers:
        answers.append(fast.clawback_credits(alice, "pay_1", target=0, idempotency_key="k"))


def test_a_clawback_that_moves_nothing_has_an_entry_for_its_key(fast: Credits, alice: str) -> None:
    first = fast.clawback_credits(alice, "pay_1", target=0, idempotency_key="k")
    assert (first.kind, first.amount, first.allocations) == ("clawback", 0, [])
    with replayed(fast, first) as answers:
        answers.append(fast.clawback_credits(alice, "pay_1", target=0, idempotency_key="k"))


@pytest.mark.parametrize(
    "other",
    [
        {"p_target": 31},
        {"p_target": None},
        {"p_target": None, "p_amount_returned": 300},
        {"p_payment": "pay_2"},
        {"p_provider": "paddle"},
        {"p_reference": "r"},
    ],
    ids=["target", "everything", "money", "payment", "provider", "reference"],
)
def test_the_same_key_with_another_request_is_refused(
    fast: Credits, alice: str, other: dict[str, Any]
) -> None:
    first = fast.clawback_credits(alice, "pay_1", target=30, idempotency_key="k")
    request = {
        "p_account_id": alice,
        "p_payment": "pay_1",
        "p_target": 30,
        "p_idempotency_key": "k",
        **other,
    }
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=first.entry_id):
        fast.call("clawback_credits", **request)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_payment", required=True),
        *illegal("p_target", negative=-1, above_granted=101, bigint_max=2**63 - 1),
        *illegal("p_amount_returned", negative=-1, above_2_53=LIMIT + 1),
        *illegal_text("p_provider", longest=63),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    request = {"p_account_id": alice, "p_payment": "pay_1", argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("clawback_credits", **request)


def test_a_target_in_credits_and_in_money_is_refused(fast: Credits, alice: str) -> None:
    with refused(fast, InvalidArgument, argument="p_amount_returned"):
        fast.clawback_credits(alice, "pay_1", target=10, amount_returned=100)


def test_money_says_nothing_about_a_payment_without_a_price(fast: Credits) -> None:
    fast.add_purchased_credits("u", 100, reference="p")
    with refused(fast, InvalidArgument, argument="p_amount_returned"):
        fast.clawback_credits("u", "p", amount_returned=100)


@pytest.mark.parametrize(
    ("account", "payment", "provider"),
    [("alice", "pay_2", "manual"), ("alice", "pay_1", "stripe"), ("bob", "pay_1", "manual")],
    ids=["payment", "provider", "account"],
)
def test_an_unknown_payment_is_refused(
    fast: Credits, alice: str, account: str, payment: str, provider: str
) -> None:
    with refused(fast, PaymentNotFound, account_id=account, payment=payment, provider=provider):
        fast.clawback_credits(account, payment, provider=provider)


@pytest.mark.parametrize("status", ["frozen", "closed"])
def test_a_clawback_goes_on_whatever_the_status(fast: Credits, alice: str, status: str) -> None:
    set_status(fast, alice, status)
    assert fast.clawback_credits(alice, "pay_1").balance == 0


def test_a_clawback_books_what_has_expired_first(fast: Credits, alice: str) -> None:
    receipt = fast.clawback_credits(alice, "pay_1", target=10)
    assert (receipt.entry_id, receipt.command_id) == (4, 4)
    assert fast.booked(alice)[2:] == [("expire", -20), ("clawback", -10)]


def test_a_lot_lives_longer_by_the_time_its_credits_were_gone(fast: Credits, clock: Clock) -> None:
    fast.add_purchased_credits("u", 100, reference="p", expires_at=NOW + 10 * DAY)
    fast.clawback_credits("u", "p")
    clock.advance(4 * DAY)
    fast.clawback_credits("u", "p", target=0)
    (lot,) = fast.list_lots("u")
    assert (lot.remaining, lot.expires_at) == (100, NOW + 14 * DAY)


def test_a_lot_lives_longer_since_the_first_of_its_clawbacks(fast: Credits, clock: Clock) -> None:
    fast.add_purchased_credits("u", 100, reference="p", expires_at=NOW + 10 * DAY)
    fast.clawback_credits("u", "p", target=40)
    clock.advance(3 * DAY)
    fast.clawback_credits("u", "p")
    clock.advance(4 * DAY)
    fast.clawback_credits("u", "p", target=0)
    (lot,) = fast.list_lots("u")
    assert (lot.remaining, lot.expires_at) == (100, NOW + 17 * DAY)


def test_a_lot_that_returns_in_parts_gets_each_day_once(fast: Credits, clock: Clock) -> None:
    fast.add_purchased_credits("u", 100, reference="p", expires_at=NOW + 10 * DAY)
    fast.clawback_credits("u", "p")
    for days, target, end in ((4, 50, 14), (2, 0, 16)):
        clock.advance(days * DAY)
        fast.clawback_credits("u", "p", target=target)
        (lot,) = fast.list_lots("u")
        assert (lot.remaining, lot.expires_at) == (100 - target, NOW + end * DAY)


def test_an_account_owes_at_most_the_limit(fast: Credits) -> None:
    for payment in ("p1", "p2"):
        fast.add_purchased_credits("u", LIMIT, reference=payment)
        fast.deduct_credit("u", LIMIT)
    fast.clawback_credits("u", "p1")
    with refused(fast, BalanceLimit, limit=LIMIT, debt=LIMIT + 1):
        fast.clawback_credits("u", "p2", target=1)
