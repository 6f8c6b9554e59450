"""add_subscription_credits grants a period's credits, which outlive it by the renewal grace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import AccountClosed, BalanceLimit, IdempotencyConflict, InvalidArgument
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    MICROSECOND,
    NOW,
    RENEWAL_GRACE,
    illegal,
    illegal_amount,
    illegal_text,
    refused,
    replayed,
    set_setting,
    set_status,
)

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

END = NOW + 30 * DAY


def add(credits: Credits, account: str = "u", amount: int = 100, **other: Any) -> Receipt:
    request: dict[str, Any] = {
        "p_account_id": account,
        "p_amount": amount,
        "p_period_end": END,
        "p_reference": "period-1",
        **other,
    }
    receipt: Receipt = credits.call("add_subscription_credits", **request)
    return receipt


def test_the_lot_ends_a_grace_after_its_period(fast: Credits) -> None:
    receipt = add(fast, p_subscription="pro")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("grant", 100, 100)
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.priority, lot.subscription) == ("subscription", 10, "pro")
    assert (lot.period_start, lot.period_end) == (None, END)
    assert lot.expires_at == END + RENEWAL_GRACE


def test_the_grace_is_a_setting(fast: Credits) -> None:
    set_setting(fast, "renewal_grace", "0 days")
    add(fast)
    assert fast.list_lots("u")[0].expires_at == END


def test_a_subscription_needs_no_name(fast: Credits) -> None:
    add(fast)
    add(fast, p_subscription=None, p_reference="period-2")
    assert [lot.subscription for lot in fast.list_lots("u")] == ["default", "default"]


def test_the_reference_grants_once(fast: Credits) -> None:
    first = add(fast)
    with replayed(fast, first) as answers:
        answers.append(add(fast))


def test_a_key_wins_over_the_reference(fast: Credits) -> None:
    add(fast, p_idempotency_key="k1")
    assert not add(fast, p_idempotency_key="k2").is_replay
    assert fast.balance("u") == 200


def test_the_same_key_and_request_is_a_replay(fast: Credits) -> None:
    first = add(fast, p_idempotency_key="k")
    with replayed(fast, first) as answers:
        answers.append(add(fast, p_idempotency_key="k"))


@pytest.mark.parametrize("key", [None, "k"], ids=["by_reference", "by_key"])
@pytest.mark.parametrize(
    "other", [{"p_amount": 101}, {"p_subscription": "pro"}], ids=["amount", "subscription"]
)
def test_another_request_under_the_same_name_is_refused(
    fast: Credits, other: dict[str, Any], key: str | None
) -> None:
    add(fast, p_idempotency_key=key)
    recorded_key = key or "ref:subscription:period-1"
    with refused(fast, IdempotencyConflict, idempotency_key=recorded_key, entry_id=1):
        add(fast, p_idempotency_key=key, **other)


def test_a_key_or_a_reference_is_required(fast: Credits) -> None:
    with refused(fast, InvalidArgument, argument="p_idempotency_key"):
        add(fast, p_reference=None)
    assert add(fast, p_reference=None, p_idempotency_key="k").balance == 100


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_amount(),
        *illegal(
            "p_period_end",
            null=None,
            infinity="infinity",
            minus_infinity="-infinity",
            long_past=NOW - RENEWAL_GRACE,
        ),
        *illegal_text("p_subscription", longest=127),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        add(fast, alice, **{argument: value})


def test_a_period_that_ended_within_the_grace_is_granted(fast: Credits, clock: Clock) -> None:
    add(fast, p_period_end=NOW - RENEWAL_GRACE + MICROSECOND)
    assert fast.available("u") == 100
    clock.set(NOW + MICROSECOND)
    assert fast.available("u") == 0


def test_an_account_holds_at_most_the_limit(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    with refused(fast, BalanceLimit, limit=LIMIT):
        add(fast, amount=1)


def test_it_touches_no_other_lot(fast: Credits) -> None:
    add(fast)
    add(fast, p_reference="period-2", p_period_end=END + 30 * DAY)
    assert [lot.remaining for lot in fast.list_lots("u")] == [100, 100]


def test_a_frozen_account_may_be_credited(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "frozen")
    assert add(fast, alice).balance == 200


def test_a_closed_account_takes_no_credits(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        add(fast, alice)


def test_it_books_what_has_expired_first(fast: Credits, alice: str) -> None:
    assert add(fast, alice).balance == 200
    assert fast.booked(alice)[2:] == [("expire", -20), ("grant", 100)]


def test_it_settles_debt_at_once(fast: Credits) -> None:
    fast.add_purchased_credits("u", 60, reference="p")
    fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p")
    receipt = add(fast)
    assert (receipt.balance, receipt.available, receipt.debt) == (40, 40, 0)
