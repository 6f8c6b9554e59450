"""cancel_subscription: at the end of the period, now, never; and set_subscription_status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountNotFound,
    IdempotencyConflict,
    InvalidArgument,
    SubscriptionEnded,
    SubscriptionNotFound,
)
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    MICROSECOND,
    NOW,
    RENEWAL_GRACE,
    illegal,
    illegal_text,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from pgcredits.rpc import Subscription
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

MONTH = 30 * DAY


@pytest.fixture
def u(fast: Credits, clock: Clock) -> str:
    """Open an account with 100 credits of a month, 10 days of it over, a gift and a pack."""
    renew(fast, 0)
    fast.grant_credits("u", 5)
    fast.add_purchased_credits("u", 3, reference="p")
    clock.set(NOW + 10 * DAY)
    return "u"


def renew(credits: Credits, period: int, cap: int | None = 0) -> None:
    credits.renew_subscription(
        "u",
        "sub",
        100,
        period_start=NOW + period * MONTH,
        period_end=NOW + (period + 1) * MONTH,
        rollover_cap=cap,
    )


def shown(credits: Credits) -> Subscription:
    (one,) = credits.list_subscriptions("u")
    return one


def test_t87_credits_stay_until_the_end_of_the_period_and_end_without_grace(
    fast: Credits, u: str, clock: Clock
) -> None:
    receipt = fast.cancel_subscription(u, "sub", reference="r", metadata={"why": "price"})
    assert (receipt.kind, receipt.amount, receipt.balance) == ("subscription", 0, 108)
    assert fast.entries(u)[-1].metadata == {"why": "price"}
    one = shown(fast)
    assert (one.status, one.cancel_at_period_end, one.canceled_at) == (
        "active",
        True,
        NOW + 10 * DAY,
    )
    clock.set(NOW + MONTH - MICROSECOND)
    assert fast.available(u) == 108
    clock.set(NOW + MONTH)
    assert fast.pools(u) == {"promotional": 5, "purchased": 3}
    assert shown(fast).status == "canceled"
    fast.expire_due()
    assert fast.booked(u)[-1] == ("expire", -100)


def test_t87_canceled_now_only_the_subscription_ends(fast: Credits, u: str) -> None:
    spend = fast.deduct_credit(u, 40)
    receipt = fast.cancel_subscription(u, "sub", when="now")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("subscription", 0, 8)
    assert fast.booked(u)[-2:] == [("subscription", 0), ("expire", -60)]
    assert shown(fast).status == "canceled"
    fast.refund_spend(u, entry_id=spend.entry_id, if_expired="lapse")
    assert fast.pools(u) == {"promotional": 5, "purchased": 3}


def test_a_cancellation_is_taken_back_before_the_end(fast: Credits, u: str, clock: Clock) -> None:
    fast.cancel_subscription(u, "sub")
    fast.cancel_subscription(u, "sub", when="never")
    one = shown(fast)
    assert (one.status, one.cancel_at_period_end, one.canceled_at) == ("active", False, None)
    assert fast.list_lots(u)[0].expires_at == NOW + MONTH + RENEWAL_GRACE
    clock.set(NOW + MONTH + HOUR)
    renew(fast, 1, cap=None)
    assert fast.pools(u)["subscription"] == 200


def test_it_cannot_be_taken_back_after_the_end(fast: Credits, u: str, clock: Clock) -> None:
    fast.cancel_subscription(u, "sub")
    clock.set(NOW + MONTH)
    with refused(fast, SubscriptionEnded, subscription="sub", account_id=u):
        fast.cancel_subscription(u, "sub", when="never")
    with refused(fast, SubscriptionEnded, subscription="sub"):
        fast.set_subscription_status(u, "sub", "active")


def test_what_has_ended_may_be_canceled_again_and_stays_as_it_is(
    fast: Credits, u: str, clock: Clock
) -> None:
    """A provider tells of the end, too, when the end has come."""
    fast.cancel_subscription(u, "sub")
    clock.set(NOW + MONTH + DAY)
    fast.cancel_subscription(u, "sub", when="now")
    fast.cancel_subscription(u, "sub")
    one = shown(fast)
    assert (one.cancel_at_period_end, one.canceled_at) == (True, NOW + 10 * DAY)
    assert fast.booked(u)[-3:] == [("expire", -100), ("subscription", 0), ("subscription", 0)]


def test_a_new_period_begins_it_again(fast: Credits, u: str, clock: Clock) -> None:
    fast.cancel_subscription(u, "sub", when="now")
    clock.set(NOW + 3 * MONTH)
    renew(fast, 3)
    one = shown(fast)
    assert (one.status, one.canceled_at) == ("active", None)
    assert fast.list_lots(u)[0].expires_at == NOW + 4 * MONTH + RENEWAL_GRACE


@pytest.mark.parametrize("when", ["now", "period_end"])
def test_a_late_period_ends_with_the_cancellation_that_was_made_in_it(
    fast: Credits, u: str, clock: Clock, when: str
) -> None:
    """The payment of the second month is told after its cancellation."""
    clock.set(NOW + MONTH + HOUR)
    fast.cancel_subscription(u, "sub", when=when)
    clock.set(NOW + MONTH + 2 * HOUR)
    renew(fast, 1)
    one = shown(fast)
    assert one.canceled_at == NOW + MONTH + HOUR
    if when == "now":
        assert (one.status, fast.pools(u).get("subscription")) == ("canceled", None)
    else:
        assert (one.status, one.period_end) == ("active", NOW + 2 * MONTH)
        assert fast.list_lots(u)[0].expires_at == NOW + 2 * MONTH


def test_who_cancels_in_the_grace_keeps_it(fast: Credits, u: str, clock: Clock) -> None:
    clock.set(NOW + MONTH + HOUR)
    fast.cancel_subscription(u, "sub")
    assert shown(fast).status == "canceled"
    assert fast.list_lots(u)[0].expires_at == NOW + MONTH + RENEWAL_GRACE


def test_a_trial_is_canceled_too(fast: Credits, clock: Clock) -> None:
    fast.start_trial("u", "sub", 50, trial_end=NOW + 14 * DAY)
    fast.cancel_subscription("u", "sub")
    assert (shown(fast).status, fast.available("u")) == ("trialing", 50)
    clock.set(NOW + 14 * DAY)
    assert (shown(fast).status, fast.available("u")) == ("canceled", 0)


def test_other_subscriptions_are_not_touched(fast: Credits, u: str) -> None:
    fast.renew_subscription(u, "team", 7, period_start=NOW, period_end=NOW + MONTH)
    fast.cancel_subscription(u, "sub", when="now")
    assert fast.pools(u) == {"subscription": 7, "promotional": 5, "purchased": 3}
    assert [one.status for one in fast.list_subscriptions(u)] == ["canceled", "active"]


def test_a_plain_grant_of_the_subscription_ends_with_it(
    fast: Credits, u: str, clock: Clock
) -> None:
    fast.add_subscription_credits(u, 11, NOW + 20 * DAY, subscription="sub", reference="s")
    fast.cancel_subscription(u, "sub")
    assert {lot.expires_at for lot in fast.list_lots(u) if lot.subscription} == {
        NOW + 20 * DAY,
        NOW + MONTH,
    }
    fast.cancel_subscription(u, "sub", when="never")
    assert {lot.expires_at for lot in fast.list_lots(u) if lot.subscription} == {
        NOW + 20 * DAY + RENEWAL_GRACE,
        NOW + MONTH + RENEWAL_GRACE,
    }


# Status.


@pytest.mark.parametrize("status", ["past_due", "paused"])
def test_a_status_leaves_the_credits_alone(fast: Credits, u: str, status: str) -> None:
    receipt = fast.set_subscription_status(u, "sub", status, reference="r")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("subscription", 0, 108)
    assert shown(fast).status == status
    fast.deduct_credit(u, 100)


def test_p5_a_flapping_status_grants_nothing(fast: Credits, u: str) -> None:
    for status in ("past_due", "past_due", "active", "past_due", "active", "active"):
        fast.set_subscription_status(u, "sub", status)
    assert fast.balance(u) == 108
    assert {kind for kind, _ in fast.booked(u)[3:]} == {"subscription"}


def test_a_paid_period_makes_it_active_again(fast: Credits, u: str, clock: Clock) -> None:
    clock.set(NOW + MONTH)
    fast.set_subscription_status(u, "sub", "past_due")
    clock.set(NOW + MONTH + DAY)
    renew(fast, 1)
    assert shown(fast).status == "active"


def test_a_payment_for_a_period_long_over_does_not(fast: Credits, u: str, clock: Clock) -> None:
    fast.set_subscription_status(u, "sub", "past_due")
    clock.set(NOW + 5 * MONTH)
    renew(fast, 1)
    assert shown(fast).status == "past_due"


# Both.

CALLS: dict[str, dict[str, Any]] = {
    "cancel_subscription": {"p_when": "now"},
    "set_subscription_status": {"p_status": "past_due"},
}


@pytest.mark.parametrize("function", CALLS)
def test_a_call_with_a_key_is_replayed(fast: Credits, u: str, function: str) -> None:
    request = {"p_account_id": u, "p_subscription": "sub", "p_idempotency_key": "k"}
    request |= CALLS[function]
    first = fast.call(function, **request)
    fast.deduct_credit(u, 1)
    with replayed(fast, first) as answers:
        answers.append(fast.call(function, **request))
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        fast.call(function, **{**request, "p_reference": "r"})


@pytest.mark.parametrize("function", CALLS)
def test_what_is_not_known_is_refused(fast: Credits, u: str, function: str) -> None:
    with refused(fast, AccountNotFound, account_id="v"):
        fast.call(function, p_account_id="v", p_subscription="sub", **CALLS[function])
    with refused(fast, SubscriptionNotFound, account_id="u", subscription="x"):
        fast.call(function, p_account_id="u", p_subscription="x", **CALLS[function])


@pytest.mark.parametrize("function", CALLS)
def test_a_frozen_account_takes_it_and_a_closed_one_not(
    fast: Credits, u: str, function: str
) -> None:
    request = {"p_account_id": u, "p_subscription": "sub", **CALLS[function]}
    set_status(fast, u, "frozen")
    fast.call(function, **request)
    set_status(fast, u, "closed")
    with refused(fast, AccountClosed, account_id=u):
        fast.call(function, **request)


@pytest.mark.parametrize(
    ("function", "argument", "value"),
    [
        pytest.param(function, *parameter.values, id=f"{function}-{parameter.id}")
        for function, own in {
            "cancel_subscription": illegal("p_when", unknown="later", empty=""),
            "set_subscription_status": illegal(
                "p_status", null=None, trialing="trialing", canceled="canceled", empty=""
            ),
        }.items()
        for parameter in [
            *own,
            *ILLEGAL_ACCOUNT,
            *illegal_text("p_subscription", required=True, longest=127),
            *ILLEGAL_TAIL,
        ]
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, u: str, function: str, argument: str, value: Any
) -> None:
    request = {"p_account_id": u, "p_subscription": "sub", **CALLS[function], argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call(function, **request)
