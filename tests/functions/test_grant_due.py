"""grant_due books scheduled grants; list_subscriptions shows when they are due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import BalanceLimit, InvalidArgument
from pgcredits.rpc import GrantRun
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    LIMIT,
    MICROSECOND,
    NOW,
    illegal,
    refused,
    set_status,
    unchanged,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

NOTHING = GrantRun(0, 0, 0, has_more=False)


def subscribe(
    credits: Credits, account: str = "u", subscription: str = "sub", **other: Any
) -> None:
    """Pay for 40 days with 10 credits every 10 days, beginning at NOW."""
    request: dict[str, Any] = {
        "period_start": NOW,
        "period_end": NOW + 40 * DAY,
        "grant_every": "10 days",
        **other,
    }
    credits.renew_subscription(account, subscription, 10, **request)


def test_nothing_is_due_before_its_instant(fast: Credits, clock: Clock) -> None:
    subscribe(fast)
    assert fast.booked("u") == [("grant", 10)]
    clock.set(NOW + 10 * DAY - MICROSECOND)
    with unchanged(fast):
        assert fast.grant_due() == NOTHING
    clock.set(NOW + 10 * DAY)
    assert fast.grant_due() == GrantRun(1, 1, 10, has_more=False)
    assert fast.booked("u") == [("grant", 10), ("grant", 10), ("expire", -10)]


def test_running_it_again_does_no_harm(fast: Credits, clock: Clock) -> None:
    subscribe(fast)
    clock.set(NOW + 25 * DAY)
    assert fast.grant_due() == GrantRun(1, 2, 20, has_more=False)
    with unchanged(fast):
        assert fast.grant_due() == NOTHING


def test_it_is_bounded_and_takes_the_longest_due_first(fast: Credits, clock: Clock) -> None:
    for number, account in enumerate(["c", "a", "b"]):
        subscribe(fast, account, period_start=NOW - number * DAY, period_end=NOW + 30 * DAY)
    clock.set(NOW + 12 * DAY)
    assert fast.grant_due(2) == GrantRun(2, 2, 20, has_more=True)
    assert [fast.list_subscriptions(name)[0].items[0]["next_grant_at"][:10] for name in "abc"] == [
        "2030-01-20",
        "2030-01-19",
        "2030-01-11",
    ]
    backlog = fast.get_backlog()
    assert (backlog.due_grants, backlog.oldest_grant_at) == (1, NOW + 10 * DAY)
    assert fast.grant_due(2) == GrantRun(1, 1, 10, has_more=False)
    assert fast.get_backlog().due_grants == 0


def test_what_waited_for_room_comes_with_the_renewal_that_makes_it(
    fast: Credits, clock: Clock
) -> None:
    """The ledger says so too, although the command is about another subscription."""
    fast.renew_subscription(
        "u", "big", LIMIT - 15, period_start=NOW, period_end=NOW + 10 * DAY, rollover_cap=0
    )
    subscribe(fast, rollover_cap=None)
    clock.set(NOW + 10 * DAY)
    assert fast.grant_due() == NOTHING
    fast.renew_subscription(
        "u", "big", 5, period_start=NOW + 10 * DAY, period_end=NOW + 20 * DAY, rollover_cap=0
    )
    assert fast.available("u") == 25
    assert fast.verify() == []


def test_a_spend_does_not_wait_for_it(fast: Credits, clock: Clock) -> None:
    """Who comes first books what is due, and so no spend is refused for want of the run."""
    subscribe(fast)
    fast.deduct_credit("u", 10)
    clock.set(NOW + 10 * DAY)
    assert fast.available("u") == 0
    receipt = fast.deduct_credit("u", 7)
    assert (receipt.entry_id, receipt.command_id, receipt.balance) == (4, 4, 3)
    grant, spend = fast.entries("u")[2:]
    assert (grant.kind, grant.amount, grant.command_id) == ("grant", 10, 3)
    assert (spend.kind, spend.allocations) == ("spend", [[3, -7]])


def test_a_late_grant_is_dated_when_it_was_due(fast: Credits, clock: Clock) -> None:
    subscribe(fast, rollover_cap=4)
    booked_at = clock.set(NOW + 11 * DAY)
    fast.grant_due()
    entries = fast.entries("u")[1:]
    assert [(entry.kind, entry.amount) for entry in entries] == [
        ("grant", 10),
        ("rollover", 0),
        ("expire", -6),
    ]
    assert {entry.occurred_at for entry in entries} == {NOW + 10 * DAY}
    assert {entry.created_at for entry in entries} == {booked_at}
    assert {entry.command_id for entry in entries} == {2}


def test_a_closed_account_is_granted_nothing(fast: Credits, clock: Clock) -> None:
    subscribe(fast)
    fast.close_account("u", "left", if_credits="forfeit")
    clock.set(NOW + 20 * DAY)
    with unchanged(fast):
        assert fast.grant_due() == NOTHING
    assert fast.list_subscriptions("u")[0].items[0]["next_grant_at"] is None


def test_a_frozen_account_is_granted(fast: Credits, clock: Clock) -> None:
    subscribe(fast)
    set_status(fast, "u", "frozen")
    clock.set(NOW + 10 * DAY)
    assert fast.grant_due().credits == 10


def test_a_grant_that_does_not_fit_waits_and_stops_nobody(fast: Credits, clock: Clock) -> None:
    subscribe(fast)
    subscribe(fast, "v")
    fast.add_purchased_credits("u", LIMIT - 10, reference="p")
    clock.set(NOW + 10 * DAY)
    assert fast.grant_due() == GrantRun(1, 1, 10, has_more=False)
    assert fast.deduct_credit("u", 8).balance == LIMIT - 8
    assert fast.booked("u")[2:] == [("spend", -8)]
    fast.deduct_credit("u", 2)
    assert fast.grant_due() == GrantRun(1, 1, 10, has_more=False)
    assert fast.balance("u") == LIMIT


def test_all_grants_of_a_payment_together_are_limited(fast: Credits) -> None:
    with refused(fast, BalanceLimit, limit=LIMIT):
        fast.renew_subscription(
            "u",
            "sub",
            LIMIT // 2,
            period_start=NOW,
            period_end=NOW + 40 * DAY,
            grant_every="10 days",
            payment="in_1",
        )


@pytest.mark.parametrize(
    "every",
    [timedelta(), timedelta(days=-1), timedelta(hours=12), timedelta(days=1, hours=1), "-1 month"],
    ids=["zero", "negative", "half_a_day", "a_day_and_an_hour", "negative_month"],
)
def test_grants_come_after_whole_days_and_months(fast: Credits, every: timedelta | str) -> None:
    with refused(fast, InvalidArgument, argument="p_grant_every"):
        subscribe(fast, grant_every=every)
    with refused(fast, InvalidArgument, argument="p_grants[0].grant_every"):
        fast.record_payment(
            "u",
            "in_1",
            100,
            currency="usd",
            grants=[
                {
                    "amount": 10,
                    "subscription": "sub",
                    "period_start": NOW,
                    "period_end": NOW + 40 * DAY,
                    "grant_every": str(every),
                }
            ],
        )


def test_a_period_has_a_thousand_grants_at_most(fast: Credits) -> None:
    with refused(fast, InvalidArgument, argument="p_grant_every"):
        subscribe(fast, period_end=NOW + 1001 * DAY, grant_every="1 day")
    subscribe(fast, period_end=NOW + 1000 * DAY, grant_every="1 day")
    assert fast.balance("u") == 10


@pytest.mark.parametrize(
    ("field", "value", "other"),
    [
        ("grant_every", "soon", {}),
        ("grant_every", 30, {}),
        ("grant_every", "1 month", {"subscription": None}),
        ("grant_every", "1 month", {"pool": "promotional"}),
        ("grant_every", "1 month", {"expires_at": "2031-01-01T00:00:00Z"}),
        ("plan", "", {}),
        ("plan", "pro", {"subscription": None}),
    ],
)
def test_an_illegal_grant_of_a_payment_is_refused_by_its_path(
    fast: Credits, field: str, value: Any, other: dict[str, Any]
) -> None:
    grant = {
        "amount": 10,
        "subscription": "sub",
        "period_start": NOW,
        "period_end": NOW + 365 * DAY,
        field: value,
        **other,
    }
    if grant["subscription"] is None:
        grant = {"amount": 10, field: value}
    with refused(fast, InvalidArgument, argument=f"p_grants[0].{field}"):
        fast.record_payment("u", "in_1", 100, currency="usd", grants=[grant])


def test_a_payment_has_one_schedule_for_an_item(fast: Credits) -> None:
    year = {
        "amount": 10,
        "subscription": "sub",
        "period_start": NOW,
        "period_end": NOW + 365 * DAY,
        "grant_every": "1 month",
    }
    later = {**year, "period_start": NOW + 365 * DAY, "period_end": NOW + 730 * DAY}
    with refused(fast, InvalidArgument, argument="p_grants[1]"):
        fast.record_payment("u", "in_1", 100, currency="usd", grants=[year, later])


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_the_limit_is_checked(fast: Credits, limit: int) -> None:
    with refused(fast, InvalidArgument, argument="p_limit"):
        fast.grant_due(limit)


# What is shown.


def test_subscriptions_are_listed_with_their_items(fast: Credits, clock: Clock) -> None:
    subscribe(fast, plan="yearly", rollover_cap=None)
    subscribe(fast, item="seat", grant_every=None, period_end=NOW + 30 * DAY)
    fast.start_trial("u", "other", 5, trial_end=NOW + DAY)
    clock.set(NOW + HOUR)
    tried, paid = fast.list_subscriptions("u")
    assert (tried.subscription, tried.status, tried.trial_end) == ("other", "trialing", NOW + DAY)
    assert (paid.subscription, paid.status, paid.trial_end) == ("sub", "active", None)
    assert (paid.period_start, paid.period_end) == (NOW, NOW + 40 * DAY)
    yearly, seat = paid.items
    assert yearly.keys() == seat.keys()
    assert (yearly["item"], yearly["plan"], yearly["rollover_cap"]) == (None, "yearly", None)
    assert yearly["grant_every"] == "10 days"
    assert yearly["next_grant_at"] == (NOW + 10 * DAY).isoformat()
    assert (seat["item"], seat["grant_every"], seat["next_grant_at"]) == ("seat", None, None)
    assert (seat["amount"], seat["rollover_cap"]) == (10, 0)


def test_they_come_in_pages(fast: Credits) -> None:
    for name in "cab":
        subscribe(fast, subscription=name)
    assert [one.subscription for one in fast.list_subscriptions("u", limit=2)] == ["a", "b"]
    assert [one.subscription for one in fast.list_subscriptions("u", after="b")] == ["c"]
    assert fast.list_subscriptions("unknown") == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [*ILLEGAL_ACCOUNT, *illegal("p_limit", zero=0, above=1001), *illegal("p_after", empty="")],
)
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("list_subscriptions", **{"p_account_id": "u", argument: value})
