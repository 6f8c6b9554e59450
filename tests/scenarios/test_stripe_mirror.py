"""What is kept of subscriptions, schedules, products and prices, in whatever order it is told."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from tests import stripe_objects as objects
from tests.functions.support import NOW, set_setting, unchanged
from tests.scenarios.test_stripe import MONTH, START, ingest, purchase

if TYPE_CHECKING:
    from pgcredits.demo.events import Event
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")

PERIOD = (START, START + MONTH)


def kept(
    credits: Credits, columns: str = "status", table: str = "subscriptions"
) -> tuple[Any, ...]:
    """These columns of the one row of a mirror."""
    (row,) = credits.conn.execute(
        f"select {columns} from credits_private.stripe_{table} x".encode()  # noqa: S608 - ours
    ).fetchall()
    result: tuple[Any, ...] = row
    return result


def ends_as(credits: Credits, told: list[Event], *values: object, columns: str = "status") -> None:
    """Every order of the events, the first of them twice, leaves this state."""
    for order in permutations(told):
        with credits.conn.transaction(force_rollback=True):
            for event in (*order, order[0]):
                assert ingest(credits, event).outcome in {"applied", "duplicate"}
            assert kept(credits, columns) == values, [event["type"] for event in order]


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# Subscriptions.


@pytest.mark.parametrize("version", objects.VERSIONS)
def test_a_subscription_is_kept_as_every_version_shows_it(fast: Credits, version: str) -> None:
    event = objects.subscription(
        START, period=PERIOD, cancel_at_period_end=True, version=version, kind="created"
    )
    assert ingest(fast, event).account_id == "u"
    assert kept(
        fast, "x.status, x.customer, x.named_account_id, x.period_start, x.period_end, x.cancel_at"
    ) == ("active", "cus_1", "u", NOW, instant(PERIOD[1]), instant(PERIOD[1]))


def test_items_may_have_periods_of_their_own(fast: Credits) -> None:
    items = [
        {"id": "si_1", "current_period_start": START, "current_period_end": START + 10},
        {"id": "si_2", "current_period_start": START - 5, "current_period_end": START + 99},
    ]
    ingest(fast, objects.subscription(START, items={"object": "list", "data": items}))
    assert kept(fast, "x.period_start, x.period_end") == (instant(START - 5), instant(START + 99))


def test_active_before_incomplete_ends_active(fast: Credits) -> None:
    told = [
        objects.subscription(START, "incomplete", kind="created"),
        objects.subscription(START + 1, "active", previous={"status": "incomplete"}),
    ]
    ends_as(fast, told, "active")


def test_events_of_one_second_are_put_in_order_by_the_values_they_replace(fast: Credits) -> None:
    told = [
        objects.subscription(START, "incomplete", kind="created"),
        objects.subscription(START, "active", previous={"status": "incomplete"}),
    ]
    ends_as(fast, told, "active", False, columns="x.status, x.is_unsure")


def test_metadata_names_only_the_keys_that_changed(fast: Credits) -> None:
    first = objects.subscription(START, kind="created")
    first["data"]["object"]["metadata"] = {"account": "u", "seat": "1"}
    second = objects.subscription(START, previous={"metadata": {"seat": "1"}})
    second["data"]["object"]["metadata"] = {"account": "u", "seat": "2"}
    ends_as(fast, [first, second], "2", columns="x.object #>> '{metadata,seat}'")


def test_what_cannot_be_put_in_order_is_marked(fast: Credits) -> None:
    ingest(fast, objects.subscription(START, "active", kind="created"))
    event = objects.subscription(START, "past_due", previous={"status": "trialing"})
    assert ingest(fast, event).reason == "another event of the same second cannot be put in order"
    assert kept(fast, "x.status, x.is_unsure") == ("active", True)
    ingest(fast, objects.subscription(START + 1, "past_due"))
    assert kept(fast, "x.status, x.is_unsure") == ("past_due", False)


@pytest.mark.parametrize("status", ["canceled", "incomplete_expired"])
def test_an_ended_subscription_stays_ended(fast: Credits, status: str) -> None:
    """Whatever was told before or is told after with a later time."""
    kind = "deleted" if status == "canceled" else "updated"
    told = [
        objects.subscription(START, "incomplete", kind="created"),
        objects.subscription(START + 5, status, kind=kind, ended_at=START + 5),
        objects.subscription(START + 9, "active"),
    ]
    ends_as(fast, told, status, instant(START + 5), columns="x.status, x.ended_at")


def test_pausing_resuming_and_cancelling_move_nothing(fast: Credits) -> None:
    ingest(fast, purchase())
    entries = fast.entries("u")
    for number, (kind, status) in enumerate(
        [
            ("created", "trialing"),
            ("updated", "active"),
            ("paused", "paused"),
            ("resumed", "active"),
            ("pending_update_applied", "active"),
            ("trial_will_end", "active"),
            ("updated", "past_due"),
            ("deleted", "canceled"),
        ]
    ):
        event = objects.subscription(START + number, status, kind=kind)
        assert ingest(fast, event).outcome == "applied"
        assert kept(fast) == (status,)
    assert fast.entries("u") == entries


def test_a_status_of_the_future_is_kept_and_moves_nothing(fast: Credits) -> None:
    ingest(fast, objects.subscription(START, "hibernating"))
    assert kept(fast) == ("hibernating",)
    assert fast.get_balance("u").status is None


@pytest.mark.parametrize("missing", ["id", "status"])
def test_a_subscription_that_lacks_something_is_left_to_the_operator(
    fast: Credits, missing: str
) -> None:
    event = objects.subscription(START)
    del event["data"]["object"][missing]
    assert ingest(fast, event).outcome == "parked"


def test_modes_and_connected_accounts_are_kept_apart(fast: Credits) -> None:
    set_setting(fast, "connected_accounts", "acct_b,acct_a")
    ingest(fast, objects.subscription(START, "active"))
    ingest(fast, objects.subscription(START + 1, "canceled"), "acct_a")
    rows = fast.conn.execute(
        "select s.provider_account, s.status from credits_private.stripe_subscriptions s"
        " order by s.provider_account"
    ).fetchall()
    assert rows == [("", "active"), ("acct_a", "canceled")]


# Schedules.


def schedule(created: int, status: str, kind: str = "updated", **more: Any) -> Event:
    obj = {
        "id": "sub_sched_1",
        "object": "subscription_schedule",
        "status": status,
        "subscription": "sub_1",
        **more,
    }
    return objects.event(f"subscription_schedule.{kind}", obj, created)


def test_a_schedule_is_kept_and_stays_ended(fast: Credits) -> None:
    told = [
        schedule(START, "not_started", "created"),
        schedule(
            START + 5, "released", "released", subscription=None, released_subscription="sub_1"
        ),
        schedule(START + 9, "active"),
    ]
    for order in permutations(told):
        with fast.conn.transaction(force_rollback=True):
            for event in order:
                assert ingest(fast, event).outcome == "applied"
            assert kept(fast, "x.status, x.subscription", "schedules") == ("released", "sub_1")


# Products and prices.


def test_each_state_of_a_product_is_kept_from_its_event_on(fast: Credits) -> None:
    told = [
        objects.product(START, {"credits": "1"}),
        objects.product(START + 5, {"credits": "2"}, kind="product.updated"),
        objects.product(START + 9, {"credits": "2"}, kind="product.deleted"),
    ]
    for order in permutations(told):
        with fast.conn.transaction(force_rollback=True):
            for event in order:
                assert ingest(fast, event).outcome == "applied"
            rows = fast.conn.execute(
                "select p.valid_from, p.object #>> '{metadata,credits}', p.is_deleted"
                "  from credits_private.stripe_products p order by p.valid_from"
            ).fetchall()
            assert rows == [
                (NOW, "1", False),
                (instant(START + 5), "2", False),
                (instant(START + 9), "2", True),
            ]


@pytest.mark.parametrize("family", ["product", "price"])
def test_two_states_of_one_second(fast: Credits, family: str) -> None:
    build: Any = getattr(objects, family)
    told = [
        build(START, {"credits": "1"}),
        build(
            START,
            {"credits": "2"},
            kind=f"{family}.updated",
            previous={"metadata": {"credits": "1"}},
        ),
    ]
    for order in permutations(told):
        with fast.conn.transaction(force_rollback=True):
            for event in order:
                ingest(fast, event)
            columns = "x.object #>> '{metadata,credits}', x.is_unsure"
            assert kept(fast, columns, f"{family}s") == ("2", False)


def test_a_price_goes_before_the_plan_of_the_same_second(fast: Credits) -> None:
    told = [
        objects.price(START, {"credits": "2"}),
        objects.price(START, {"credits": "1"}, kind="plan.created"),
    ]
    for order in permutations(told):
        with fast.conn.transaction(force_rollback=True):
            for event in order:
                ingest(fast, event)
            assert kept(fast, "x.object ->> 'object'", "prices") == ("price",)


def test_what_is_told_again_changes_nothing(fast: Credits) -> None:
    for event in (objects.price(START), objects.product(START), objects.subscription(START)):
        ingest(fast, event)
        with unchanged(fast):
            assert ingest(fast, event).outcome == "duplicate"
