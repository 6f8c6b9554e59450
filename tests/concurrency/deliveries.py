"""Stripe's events about a few payments, and their delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.demo import events
from tests.concurrency.writers import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.rpc import StripeOutcome
    from tests.client import Credits

PAID_AT = int(NOON.timestamp())


def delivery(event: events.Event) -> Callable[[Credits], StripeOutcome]:
    """Return the call that hands the event over, in whatever session makes it."""
    return lambda session: session.ingest_stripe_event(events.body(event), True)


def purchase(account: str = "ann", payment_intent: str = "pi_1") -> events.Event:
    return events.checkout_completed(
        account=account, credits=100, amount=1000, payment_intent=payment_intent, created=PAID_AT
    )


def refund(refunded: int, payment_intent: str = "pi_1") -> events.Event:
    return events.charge_refunded(
        payment_intent=payment_intent,
        amount=1000,
        amount_refunded=refunded,
        created=PAID_AT + refunded,
    )


def invoice(account: str, price: str = "price_1") -> events.Event:
    line = events.Line(
        price=price, amount=900, period_start=PAID_AT, period_end=PAID_AT + 2_592_000
    )
    return events.invoice_paid(
        account=account, subscription=f"sub_{account}", lines=[line], created=PAID_AT
    )
