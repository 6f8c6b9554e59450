"""The inbox of Stripe's events: retried, dismissed, listed, counted and purged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.demo import events
from pgcredits.errors import InvalidArgument, InvalidState, StripeEventNotFound
from tests.functions.support import (
    DAY,
    HOUR,
    LIMIT,
    NOW,
    illegal,
    illegal_text,
    refused,
    set_setting,
    unchanged,
)
from tests.functions.test_ingest_stripe_event import CREATED, ingest, purchase

if TYPE_CHECKING:
    from pgcredits.rpc import StripeEvent
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def refund(**changes: Any) -> events.Event:
    given: dict[str, Any] = {
        "payment_intent": "pi_1",
        "amount": 1000,
        "amount_refunded": 500,
        "created": CREATED,
        "event_id": "evt_refund",
    }
    return events.charge_refunded(**{**given, **changes})


def full(credits: Credits) -> None:
    """Leave no room for a purchase, so that its event fails."""
    credits.grant_credits("u", LIMIT)


def only(credits: Credits, **which: Any) -> StripeEvent:
    (event,) = credits.list_stripe_events(**which)
    return event


# Retries.


def test_a_failed_event_is_due_after_gaps_that_double(fast: Credits, clock: Clock) -> None:
    full(fast)
    ingest(fast, purchase(event_id="evt_1"))
    for attempts, minutes in enumerate((2, 4, 8, 16), start=1):
        event = only(fast)
        assert (event.attempts, event.outcome) == (attempts, "failed")
        assert event.retry_at is not None
        gap = event.retry_at - clock.now()
        assert gap == minutes * HOUR / 60
        with unchanged(fast):
            assert fast.retry_stripe_event().outcome == "none"
        clock.advance(gap)
        assert fast.retry_stripe_event().outcome == "failed"
    fast.deduct_credit("u", 100)
    clock.advance(DAY)
    done = fast.retry_stripe_event()
    assert (done.event_id, done.outcome, done.account_id) == ("evt_1", "applied", "u")
    assert fast.list_stripe_events() == []
    assert fast.retry_stripe_event().outcome == "none"


def test_the_gap_grows_to_a_day_at_most(fast: Credits, clock: Clock) -> None:
    set_setting(fast, "stripe_attempts", "9999")
    full(fast)
    ingest(fast, purchase())
    for _ in range(25):
        clock.advance(DAY)
        assert fast.retry_stripe_event().outcome == "failed"
    assert only(fast).retry_at == clock.now() + DAY


def test_after_the_last_attempt_it_is_shown_as_given_up_and_can_be_reset(
    fast: Credits, clock: Clock
) -> None:
    set_setting(fast, "stripe_attempts", "3")
    full(fast)
    ingest(fast, purchase(event_id="evt_1"))
    for _ in range(2):
        clock.advance(DAY)
        assert fast.retry_stripe_event().outcome == "failed"
    assert (only(fast).attempts, only(fast).retry_at) == (3, None)
    (counted,) = fast.list_stripe_backlog()
    assert (counted.outcome, counted.events, counted.exhausted) == ("failed", 1, 1)
    clock.advance(30 * DAY)
    with unchanged(fast):
        assert fast.retry_stripe_event().outcome == "none"
    assert fast.retry_stripe_event("evt_1").outcome == "failed"
    assert only(fast).attempts == 1
    assert only(fast).retry_at is not None


def test_a_delivery_is_tried_after_the_last_attempt_too(fast: Credits) -> None:
    set_setting(fast, "stripe_attempts", "1")
    full(fast)
    assert ingest(fast, purchase()).outcome == "failed"
    assert only(fast).retry_at is None
    fast.deduct_credit("u", 100)
    assert ingest(fast, purchase()).outcome == "applied"


def test_the_one_that_is_due_longest_comes_first(fast: Credits, clock: Clock) -> None:
    full(fast)
    for number in (2, 1, 3):
        ingest(fast, purchase(event_id=f"evt_{number}", payment_intent=f"pi_{number}"))
        clock.advance(HOUR / 60)
    clock.advance(DAY)
    fast.deduct_credit("u", 1000)
    assert [fast.retry_stripe_event().event_id for _ in range(4)] == [
        "evt_2",
        "evt_1",
        "evt_3",
        None,
    ]


def test_an_applied_event_that_is_named_is_a_duplicate(fast: Credits) -> None:
    ingest(fast, purchase(event_id="evt_1"))
    with unchanged(fast):
        assert fast.retry_stripe_event("evt_1").outcome == "duplicate"


def test_an_ignored_event_can_be_tried_after_an_upgrade(fast: Credits) -> None:
    """What is not understood is kept, and goes through the functions of today when it is named."""
    event = events.event("something.new", {"id": "x_1"}, created=CREATED, event_id="evt_1")
    assert ingest(fast, event).outcome == "ignored"
    assert only(fast, outcome="ignored").event_type == "something.new"
    fast.conn.execute(
        "update credits_private.stripe_events e"
        " set event_type = 'checkout.session.completed', body = %s where e.event_id = 'evt_1'",
        (events.body(purchase()),),
    )
    assert fast.retry_stripe_event("evt_1").outcome == "applied"
    assert fast.balance("u") == 100


def test_connected_accounts_number_their_events_apart(fast: Credits) -> None:
    set_setting(fast, "connected_accounts", "any")
    full(fast)
    for account in ("acct_a", "acct_b"):
        ingest(fast, {**purchase(event_id="evt_1"), "account": account})
    with refused(fast, StripeEventNotFound, event_id="evt_1", provider_account=""):
        fast.retry_stripe_event("evt_1")
    fast.deduct_credit("u", 100)
    assert fast.retry_stripe_event("evt_1", provider_account="acct_b").outcome == "applied"
    assert only(fast).provider_account == "acct_a"


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal("p_event_id", empty="", overlong="x" * 256),
        *illegal_text("p_provider_account")[1:],
    ],
)
def test_an_illegal_name_of_an_event_is_refused(fast: Credits, argument: str, value: str) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("retry_stripe_event", **{"p_event_id": "evt_1", argument: value})
    with refused(fast, InvalidArgument, argument=argument):
        fast.call(
            "dismiss_stripe_event", **{"p_event_id": "evt_1", "p_reason": "x", argument: value}
        )


# Dismissed.


def test_a_dismissed_event_is_closed_with_its_reason(fast: Credits) -> None:
    ingest(fast, refund())
    done = fast.dismiss_stripe_event("evt_refund", "of the shop beside")
    assert (done.outcome, done.reason) == ("ignored", "dismissed: of the shop beside")
    assert fast.list_stripe_events() == []
    assert ingest(fast, refund()).outcome == "duplicate"
    with unchanged(fast):
        again = fast.dismiss_stripe_event("evt_refund", "twice")
    assert again.reason == "dismissed: of the shop beside"


def test_a_failed_event_that_was_dismissed_is_not_due(fast: Credits, clock: Clock) -> None:
    full(fast)
    ingest(fast, purchase(event_id="evt_1"))
    fast.dismiss_stripe_event("evt_1", "no room")
    clock.advance(DAY)
    assert fast.retry_stripe_event().outcome == "none"
    fast.deduct_credit("u", 100)
    assert fast.retry_stripe_event("evt_1").outcome == "applied"


def test_an_applied_event_cannot_be_dismissed(fast: Credits) -> None:
    ingest(fast, purchase(event_id="evt_1"))
    with refused(fast, InvalidState, event_id="evt_1", outcome="applied"):
        fast.dismiss_stripe_event("evt_1", "too late")


def test_an_unknown_event_cannot_be_dismissed(fast: Credits) -> None:
    with refused(fast, StripeEventNotFound, event_id="evt_1"):
        fast.dismiss_stripe_event("evt_1", "x")


@pytest.mark.parametrize(("argument", "value"), illegal_text("p_reason", required=True))
def test_a_reason_is_needed(fast: Credits, argument: str, value: str | None) -> None:
    ingest(fast, refund())
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("dismiss_stripe_event", p_event_id="evt_refund", **{argument: value})


# Listed and counted.


def test_events_are_listed_and_counted_by_outcome(fast: Credits) -> None:
    full(fast)
    ingest(fast, purchase(event_id="evt_1"))
    ingest(fast, refund())
    ingest(fast, events.event("x.y", {"id": "x"}, created=CREATED, event_id="evt_x"))
    assert [(e.event_id, e.outcome) for e in fast.list_stripe_events()] == [
        ("evt_1", "failed"),
        ("evt_refund", "parked"),
    ]
    assert only(fast, outcome="parked").waits_for == "payment::t:pi_1"
    assert only(fast, outcome="failed").body == purchase(event_id="evt_1")
    assert [e.event_id for e in fast.list_stripe_events(outcome="all")] == [
        "evt_1",
        "evt_refund",
        "evt_x",
    ]
    assert only(fast, event_type="charge.refunded").event_id == "evt_refund"
    assert [(b.outcome, b.event_type, b.events) for b in fast.list_stripe_backlog()] == [
        ("failed", "checkout.session.completed", 1),
        ("ignored", "x.y", 1),
        ("parked", "charge.refunded", 1),
    ]


def test_pages_follow_each_other(fast: Credits) -> None:
    set_setting(fast, "connected_accounts", "any")
    for account in ("", "acct_a"):
        for number in range(3):
            event = refund(event_id=f"evt_{number}")
            ingest(fast, {**event, "account": account} if account else event)
    seen: list[tuple[str, str]] = []
    while page := fast.list_stripe_events(
        limit=2,
        after_account=seen[-1][0] if seen else None,
        after=seen[-1][1] if seen else None,
    ):
        seen += [(e.provider_account, e.event_id) for e in page]
    assert seen == [(a, f"evt_{n}") for a in ("", "acct_a") for n in range(3)]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal("p_outcome", unknown="done", empty=""),
        *illegal_text("p_event_type"),
        *illegal_text("p_after"),
        *illegal("p_limit", zero=0, too_many=1001),
    ],
)
def test_an_illegal_question_is_refused(fast: Credits, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("list_stripe_events", **{argument: value})


# Purged.


def test_a_refund_without_a_purchase_is_closed_after_the_patience(
    fast: Credits, clock: Clock
) -> None:
    ingest(fast, refund())
    clock.set(NOW + 30 * DAY - HOUR)
    with unchanged(fast):
        assert fast.purge_stripe_events().closed == 0
    clock.set(NOW + 30 * DAY)
    assert fast.purge_stripe_events().closed == 1
    event = only(fast, outcome="ignored")
    assert event.reason == "no purchase came: payment pi_1 has granted no credits yet"


def test_bodies_of_what_is_done_are_purged_after_the_retention(fast: Credits, clock: Clock) -> None:
    full(fast)
    ingest(fast, purchase(event_id="evt_failed"))
    fast.deduct_credit("u", 1000)
    ingest(fast, purchase(event_id="evt_done"))
    clock.set(NOW + 90 * DAY - HOUR)
    assert fast.purge_stripe_events().purged == 0
    clock.set(NOW + 90 * DAY)
    assert fast.purge_stripe_events().purged == 1
    bodies = {e.event_id: e.body is not None for e in fast.list_stripe_events(outcome="all")}
    assert bodies == {"evt_failed": True, "evt_done": False}
    with unchanged(fast):
        assert ingest(fast, purchase(event_id="evt_done")).outcome == "duplicate"
        assert fast.purge_stripe_events().purged == 0


def test_what_was_purged_cannot_be_tried_again(fast: Credits, clock: Clock) -> None:
    ingest(fast, events.event("x.y", {"id": "x"}, created=CREATED, event_id="evt_x"))
    clock.set(NOW + 90 * DAY)
    fast.purge_stripe_events()
    with refused(fast, InvalidState, event_id="evt_x", outcome="ignored"):
        fast.retry_stripe_event("evt_x")


def test_a_batch_is_bounded(fast: Credits, clock: Clock) -> None:
    for number in range(3):
        ingest(fast, refund(event_id=f"evt_{number}"))
    clock.set(NOW + 30 * DAY)
    done = [fast.purge_stripe_events(2) for _ in range(2)]
    assert [(batch.closed, batch.has_more) for batch in done] == [(2, True), (1, False)]


@pytest.mark.parametrize(("argument", "value"), illegal("p_limit", zero=0, too_many=10001))
def test_an_illegal_limit_is_refused(fast: Credits, argument: str, value: int) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("purge_stripe_events", **{argument: value})
