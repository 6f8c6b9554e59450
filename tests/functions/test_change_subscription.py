"""change_subscription puts an item on another plan: what it grants, once, and what it notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountNotFound,
    BalanceLimit,
    IdempotencyConflict,
    InvalidArgument,
    InvalidState,
    SubscriptionEnded,
    SubscriptionNotFound,
)
from tests.functions.support import (
    DAY,
    HOUR,
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
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

MONTH = 30 * DAY
PAID: dict[str, Any] = {"p_payment": "in_2", "p_amount_paid": 3000, "p_currency": "usd"}


@pytest.fixture
def u(fast: Credits, clock: Clock) -> str:
    """Open an account with 100 credits of the plan "lite" for a month, 10 days of it over."""
    fast.renew_subscription(
        "u", "sub", 100, period_start=NOW, period_end=NOW + MONTH, plan="lite", rollover_cap=20
    )
    clock.set(NOW + 10 * DAY)
    return "u"


def change(credits: Credits, amount: int = 500, **other: Any) -> Receipt:
    request: dict[str, Any] = {
        "p_account_id": "u",
        "p_subscription": "sub",
        "p_amount": amount,
        "p_plan": "pro",
        **other,
    }
    receipt: Receipt = credits.call("change_subscription", **request)
    return receipt


def item(credits: Credits) -> dict[str, Any]:
    (one,) = credits.list_subscriptions("u")
    found: dict[str, Any] = one.items[0]
    return found


@pytest.mark.parametrize(
    ("policy", "granted"), [(None, 400), ("difference", 400), ("full", 500), ("none", 0)]
)
def test_the_policy_says_what_is_granted_at_once(
    fast: Credits, u: str, policy: str | None, granted: int
) -> None:
    receipt = change(fast, p_policy=policy, p_reference="r")
    assert (receipt.amount, receipt.balance) == (granted, 100 + granted)
    assert receipt.kind == ("grant" if granted else "subscription")
    assert (item(fast)["plan"], item(fast)["amount"]) == ("pro", 500)
    upgrades = [lot for lot in fast.list_lots(u) if lot.origin == "upgrade"]
    for lot in upgrades:
        assert (lot.granted, lot.reference, lot.subscription) == (granted, "r", "sub")
        assert (lot.period_start, lot.period_end) == (NOW, NOW + MONTH)
        assert lot.expires_at == NOW + MONTH + RENEWAL_GRACE
    assert len(upgrades) == (granted > 0)


def test_p2_what_was_used_stays_used(fast: Credits, u: str) -> None:
    """A grant adds a lot; it sets no total."""
    fast.deduct_credit(u, 90)
    assert change(fast).balance == 410


@pytest.mark.parametrize("policy", ["difference", "full"])
def test_p1_changing_to_and_fro_grants_once(fast: Credits, u: str, policy: str) -> None:
    for _ in range(3):
        change(fast, p_policy=policy)
        change(fast, 100, p_policy=policy, p_plan="lite")
    assert fast.balance(u) == (500 if policy == "difference" else 600)
    assert [kind for kind, _ in fast.booked(u)].count("grant") == 2


def test_p1_steps_grant_what_one_stride_does(fast: Credits, u: str) -> None:
    for amount in (200, 150, 350, 500, 300, 500):
        change(fast, amount)
    assert fast.balance(u) == 500


def test_p1_a_change_of_policy_adds_nothing_up(fast: Credits, u: str) -> None:
    change(fast, p_policy="full")
    change(fast, p_policy="difference")
    change(fast, p_policy="full")
    assert fast.balance(u) == 600


def test_the_next_period_is_granted_and_upgraded_on_its_own(
    fast: Credits, u: str, clock: Clock
) -> None:
    change(fast)
    clock.set(NOW + MONTH)
    fast.renew_subscription(u, "sub", 100, period_start=NOW + MONTH, period_end=NOW + 2 * MONTH)
    assert fast.balance(u) == 100
    assert change(fast).balance == 500


def test_a_downgrade_keeps_the_credits(fast: Credits, u: str) -> None:
    receipt = change(fast, 10, p_plan="mini")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("subscription", 0, 100)
    assert (item(fast)["plan"], item(fast)["amount"]) == ("mini", 10)


def test_t86_a_downgrade_at_the_end_of_the_period_is_noted_and_grants_nothing(
    fast: Credits, u: str, clock: Clock
) -> None:
    receipt = change(fast, 10, p_plan="mini", p_when="period_end")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("subscription", 0, 100)
    shown = item(fast)
    assert (shown["plan"], shown["amount"]) == ("lite", 100)
    assert (shown["next_plan"], shown["next_amount"]) == ("mini", 10)
    clock.set(NOW + MONTH)
    fast.renew_subscription(u, "sub", 10, period_start=NOW + MONTH, period_end=NOW + 2 * MONTH)
    shown = item(fast)
    assert (shown["plan"], shown["amount"]) == ("mini", 10)
    assert (shown["next_plan"], shown["next_amount"]) == (None, None)


def test_t86_an_upgrade_releases_a_scheduled_downgrade(fast: Credits, u: str) -> None:
    change(fast, 10, p_plan="mini", p_when="period_end")
    assert change(fast).balance == 500
    assert (item(fast)["next_plan"], item(fast)["next_amount"]) == (None, None)
    assert change(fast, p_policy="none").amount == 0


def test_t85_route_and_webhook_together_grant_once(fast: Credits, u: str) -> None:
    """Both may tell of the change in any order, with keys of their own."""
    change(fast, p_idempotency_key="route")
    assert change(fast, p_idempotency_key="webhook").amount == 0
    assert fast.balance(u) == 500


def test_t137_a_proration_pays_for_the_difference_and_takes_it_back(fast: Credits, u: str) -> None:
    first = change(fast, **PAID)
    assert first.balance == 500
    (lot,) = [lot for lot in fast.list_lots(u) if lot.origin == "upgrade"]
    assert (lot.payment_id, lot.cost_amount, lot.cost_currency) == (first.entry_id, 3000, "usd")
    with replayed(fast, first) as answers:
        answers.append(change(fast, **PAID))
    with refused(fast, IdempotencyConflict, payment="in_2"):
        change(fast, 600, **PAID)
    assert fast.clawback_credits(u, "in_2").balance == 100


def test_a_payment_for_what_was_granted_without_it_is_refused(fast: Credits, u: str) -> None:
    """Its money would be forgotten."""
    change(fast)
    with refused(fast, IdempotencyConflict, payment="in_2", subscription="sub", item=""):
        change(fast, **PAID)
    with refused(fast, IdempotencyConflict, payment="in_2"):
        change(fast, p_policy="none", **PAID)


def test_a_payment_for_something_else_is_no_payment_for_a_change(fast: Credits, u: str) -> None:
    fast.add_purchased_credits(u, 10, reference="in_2", amount_paid=3000, currency="usd")
    with refused(fast, IdempotencyConflict, payment="in_2"):
        change(fast, **PAID)


def test_a_change_with_a_key_is_replayed(fast: Credits, u: str) -> None:
    first = change(fast, p_idempotency_key="k")
    fast.deduct_credit(u, 5)
    with replayed(fast, first) as answers:
        answers.append(change(fast, p_idempotency_key="k"))
    others: list[dict[str, Any]] = [
        {"p_amount": 501},
        {"p_policy": "full"},
        {"p_plan": "max"},
        {"p_reference": "s"},
    ]
    for other in others:
        with refused(fast, IdempotencyConflict, idempotency_key="k"):
            change(fast, **{"p_idempotency_key": "k", **other})


def test_a_trial_takes_the_plan_and_grants_nothing(fast: Credits) -> None:
    fast.start_trial("u", "sub", 50, trial_end=NOW + 14 * DAY)
    assert change(fast).balance == 50
    assert item(fast)["plan"] == "pro"
    with refused(fast, IdempotencyConflict, payment="in_2"):
        change(fast, **PAID)


def test_a_period_that_is_over_takes_no_upgrade(fast: Credits, u: str, clock: Clock) -> None:
    """Told too early, it would miss the period that it is about; after the renewal it fits."""
    clock.set(NOW + MONTH + HOUR)
    with refused(fast, InvalidState, subscription="sub", item=""):
        change(fast)
    assert change(fast, p_policy="none").amount == 0
    assert change(fast, 50).amount == 0
    fast.renew_subscription(u, "sub", 100, period_start=NOW + MONTH, period_end=NOW + 2 * MONTH)
    assert change(fast).balance == 500


def test_items_are_changed_on_their_own(fast: Credits, u: str) -> None:
    fast.renew_subscription(u, "sub", 30, period_start=NOW, period_end=NOW + MONTH, item="seat")
    assert change(fast, 60, p_item="seat").amount == 30
    amounts = [one["amount"] for one in fast.list_subscriptions(u)[0].items]
    assert amounts == [100, 60]


def test_what_is_not_known_is_refused(fast: Credits, u: str) -> None:
    with refused(fast, AccountNotFound, account_id="v"):
        change(fast, p_account_id="v")
    with refused(fast, SubscriptionNotFound, account_id="u", subscription="x", item=""):
        change(fast, p_subscription="x")
    with refused(fast, SubscriptionNotFound, subscription="sub", item="seat"):
        change(fast, p_item="seat")


def test_an_ended_subscription_is_not_changed(fast: Credits, u: str) -> None:
    fast.cancel_subscription(u, "sub", when="now")
    with refused(fast, SubscriptionEnded, subscription="sub"):
        change(fast)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_subscription", required=True, longest=127),
        *illegal("p_amount", null=None, negative=-1, above_2_53=LIMIT + 1),
        *illegal("p_policy", unknown="prorated", empty=""),
        *illegal("p_when", unknown="later", empty=""),
        *illegal_text("p_item", longest=127),
        *illegal_text("p_plan", longest=127),
        *illegal_text("p_payment"),
        *illegal("p_currency", alone="usd"),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, u: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        change(fast, **{argument: value})


@pytest.mark.parametrize(
    ("argument", "other"),
    [
        ("p_policy", {"p_when": "period_end", "p_policy": "full"}),
        ("p_policy", {"p_when": "period_end", "p_policy": "difference"}),
        ("p_payment", {"p_when": "period_end", **PAID}),
        ("p_payment", {**PAID, "p_payment": None}),
        ("p_plan", {"p_policy": "full", "p_plan": None}),
    ],
)
def test_arguments_that_contradict_one_another_are_refused(
    fast: Credits, u: str, argument: str, other: dict[str, Any]
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        change(fast, **other)


def test_a_frozen_account_may_upgrade_and_a_closed_one_not(fast: Credits, u: str) -> None:
    set_status(fast, u, "frozen")
    first = change(fast, **PAID)
    assert first.balance == 500
    set_status(fast, u, "closed")
    with refused(fast, AccountClosed, account_id=u):
        change(fast, 600)
    with replayed(fast, first) as answers:
        answers.append(change(fast, **PAID))


def test_an_upgrade_settles_debt(fast: Credits, u: str) -> None:
    fast.add_purchased_credits(u, 50, reference="p")
    fast.deduct_credit(u, 150)
    fast.clawback_credits(u, "p")
    receipt = change(fast)
    assert (receipt.balance, receipt.debt) == (350, 0)


def test_an_account_holds_at_most_the_limit(fast: Credits, u: str) -> None:
    with refused(fast, BalanceLimit, limit=LIMIT):
        change(fast, LIMIT, p_policy="full")
