"""renew_subscription starts a paid period: it grants, carries over up to a cap, ends the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import AccountClosed, BalanceLimit, IdempotencyConflict, InvalidArgument
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    NOW,
    RENEWAL_GRACE,
    illegal,
    illegal_amount,
    illegal_text,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

MONTH = 30 * DAY


def renew(
    credits: Credits, account: str = "u", period: int = 0, amount: int = 100, **other: Any
) -> Receipt:
    """Renew subscription "pro" for the period that starts ``period`` months after NOW."""
    request: dict[str, Any] = {
        "p_account_id": account,
        "p_subscription": "pro",
        "p_amount": amount,
        "p_period_start": NOW + period * MONTH,
        "p_period_end": NOW + (period + 1) * MONTH,
        **other,
    }
    receipt: Receipt = credits.call("renew_subscription", **request)
    return receipt


def test_a_first_period_is_granted(fast: Credits) -> None:
    receipt = renew(fast, p_reference="r", p_metadata={"plan": "pro"})
    assert (receipt.entry_id, receipt.kind, receipt.amount) == (1, "grant", 100)
    assert (receipt.allocations, receipt.balance) == ([[1, 100]], 100)
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.subscription, lot.origin) == ("subscription", "pro", "grant")
    assert (lot.period_start, lot.period_end) == (NOW, NOW + MONTH)
    assert lot.expires_at == NOW + MONTH + RENEWAL_GRACE
    assert (lot.payment_id, lot.cost_amount, lot.reference) == (None, None, "r")
    assert fast.entries("u")[0].metadata == {"plan": "pro"}


def test_a_period_may_name_its_payment(fast: Credits) -> None:
    renew(fast, p_payment="in_1", p_amount_paid=1900, p_currency="usd")
    (lot,) = fast.list_lots("u")
    assert (lot.payment_id, lot.cost_amount, lot.cost_currency) == (1, 1900, "usd")
    assert fast.clawback_credits("u", "in_1").balance == 0


@pytest.mark.parametrize(
    ("cap", "carried"),
    [(0, 0), (25, 25), (70, 70), (71, 70), (None, 70)],
    ids=["nothing", "a_part", "exactly_all", "more_than_all", "no_cap"],
)
def test_leftovers_carry_over_up_to_the_cap(
    fast: Credits, clock: Clock, cap: int | None, carried: int
) -> None:
    renew(fast)
    fast.deduct_credit("u", 30)
    clock.set(NOW + MONTH + HOUR)
    receipt = renew(fast, period=1, p_rollover_cap=cap)
    assert receipt.balance == 100 + carried
    expected = [("grant", 100)]
    expected += [("rollover", 0)] if carried else []
    expected += [("expire", carried - 70)] if carried < 70 else []
    assert fast.booked("u")[2:] == expected
    assert {entry.command_id for entry in fast.entries("u")[2:]} == {3}
    by_origin = {lot.origin: lot for lot in fast.list_lots("u")}
    if carried:
        assert by_origin["rollover"].remaining == by_origin["rollover"].granted == carried
        assert by_origin["rollover"].expires_at == by_origin["grant"].expires_at
        assert by_origin["rollover"].period_end == NOW + 2 * MONTH


def test_by_default_nothing_carries_over(fast: Credits, clock: Clock) -> None:
    renew(fast)
    clock.set(NOW + MONTH)
    assert renew(fast, period=1).balance == 100


def test_a_lot_that_carries_over_keeps_payment_and_its_share_of_the_cost(
    fast: Credits, clock: Clock
) -> None:
    renew(fast, p_payment="in_1", p_amount_paid=1000, p_currency="usd")
    fast.deduct_credit("u", 67)
    clock.set(NOW + MONTH)
    renew(fast, period=1, p_rollover_cap=None)
    (rollover,) = [lot for lot in fast.list_lots("u") if lot.origin == "rollover"]
    assert (rollover.granted, rollover.payment_id) == (33, 1)
    assert (rollover.cost_amount, rollover.cost_currency) == (330, "usd")


def test_the_same_period_again_is_a_replay_without_any_key(fast: Credits) -> None:
    first = renew(fast)
    with replayed(fast, first) as answers:
        answers.append(renew(fast))


def test_a_renewal_with_all_its_entries_is_replayed_as_one(fast: Credits, clock: Clock) -> None:
    renew(fast)
    clock.set(NOW + MONTH)
    first = renew(fast, period=1, p_rollover_cap=40, p_idempotency_key="k")
    assert first.balance == 140
    fast.deduct_credit("u", 5)
    with replayed(fast, first) as answers:
        answers.append(renew(fast, period=1, p_rollover_cap=40, p_idempotency_key="k"))
    with replayed(fast, first) as answers:
        answers.append(renew(fast, period=1, p_rollover_cap=40, p_idempotency_key="other"))


def test_a_period_with_another_amount_is_refused(fast: Credits) -> None:
    renew(fast)
    with refused(fast, IdempotencyConflict, subscription="pro", recorded=100, asked=101):
        renew(fast, amount=101)


@pytest.mark.parametrize(
    "other",
    [
        {"p_amount": 101},
        {"p_subscription": "max"},
        {"p_item": "seat"},
        {"p_period_start": NOW + DAY},
        {"p_payment": "in_1", "p_amount_paid": 5, "p_currency": "usd"},
        {"p_reference": "s"},
    ],
    ids=["amount", "subscription", "item", "period_start", "payment", "reference"],
)
def test_the_same_key_with_another_request_is_refused(fast: Credits, other: dict[str, Any]) -> None:
    renew(fast, p_idempotency_key="k")
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=1):
        renew(fast, p_idempotency_key="k", **other)


def test_a_payment_grants_one_period_only(fast: Credits) -> None:
    renew(fast, p_payment="in_1", p_amount_paid=1900, p_currency="usd")
    with refused(fast, IdempotencyConflict, payment="in_1"):
        renew(fast, period=1, p_payment="in_1", p_amount_paid=1900, p_currency="usd")
    with refused(fast, IdempotencyConflict, payment="in_1"):
        renew(fast, account="v", p_payment="in_1", p_amount_paid=1900, p_currency="usd")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_subscription", required=True, longest=127),
        *illegal_amount(),
        *illegal("p_period_start", null=None, infinity="infinity"),
        *illegal("p_period_end", null=None, infinity="infinity", equal=NOW, before=NOW - DAY),
        *illegal("p_rollover_cap", negative=-1, above_2_53=LIMIT + 1),
        *illegal_text("p_item", longest=127),
        *illegal_text("p_payment"),
        *illegal("p_currency", alone="usd"),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        renew(fast, alice, **{argument: value})


def test_money_without_a_payment_is_refused(fast: Credits) -> None:
    with refused(fast, InvalidArgument, argument="p_payment"):
        renew(fast, p_amount_paid=1900, p_currency="usd")
    with refused(fast, InvalidArgument, argument="p_amount_paid"):
        renew(fast, p_payment="in_1", p_amount_paid=-1, p_currency="usd")


def test_an_account_holds_at_most_the_limit(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    with refused(fast, BalanceLimit, limit=LIMIT):
        renew(fast, amount=1)


def test_a_frozen_account_may_renew(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "frozen")
    assert renew(fast, alice).balance == 200


def test_a_closed_account_may_not_renew(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        renew(fast, alice)


def test_a_closed_account_still_answers_for_its_period(fast: Credits) -> None:
    first = renew(fast)
    set_status(fast, "u", "closed")
    with replayed(fast, first) as answers:
        answers.append(renew(fast))


def test_a_renewal_books_what_has_expired_on_its_own_first(fast: Credits, alice: str) -> None:
    receipt = renew(fast, alice)
    assert (receipt.entry_id, receipt.command_id, receipt.balance) == (4, 4, 200)
    assert fast.booked(alice)[2:] == [("expire", -20), ("grant", 100)]


def test_a_period_that_is_over_is_granted_and_expires_in_one_command(fast: Credits) -> None:
    receipt = renew(fast, period=-3)
    assert (receipt.kind, receipt.amount, receipt.balance) == ("grant", 100, 0)
    grant, expire = fast.entries("u")
    assert (expire.kind, expire.amount, expire.command_id) == ("expire", -100, grant.entry_id)
    assert expire.occurred_at == NOW - 2 * MONTH + RENEWAL_GRACE
    assert expire.created_at == NOW
    with replayed(fast, receipt) as answers:
        answers.append(renew(fast, period=-3))
