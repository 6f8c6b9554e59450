"""start_trial grants credits that end exactly with the trial, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    BalanceLimit,
    IdempotencyConflict,
    InvalidArgument,
    InvalidState,
    TrialUsed,
)
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    NOW,
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

END = NOW + 14 * DAY


def start(credits: Credits, account: str = "u", **other: Any) -> Receipt:
    request: dict[str, Any] = {
        "p_account_id": account,
        "p_subscription": "pro",
        "p_amount": 50,
        "p_trial_end": END,
        **other,
    }
    receipt: Receipt = credits.call("start_trial", **request)
    return receipt


def test_a_trial_opens_an_account_and_grants(fast: Credits) -> None:
    receipt = start(fast, p_plan="pro-monthly", p_reference="r", p_metadata={"source": "ad"})
    assert (receipt.entry_id, receipt.kind, receipt.amount, receipt.balance) == (1, "grant", 50, 50)
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.origin, lot.subscription) == ("subscription", "trial", "pro")
    assert (lot.period_start, lot.period_end, lot.expires_at) == (NOW, END, END)
    assert (lot.payment_id, lot.reference) == (None, "r")
    assert fast.entries("u")[0].metadata == {"source": "ad"}
    (one,) = fast.list_subscriptions("u")
    assert (one.status, one.trial_end, one.created_at) == ("trialing", END, NOW)
    assert (one.period_start, one.period_end) == (NOW, END)
    assert (one.items[0]["plan"], one.items[0]["amount"]) == ("pro-monthly", 50)


def test_its_credits_end_exactly_with_it(fast: Credits, clock: Clock) -> None:
    start(fast)
    clock.set(END - HOUR)
    assert fast.deduct_credit("u", 10).balance == 40
    clock.set(END)
    assert fast.available("u") == 0
    assert fast.list_subscriptions("u")[0].status == "past_due"
    fast.expire_due()
    assert fast.booked("u")[-1] == ("expire", -40)


def test_the_same_trial_again_is_a_replay_without_any_key(fast: Credits, clock: Clock) -> None:
    first = start(fast)
    with replayed(fast, first) as answers:
        answers.append(start(fast))
    clock.set(END + DAY)
    with replayed(fast, first) as answers:
        answers.append(start(fast))


def test_a_trial_with_a_key_is_replayed_by_it(fast: Credits) -> None:
    first = start(fast, p_idempotency_key="k", p_trial_key="card")
    with replayed(fast, first) as answers:
        answers.append(start(fast, p_idempotency_key="k", p_trial_key="card"))
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        start(fast, p_idempotency_key="k", p_trial_key="card", p_amount=51)


@pytest.mark.parametrize(
    "other",
    [{"p_amount": 51}, {"p_trial_end": END + DAY}, {"p_plan": "max"}, {"p_trial_key": "card"}],
    ids=["amount", "end", "plan", "key"],
)
def test_a_subscription_has_one_trial(fast: Credits, other: dict[str, Any]) -> None:
    start(fast)
    with refused(fast, TrialUsed, account_id="u", subscription="pro"):
        start(fast, **other)


def test_it_has_none_after_it_was_paid(fast: Credits, clock: Clock) -> None:
    fast.renew_subscription("u", "pro", 100, period_start=NOW, period_end=NOW + 30 * DAY)
    with refused(fast, InvalidState, subscription="pro", status="active"):
        start(fast)


def test_another_subscription_has_a_trial_of_its_own(fast: Credits) -> None:
    start(fast)
    assert start(fast, p_subscription="max").balance == 100


def test_s10_a_trial_key_outlives_account_and_subscription(fast: Credits, clock: Clock) -> None:
    """The same card behind a new account, or a new subscription, has had its trial."""
    start(fast, p_trial_key="card-1")
    with refused(fast, TrialUsed, trial_key="card-1", account_id="v"):
        start(fast, "v", p_trial_key="card-1")
    with refused(fast, TrialUsed, trial_key="card-1"):
        start(fast, p_subscription="max", p_trial_key="card-1")
    assert start(fast, "v", p_trial_key="card-2").balance == 50
    clock.set(END)
    fast.close_account("u", "left")
    with refused(fast, TrialUsed, trial_key="card-1"):
        start(fast, "w", p_trial_key="card-1", p_trial_end=END + DAY)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_subscription", required=True, longest=127),
        *illegal_amount(),
        *illegal("p_trial_end", null=None, infinity="infinity", now=NOW, before=NOW - DAY),
        *illegal_text("p_item", longest=127),
        *illegal_text("p_plan", longest=127),
        *illegal_text("p_trial_key"),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        start(fast, alice, **{argument: value})


def test_a_frozen_account_may_try_and_a_closed_one_not(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "frozen")
    first = start(fast, alice)
    assert first.balance == 150
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        start(fast, alice, p_subscription="max")
    with replayed(fast, first) as answers:
        answers.append(start(fast, alice))


def test_a_trial_settles_debt(fast: Credits) -> None:
    fast.add_purchased_credits("u", 30, reference="p")
    fast.deduct_credit("u", 30)
    fast.clawback_credits("u", "p")
    receipt = start(fast)
    assert (receipt.balance, receipt.debt) == (20, 0)


def test_an_account_holds_at_most_the_limit(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    with refused(fast, BalanceLimit, limit=LIMIT):
        start(fast, p_amount=1)
