"""add_purchased_credits grants a pack for one payment, whose id is p_reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import AccountClosed, BalanceLimit, IdempotencyConflict, InvalidArgument
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    NOW,
    illegal,
    illegal_amount,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")


def buy(credits: Credits, account: str = "u", amount: int = 100, **other: Any) -> Receipt:
    request: dict[str, Any] = {
        "p_account_id": account,
        "p_amount": amount,
        "p_reference": "pay_9",
        "p_amount_paid": 999,
        "p_currency": "eur",
        **other,
    }
    receipt: Receipt = credits.call("add_purchased_credits", **request)
    return receipt


def test_a_pack_is_a_lot_with_its_payment_and_cost(fast: Credits) -> None:
    receipt = buy(fast, p_metadata={"pack": "small"})
    assert (receipt.entry_id, receipt.kind, receipt.amount) == (1, "grant", 100)
    assert (receipt.allocations, receipt.balance) == ([[1, 100]], 100)
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.priority, lot.granted, lot.expires_at) == ("purchased", 30, 100, None)
    assert (lot.payment_id, lot.cost_amount, lot.cost_currency) == (1, 999, "eur")
    assert (lot.reference, lot.origin) == ("pay_9", "grant")
    assert fast.entries("u")[0].metadata == {"pack": "small"}


def test_a_pack_without_a_price_has_no_cost(fast: Credits) -> None:
    fast.add_purchased_credits("u", 100, reference="p")
    (lot,) = fast.list_lots("u")
    assert (lot.cost_amount, lot.cost_currency) == (None, None)


def test_a_pack_may_expire(fast: Credits) -> None:
    fast.add_purchased_credits("u", 100, reference="p", expires_at=NOW + DAY)
    assert fast.list_lots("u")[0].expires_at == NOW + DAY


def test_a_payment_grants_once_without_any_key(fast: Credits) -> None:
    first = buy(fast)
    with replayed(fast, first) as answers:
        answers.append(buy(fast))


def test_a_payment_grants_once_whatever_the_keys(fast: Credits) -> None:
    first = buy(fast, p_idempotency_key="k1")
    with replayed(fast, first) as answers:
        answers.append(buy(fast, p_idempotency_key="k2"))


def test_the_same_key_and_request_is_a_replay(fast: Credits) -> None:
    first = buy(fast, p_idempotency_key="k")
    with replayed(fast, first) as answers:
        answers.append(buy(fast, p_idempotency_key="k"))


@pytest.mark.parametrize(
    "other",
    [
        {"p_amount": 101},
        {"p_amount_paid": 998},
        {"p_currency": "usd"},
        {"p_amount_paid": None, "p_currency": None},
    ],
    ids=["amount", "amount_paid", "currency", "no_price"],
)
@pytest.mark.parametrize("key", [None, "k"], ids=["without_key", "with_the_same_key"])
def test_a_payment_with_other_figures_is_refused(
    fast: Credits, other: dict[str, Any], key: str | None
) -> None:
    buy(fast, p_idempotency_key=key)
    with refused(fast, IdempotencyConflict):
        buy(fast, p_idempotency_key=key, **other)


def test_a_payment_credits_one_account_only(fast: Credits) -> None:
    buy(fast, "u")
    with refused(fast, IdempotencyConflict, payment="pay_9", recorded=None):
        buy(fast, "v")
    assert fast.get_balance("v").status is None


def test_the_key_of_another_payment_is_refused(fast: Credits) -> None:
    buy(fast, p_idempotency_key="k")
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=1):
        buy(fast, p_idempotency_key="k", p_reference="pay_10")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_amount(),
        *illegal("p_expires_at", now=NOW, past=NOW - DAY),
        *illegal("p_amount_paid", negative=-1, above_2_53=LIMIT + 1),
        *illegal("p_currency", null=None, upper="EUR", empty="", long="euro"),
        *illegal("p_reference", null=None),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        buy(fast, alice, **{argument: value})


def test_a_currency_without_an_amount_is_refused(fast: Credits) -> None:
    with refused(fast, InvalidArgument, argument="p_currency"):
        buy(fast, p_amount_paid=None)


def test_an_account_holds_at_most_the_limit(fast: Credits) -> None:
    buy(fast, amount=LIMIT)
    with refused(fast, BalanceLimit, limit=LIMIT, balance=LIMIT + 1):
        buy(fast, amount=1, p_reference="pay_10")


def test_a_frozen_account_may_buy(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "frozen")
    assert buy(fast, alice).balance == 200


def test_a_closed_account_may_not_buy(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        buy(fast, alice)


def test_a_closed_account_still_answers_for_its_payment(fast: Credits) -> None:
    first = buy(fast)
    set_status(fast, "u", "closed")
    with replayed(fast, first) as answers:
        answers.append(buy(fast))


def test_a_purchase_books_what_has_expired_first(fast: Credits, alice: str) -> None:
    receipt = buy(fast, alice)
    assert (receipt.entry_id, receipt.command_id, receipt.balance) == (4, 4, 200)
    assert fast.booked(alice)[2:] == [("expire", -20), ("grant", 100)]
    assert fast.list_lots(alice)[-1].payment_id == 4
