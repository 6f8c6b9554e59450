"""Stripe events as Stripe renders them, for the demo and the tests.

Pure functions: no clock, no network, the same arguments give the same event.

``shape`` chooses the API version that an event is rendered in:

* ``endive``: the current one;
* ``acacia``: an older endpoint after 2025-03-31, whose invoices carry the old and the new fields;
* ``pre_basil``: the old fields alone.

Money is in the smallest unit of the currency, times are whole seconds since 1970.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from stripe import WebhookSignature

Event = dict[str, Any]
Shape = Literal["endive", "acacia", "pre_basil"]

API_VERSIONS: dict[Shape, str] = {
    "endive": "2026-10-28.endive",
    "acacia": "2024-12-18.acacia",
    "pre_basil": "2023-10-16",
}


def event(
    kind: str,
    obj: dict[str, Any],
    *,
    created: int,
    event_id: str | None = None,
    livemode: bool = True,
    shape: Shape = "endive",
    previous: dict[str, Any] | None = None,
) -> Event:
    """Wrap an object as Stripe does.

    Without ``event_id`` the id is derived from type, time and object, so that building the same
    event twice gives the same id.
    """
    data: dict[str, Any] = {"object": obj}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": event_id or _identifier("evt", kind, created, obj),
        "object": "event",
        "api_version": API_VERSIONS[shape],
        "created": created,
        "data": data,
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def checkout_completed(
    *,
    account: str,
    credits: int,
    amount: int,
    payment_intent: str,
    created: int,
    currency: str = "usd",
    customer: str | None = "cus_demo",
    session: str | None = None,
    payment_status: str = "paid",
    frozen: bool = True,
    event_id: str | None = None,
    livemode: bool = True,
    shape: Shape = "endive",
) -> Event:
    """Build ``checkout.session.completed`` of a one-off purchase.

    The session's metadata says what was bought, written there by the seller's own server;
    ``frozen`` False leaves out the marker that allows it to be trusted.
    """
    metadata = {"account": account, "credits": str(credits)}
    if frozen:
        metadata["credits_frozen"] = "1"
    obj = {
        "id": session or _identifier("cs", payment_intent),
        "object": "checkout.session",
        "amount_subtotal": amount,
        "amount_total": amount,
        "client_reference_id": account,
        "created": created - 60,
        "currency": currency,
        "customer": customer,
        "customer_details": {"email": "buyer@example.com", "name": None, "phone": None},
        "expires_at": created + 86340,
        "invoice": None,
        "livemode": livemode,
        "metadata": metadata,
        "mode": "payment",
        "payment_intent": payment_intent,
        "payment_link": None,
        "payment_method_types": ["card"],
        "payment_status": payment_status,
        "status": "complete",
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": None,
    }
    return event(
        "checkout.session.completed",
        obj,
        created=created,
        event_id=event_id,
        livemode=livemode,
        shape=shape,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a subscription's invoice; ``amount`` is the money of the whole line."""

    price: str
    amount: int
    period_start: int
    period_end: int
    item: str = "si_demo"
    quantity: int = 1
    proration: bool = False
    product: str = "prod_demo"


def invoice_paid(
    *,
    account: str | None,
    subscription: str,
    lines: list[Line],
    created: int,
    billing_reason: str = "subscription_create",
    currency: str = "usd",
    customer: str = "cus_demo",
    invoice: str | None = None,
    payment_intent: str | None = None,
    status: str = "paid",
    event_id: str | None = None,
    livemode: bool = True,
    shape: Shape = "endive",
) -> Event:
    """Build ``invoice.paid`` of a subscription.

    ``account`` stands in the subscription's metadata, which Stripe copies to invoice and lines
    (None: the subscription has none). ``payment_intent`` is only shown by the older shapes; the
    current one does not name the payment in the invoice.
    """
    identifier = invoice or _identifier("in", subscription, created)
    metadata = {} if account is None else {"account": account}
    total = sum(line.amount for line in lines)
    obj: dict[str, Any] = {
        "id": identifier,
        "object": "invoice",
        "amount_due": total,
        "amount_paid": total,
        "amount_remaining": 0,
        "attempt_count": 1,
        "attempted": True,
        "auto_advance": False,
        "billing_reason": billing_reason,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": currency,
        "customer": customer,
        "discounts": [],
        "lines": {
            "object": "list",
            "data": [
                _line(
                    line,
                    identifier=_identifier("il", identifier, number),
                    invoice=identifier,
                    subscription=subscription,
                    currency=currency,
                    metadata=metadata,
                    livemode=livemode,
                    shape=shape,
                )
                for number, line in enumerate(lines, start=1)
            ],
            "has_more": False,
            "url": f"/v1/invoices/{identifier}/lines",
        },
        "livemode": livemode,
        "metadata": {},
        "number": f"DEMO-{created % 10000:04d}",
        # The window in which items were collected, which on a first invoice is empty; never the
        # period that was paid for.
        "period_end": created,
        "period_start": created,
        "status": status,
        "status_transitions": {
            "finalized_at": created,
            "marked_uncollectible_at": None,
            "paid_at": created,
            "voided_at": None,
        },
        "subtotal": total,
        "total": total,
    }
    if shape in {"endive", "acacia"}:
        obj["parent"] = {
            "quote_details": None,
            "subscription_details": {"metadata": metadata, "subscription": subscription},
            "type": "subscription_details",
        }
        obj["total_taxes"] = []
    if shape in {"acacia", "pre_basil"}:
        obj["subscription"] = subscription
        obj["subscription_details"] = {"metadata": metadata}
        obj["payment_intent"] = payment_intent
        obj["charge"] = None if payment_intent is None else _identifier("ch", payment_intent)
        obj["paid"] = status == "paid"
        obj["paid_out_of_band"] = False
        obj["tax"] = None
    return event(
        "invoice.paid", obj, created=created, event_id=event_id, livemode=livemode, shape=shape
    )


def _line(
    line: Line,
    *,
    identifier: str,
    invoice: str,
    subscription: str,
    currency: str,
    metadata: dict[str, str],
    livemode: bool,
    shape: Shape,
) -> dict[str, Any]:
    obj: dict[str, Any] = {
        "id": identifier,
        "object": "line_item",
        "amount": line.amount,
        "currency": currency,
        "description": f"{line.quantity} x credits",
        "discount_amounts": [],
        "discountable": not line.proration,
        "discounts": [],
        "invoice": invoice,
        "livemode": livemode,
        "metadata": metadata,
        "period": {"end": line.period_end, "start": line.period_start},
        "quantity": line.quantity,
    }
    if shape in {"endive", "acacia"}:
        obj["parent"] = {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": line.proration,
                "proration_details": {"credited_items": None},
                "subscription": subscription,
                "subscription_item": line.item,
            },
            "type": "subscription_item_details",
        }
        obj["pricing"] = {
            "price_details": {"price": line.price, "product": line.product},
            "type": "price_details",
            "unit_amount_decimal": str(line.amount // line.quantity),
        }
        obj["taxes"] = []
    if shape in {"acacia", "pre_basil"}:
        obj["price"] = {
            "id": line.price,
            "object": "price",
            "active": True,
            "currency": currency,
            "livemode": livemode,
            "metadata": {},
            "product": line.product,
            "type": "recurring",
            "unit_amount": line.amount // line.quantity,
        }
        obj["proration"] = line.proration
        obj["subscription"] = subscription
        obj["subscription_item"] = line.item
        obj["tax_amounts"] = []
        obj["type"] = "subscription"
    return obj


def charge_refunded(
    *,
    payment_intent: str | None,
    amount: int,
    amount_refunded: int,
    created: int,
    previously_refunded: int = 0,
    currency: str = "usd",
    customer: str | None = "cus_demo",
    charge: str | None = None,
    invoice: str | None = None,
    event_id: str | None = None,
    livemode: bool = True,
    shape: Shape = "endive",
) -> Event:
    """Build ``charge.refunded``.

    ``amount_refunded`` is what has been refunded of ``amount`` by now, this refund included, and
    ``previously_refunded`` what it was before. Only the oldest shape names the invoice.
    """
    obj: dict[str, Any] = {
        "id": charge or _identifier("ch", payment_intent),
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": amount_refunded,
        "captured": True,
        "created": created - 60,
        "currency": currency,
        "customer": customer,
        "disputed": False,
        "livemode": livemode,
        "metadata": {},
        "paid": True,
        "payment_intent": payment_intent,
        "refunded": amount_refunded >= amount,
        "status": "succeeded",
    }
    if shape in {"acacia", "pre_basil"}:
        obj["invoice"] = invoice
    return event(
        "charge.refunded",
        obj,
        created=created,
        event_id=event_id,
        livemode=livemode,
        shape=shape,
        previous={"amount_refunded": previously_refunded, "refunded": False},
    )


def body(built: Event) -> str:
    """Render an event as the text that Stripe would send."""
    return json.dumps(built, indent=2, ensure_ascii=False)


def sign(payload: str, secret: str, timestamp: int | None = None) -> str:
    """Return the Stripe-Signature header for a body; now unless ``timestamp`` is given."""
    header: str = WebhookSignature.generate_signature_header(payload, secret, timestamp)
    return header


def _identifier(prefix: str, *parts: object) -> str:
    """Make an id that looks like Stripe's out of whatever the object is about."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return f"{prefix}_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
