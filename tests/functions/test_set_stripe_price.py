"""set_stripe_price says what a subscription price is worth, and wakes the events that waited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.demo import events
from pgcredits.errors import InvalidArgument
from tests.functions.support import (
    DAY,
    LIMIT,
    NOW,
    illegal,
    illegal_amount,
    illegal_text,
    refused,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

START = int(NOW.timestamp())
MONTH = 30 * 86400


def invoice(number: int = 0, price: str = "price_1", quantity: int = 1) -> str:
    line = events.Line(
        price=price,
        amount=1900 * quantity,
        period_start=START + number * MONTH,
        period_end=START + (number + 1) * MONTH,
        quantity=quantity,
    )
    return events.body(
        events.invoice_paid(
            account="u", subscription="sub_1", lines=[line], created=START + number * MONTH
        )
    )


def test_a_price_is_set(fast: Credits) -> None:
    price = fast.set_stripe_price("price_1", 500, rollover_cap=50)
    assert (price.price, price.credits, price.rollover_cap) == ("price_1", 500, 50)
    assert price.updated_at == NOW


def test_by_default_nothing_carries_over(fast: Credits) -> None:
    price = fast.call("set_stripe_price", p_price="price_1", p_credits=500)
    assert price.rollover_cap == 0


def test_null_carries_everything_over(fast: Credits, clock: Clock) -> None:
    fast.set_stripe_price("price_1", 500, rollover_cap=None)
    fast.ingest_stripe_event(invoice(0), True)
    clock.advance(30 * DAY)
    fast.ingest_stripe_event(invoice(1), True)
    assert fast.balance("u") == 1000


def test_setting_it_again_changes_what_comes_and_not_what_was(fast: Credits, clock: Clock) -> None:
    fast.set_stripe_price("price_1", 500)
    fast.ingest_stripe_event(invoice(0), True)
    changed_at = clock.advance(DAY)
    assert fast.set_stripe_price("price_1", 700).updated_at == changed_at
    assert fast.balance("u") == 500
    clock.advance(30 * DAY)
    fast.ingest_stripe_event(invoice(1), True)
    assert fast.balance("u") == 700


def test_an_invoice_with_an_unknown_price_waits_for_it(fast: Credits) -> None:
    outcome = fast.ingest_stripe_event(invoice(), True)
    assert outcome.outcome == "parked"
    assert outcome.reason == "price price_1 is unknown: set its credits"
    fast.set_stripe_price("price_2", 500)
    assert fast.get_balance("u").status is None
    fast.set_stripe_price("price_1", 500)
    assert fast.balance("u") == 500
    assert fast.ingest_stripe_event(invoice(), True).outcome == "duplicate"


def test_all_that_waits_is_applied_in_the_order_of_the_events(fast: Credits, clock: Clock) -> None:
    clock.set(NOW + 40 * DAY)
    fast.ingest_stripe_event(invoice(1), True)
    fast.ingest_stripe_event(invoice(0), True)
    fast.set_stripe_price("price_1", 500, rollover_cap=100)
    assert fast.balance("u") == 500
    granted = sorted(fast.list_lots("u", live_only=False), key=lambda lot: lot.lot_id)
    assert [lot.granted for lot in granted] == [500, 500]
    assert [lot.period_start for lot in granted] == [NOW, NOW + 30 * DAY]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal_text("p_price", required=True),
        *illegal_amount("p_credits"),
        *illegal("p_rollover_cap", negative=-1, above_2_53=LIMIT + 1),
    ],
)
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    fast.set_stripe_price("price_1", 500, rollover_cap=50)
    request = {"p_price": "price_1", "p_credits": 1, argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("set_stripe_price", **request)
