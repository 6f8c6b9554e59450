"""Subscriptions follow what Stripe tells: overdue, paused, canceled, thought better of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.demo import events
from tests import stripe_objects as objects
from tests.functions.support import DAY, NOW, RENEWAL_GRACE
from tests.scenarios.test_stripe import MONTH, START, ingest

if TYPE_CHECKING:
    from pgcredits.demo.events import Event
    from tests.client import Credits
    from tests.clock import Clock

PERIOD = (START, START + MONTH)
NEXT = (START + MONTH, START + 2 * MONTH)
END = datetime.fromtimestamp(PERIOD[1], UTC)


@pytest.fixture
def pro(fast: Credits, clock: Clock) -> Credits:
    """A price is known, and the first period runs."""
    clock.set(NOW + DAY)
    fast.set_stripe_price("price_pro", 500)
    return fast


def told(second: int, status: str = "active", kind: str = "updated", **more: Any) -> Event:
    return objects.subscription(START + second, status, kind=kind, period=PERIOD, **more)


def paid(second: int = 1, period: tuple[int, int] = PERIOD, **more: Any) -> Event:
    lines = [events.Line("price_pro", 1900, *period)]
    return events.invoice_paid(
        account="u", subscription="sub_1", lines=lines, created=START + second, **more
    )


def unpaid(second: int) -> Event:
    """The invoice of the next period, after an attempt that failed."""
    event = paid(second, NEXT, invoice="in_next", status="open")
    return objects.event("invoice.payment_failed", event["data"]["object"], START + second)


def shown(credits: Credits) -> tuple[str, bool, list[datetime | None]]:
    """Status, whether it ends with its period, and when its credits end."""
    (one,) = credits.list_subscriptions("u")
    ends = [lot.expires_at for lot in credits.list_lots("u")]
    return one.status, one.cancel_at_period_end, ends


def deliver(credits: Credits, *happened: Event) -> None:
    for event in happened:
        assert ingest(credits, event).outcome in {"applied", "duplicate"}, event["type"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("trialing", "active"),
        ("past_due", "past_due"),
        ("unpaid", "past_due"),
        ("paused", "paused"),
        ("hibernating", "active"),
    ],
)
def test_a_status_is_followed_and_moves_no_credits(
    pro: Credits, status: str, expected: str
) -> None:
    deliver(pro, paid(), told(2, status))
    assert shown(pro) == (expected, False, [END + RENEWAL_GRACE])
    deliver(pro, told(3))
    assert shown(pro) == ("active", False, [END + RENEWAL_GRACE])
    assert [amount for _, amount in pro.booked("u")].count(0) == len(pro.booked("u")) - 1
    assert pro.available("u") == 500


def test_what_is_told_again_books_nothing(pro: Credits) -> None:
    deliver(pro, paid(), told(2, "past_due"))
    booked = pro.booked("u")
    deliver(pro, told(2, "past_due"), told(3, "past_due"), told(4, "unpaid"))
    assert pro.booked("u") == booked


def test_a_failed_payment_is_enough_where_subscriptions_are_not_told(pro: Credits) -> None:
    deliver(pro, paid(), unpaid(2))
    assert shown(pro)[0] == "past_due"
    deliver(pro, paid(3, NEXT, invoice="in_next"))
    assert shown(pro)[0] == "active"


def test_a_cancellation_takes_the_grace_and_gives_it_back(pro: Credits) -> None:
    deliver(pro, paid(), told(2, cancel_at_period_end=True))
    assert shown(pro) == ("active", True, [END])
    deliver(pro, told(3))
    assert shown(pro) == ("active", False, [END + RENEWAL_GRACE])
    deliver(pro, told(4, cancel_at=PERIOD[1] + MONTH))
    assert shown(pro) == ("active", False, [END + RENEWAL_GRACE])


def test_what_is_deleted_keeps_its_credits_to_the_end_of_the_period(
    pro: Credits, clock: Clock
) -> None:
    deliver(pro, paid(), told(2, "canceled", kind="deleted"))
    assert shown(pro) == ("active", True, [END])
    assert pro.available("u") == 500
    clock.set(END)
    assert (pro.available("u"), pro.list_subscriptions("u")[0].status) == (0, "canceled")
    # What is over stays over.
    deliver(pro, told(3))
    assert pro.list_subscriptions("u")[0].status == "canceled"


@pytest.mark.parametrize(
    "happened",
    [
        [told(0, "incomplete", kind="created"), paid(), told(2, "past_due")],
        [paid(), told(2, "past_due"), told(3)],
        [paid(), told(2, cancel_at_period_end=True), told(3, "past_due", cancel_at=PERIOD[1])],
        [paid(), told(2, cancel_at_period_end=True), told(3)],
        [paid(), told(2, "past_due"), told(3, "canceled", kind="deleted")],
        [paid(), unpaid(2)],
    ],
    ids=["overdue", "paid again", "canceled", "resumed", "deleted", "failed"],
)
def test_every_order_ends_alike(pro: Credits, happened: list[Event]) -> None:
    with pro.conn.transaction(force_rollback=True):
        deliver(pro, *happened)
        expected = shown(pro)
    for order in permutations(happened):
        with pro.conn.transaction(force_rollback=True):
            deliver(pro, *order, order[0])
            assert shown(pro) == expected, [event["type"] for event in order]
            assert pro.verify() == []


def test_it_is_followed_where_the_account_has_gone(pro: Credits, clock: Clock) -> None:
    deliver(pro, paid())
    pro.merge_accounts("u", "ann")
    deliver(pro, told(2, "past_due"))
    assert pro.list_subscriptions("ann")[0].status == "past_due"
    pro.close_account("ann", "left", if_credits="forfeit")
    deliver(pro, told(3))
    assert pro.list_subscriptions("ann")[0].status == "past_due"


def test_another_mode_is_not_meant(pro: Credits) -> None:
    deliver(pro, paid())
    test_mode = told(2, "past_due") | {"livemode": False}
    pro.ingest_stripe_event(events.body(test_mode), livemode=False)
    assert shown(pro)[0] == "active"


def test_an_end_within_grace_takes_nothing_that_is_there(pro: Credits, clock: Clock) -> None:
    deliver(pro, paid())
    clock.set(END + timedelta(days=1))
    deliver(pro, told(2, "canceled", kind="deleted"))
    assert pro.available("u") == 500
    clock.set(END + RENEWAL_GRACE)
    assert pro.available("u") == 0
