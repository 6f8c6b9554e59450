"""record_payment records what was paid at a provider and grants what it bought, once."""

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
    RENEWAL_GRACE,
    illegal,
    illegal_text,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")

PACK = {"amount": 100}
PERIOD = {
    "amount": 50,
    "subscription": "pro",
    "item": "seat",
    "period_start": NOW,
    "period_end": NOW + 30 * DAY,
}


def record(credits: Credits, account: str = "u", **other: Any) -> Receipt:
    request: dict[str, Any] = {
        "p_account_id": account,
        "p_payment": "pay_9",
        "p_amount_paid": 1000,
        "p_currency": "eur",
        "p_grants": [PACK],
        **other,
    }
    receipt: Receipt = credits.call("record_payment", **request)
    return receipt


def test_a_payment_grants_a_purchased_lot_by_default(fast: Credits) -> None:
    receipt = record(fast, p_reference="order-7", p_metadata={"a": 1})
    assert (receipt.entry_id, receipt.kind, receipt.amount, receipt.balance) == (
        1,
        "grant",
        100,
        100,
    )
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.expires_at, lot.reference) == ("purchased", None, "order-7")
    assert (lot.payment_id, lot.cost_amount, lot.cost_currency) == (1, 1000, "eur")


def test_one_payment_may_grant_several_lots(fast: Credits) -> None:
    bonus = {"amount": 20, "pool": "promotional", "expires_at": NOW + DAY}
    receipt = record(fast, p_grants=[PACK, bonus, PERIOD])
    assert (receipt.amount, receipt.balance) == (100, 170)
    assert fast.booked("u") == [("grant", 100), ("grant", 20), ("grant", 50)]
    assert {entry.command_id for entry in fast.entries("u")} == {1}
    period, promotional, pack = fast.list_lots("u")
    assert (period.subscription, period.period_end) == ("pro", NOW + 30 * DAY)
    assert period.expires_at == NOW + 30 * DAY + RENEWAL_GRACE
    assert (promotional.expires_at, pack.expires_at) == (NOW + DAY, None)
    assert {lot.payment_id for lot in (period, promotional, pack)} == {1}


def test_the_cost_is_shared_by_credits_and_rounded_down(fast: Credits) -> None:
    record(fast, p_amount_paid=100, p_grants=[{"amount": 1}, {"amount": 1}, {"amount": 1}])
    assert [lot.cost_amount for lot in fast.list_lots("u")] == [33, 33, 33]


def test_the_cost_of_a_lot_may_be_given(fast: Credits) -> None:
    record(fast, p_grants=[{"amount": 100, "cost": 900}, {"amount": 10, "cost": 0}])
    assert [lot.cost_amount for lot in fast.list_lots("u")] == [900, 0]


def test_a_grant_with_an_item_renews_its_subscription(fast: Credits) -> None:
    record(fast, p_grants=[PERIOD])
    later = {**PERIOD, "period_start": NOW + 30 * DAY, "period_end": NOW + 60 * DAY}
    record(fast, p_payment="pay_10", p_grants=[{**later, "rollover_cap": 15}])
    assert fast.booked("u")[1:] == [("grant", 50), ("rollover", 0), ("expire", -35)]
    assert fast.balance("u") == 65


def test_a_rollover_cap_of_null_carries_everything(fast: Credits) -> None:
    record(fast, p_grants=[PERIOD])
    later = {**PERIOD, "period_start": NOW + 30 * DAY, "period_end": NOW + 60 * DAY}
    assert (
        record(fast, p_payment="pay_10", p_grants=[{**later, "rollover_cap": None}]).balance == 100
    )


def test_a_subscription_without_a_start_is_granted_without_renewing(fast: Credits) -> None:
    plain = {"amount": 50, "subscription": "pro", "period_end": NOW + 30 * DAY}
    record(fast, p_grants=[plain])
    record(fast, p_payment="pay_10", p_grants=[{**plain, "period_end": NOW + 60 * DAY}])
    assert fast.balance("u") == 100


def test_the_same_payment_again_is_a_replay(fast: Credits) -> None:
    first = record(fast, p_grants=[PACK, PERIOD], p_idempotency_key="k")
    for key in ("k", "other", None):
        with replayed(fast, first) as answers:
            answers.append(record(fast, p_grants=[PACK, PERIOD], p_idempotency_key=key))


@pytest.mark.parametrize(
    "other",
    [
        {"p_amount_paid": 999},
        {"p_currency": "usd"},
        {"p_grants": [{"amount": 101}]},
        {"p_grants": [PACK, {"amount": 1}]},
        {"p_grants": [{"amount": 100, "pool": "promotional"}]},
    ],
    ids=["amount_paid", "currency", "credits", "one_more_lot", "pool"],
)
@pytest.mark.parametrize("key", [None, "k"], ids=["without_key", "with_the_same_key"])
def test_a_payment_with_other_figures_is_refused(
    fast: Credits, other: dict[str, Any], key: str | None
) -> None:
    record(fast, p_idempotency_key=key)
    with refused(fast, IdempotencyConflict):
        record(fast, p_idempotency_key=key, **other)


def test_a_payment_credits_one_account_only(fast: Credits) -> None:
    record(fast, "u")
    with refused(fast, IdempotencyConflict, payment="pay_9"):
        record(fast, "v")


def test_providers_number_their_payments_on_their_own(fast: Credits) -> None:
    record(fast, p_provider="paddle")
    assert not record(fast, p_provider="manual").is_replay
    assert not record(fast, "v", p_provider="adyen").is_replay
    assert (fast.balance("u"), fast.balance("v")) == (200, 100)


def test_a_null_provider_is_the_manual_one(fast: Credits) -> None:
    first = record(fast, p_provider=None)
    with replayed(fast, first) as answers:
        answers.append(record(fast, p_provider="manual"))


def test_a_free_payment_grants(fast: Credits) -> None:
    assert record(fast, p_amount_paid=0).balance == 100
    assert fast.list_lots("u")[0].cost_amount == 0


@pytest.mark.parametrize(
    ("returned", "left"), [(0, 100), (1, 100), (333, 67), (999, 1), (1000, 0), (1001, 0)]
)
def test_money_that_is_back_already_is_clawed_at_once(
    fast: Credits, returned: int, left: int
) -> None:
    receipt = record(fast, p_amount_returned=returned)
    assert (receipt.amount, receipt.balance, receipt.debt) == (100, left, 0)
    commands = {entry.command_id for entry in fast.entries("u")}
    assert commands == {receipt.command_id}


def test_a_replay_does_not_claw_what_has_gone_back_since(fast: Credits) -> None:
    first = record(fast)
    with replayed(fast, first) as answers:
        answers.append(record(fast, p_amount_returned=1000))


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_payment", required=True),
        *illegal("p_amount_paid", null=None, negative=-1, above_2_53=LIMIT + 1),
        *illegal("p_currency", null=None, upper="EUR", empty="", long="euro", digits="123"),
        *illegal("p_grants", null=None, empty=[], object={}, text='"x"', many=[PACK] * 101),
        *illegal_text("p_provider", longest=63),
        *illegal("p_amount_returned", negative=-1, above_2_53=LIMIT + 1),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        record(fast, alice, **{argument: value})


@pytest.mark.parametrize(
    ("grant", "path"),
    [
        ({}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"amount": "ten"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": [1]}, "amount"),
        ({"amount": LIMIT + 1}, "amount"),
        ({"amount": 10**30}, "amount"),
        ({"amount": 1, "pool": "gold"}, "pool"),
        ({"amount": 1, "expires_at": "tomorrow"}, "expires_at"),
        ({"amount": 1, "expires_at": "2030-02-30T00:00:00Z"}, "expires_at"),
        ({"amount": 1, "expires_at": "2030-01-31T00:00:00"}, "expires_at"),
        ({"amount": 1, "expires_at": 1893456000}, "expires_at"),
        ({"amount": 1, "cost": -1}, "cost"),
        ({**PERIOD, "rollover_cap": -1}, "rollover_cap"),
        ({**PERIOD, "rollover_cap": "all"}, "rollover_cap"),
        ({**PERIOD, "subscription": ""}, "subscription"),
        ({**PERIOD, "subscription": "x" * 128}, "subscription"),
        ({**PERIOD, "subscription": None}, "subscription"),
        ({**PERIOD, "item": ""}, "item"),
        ({**PERIOD, "item": "x" * 128}, "item"),
        ({**PERIOD, "period_end": None}, "period_end"),
        ({**PERIOD, "period_end": NOW}, "period_end"),
        ({**PERIOD, "period_start": None}, "period_start"),
        ({"amount": 1, "bonus": 5}, "bonus"),
    ],
)
def test_an_illegal_grant_is_refused_by_its_path(
    fast: Credits, alice: str, grant: dict[str, Any], path: str
) -> None:
    with refused(fast, InvalidArgument, argument=f"p_grants[1].{path}"):
        record(fast, alice, p_grants=[PACK, grant])


@pytest.mark.parametrize("grant", [1, "x", None, [PACK]])
def test_a_grant_that_is_no_object_is_refused(fast: Credits, grant: Any) -> None:
    with refused(fast, InvalidArgument, argument="p_grants[0]"):
        record(fast, p_grants=[grant])


def test_one_item_twice_in_a_period_is_refused(fast: Credits, alice: str) -> None:
    with refused(fast, InvalidArgument):
        record(fast, alice, p_grants=[PERIOD, PERIOD])


def test_an_account_holds_at_most_the_limit(fast: Credits) -> None:
    with refused(fast, BalanceLimit, limit=LIMIT):
        record(fast, p_grants=[{"amount": LIMIT}, {"amount": 1}])
    with refused(fast, BalanceLimit, limit=LIMIT):
        record(fast, p_grants=[{"amount": LIMIT}] * 100)
    with refused(fast, BalanceLimit, limit=LIMIT, granted=LIMIT + 1):
        record(fast, p_grants=[{"amount": LIMIT, "expires_at": NOW - DAY}, {"amount": 1}])
    assert record(fast, p_grants=[{"amount": LIMIT - 1}, {"amount": 1}]).balance == LIMIT


def test_a_late_expiry_is_booked_and_expires(fast: Credits) -> None:
    late = {"amount": 40, "expires_at": NOW - DAY}
    receipt = record(fast, p_grants=[late, PACK])
    assert receipt.balance == 100
    assert fast.booked("u") == [("grant", 40), ("grant", 100), ("expire", -40)]
    expire = fast.entries("u")[-1]
    assert (expire.occurred_at, expire.command_id) == (NOW - DAY, receipt.command_id)


def test_a_frozen_account_may_pay(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "frozen")
    assert record(fast, alice).balance == 200


def test_a_closed_account_may_not_pay(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        record(fast, alice)
