"""Events of Stripe in each API version that changed a field of ours.

``pgcredits.demo.events`` builds checkouts, invoices and refunded charges in the shapes that a demo
needs; here is the rest of the families, and the shapes of older versions.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pgcredits.demo import events

if TYPE_CHECKING:
    from pgcredits.demo.events import Event

VERSIONS = {
    "2017": "2017-08-15",
    "2020": "2020-08-27",
    "2022": "2022-11-15",
    "2024": "2024-06-20",
    "acacia": "2024-12-18.acacia",
    "basil": "2025-03-31.basil",
    "clover": "2025-09-30.clover",
    "endive": "2026-10-28.endive",
}
NEW = {"basil", "clover", "endive"}


def event(
    kind: str,
    obj: dict[str, Any],
    created: int,
    *,
    version: str = "endive",
    previous: dict[str, Any] | None = None,
    event_id: str | None = None,
) -> Event:
    built = events.event(kind, obj, created=created, previous=previous, event_id=event_id)
    return {**built, "api_version": VERSIONS[version]}


def invoice_paid(version: str, **given: Any) -> Event:
    """``invoice.paid`` in a version; ``payment_intent`` is shown by those before basil."""
    shape: events.Shape = (
        "endive" if version in NEW else "acacia" if version == "acacia" else "pre_basil"
    )
    built = events.invoice_paid(shape=shape, **given)
    built["api_version"] = VERSIONS[version]
    obj = built["data"]["object"]
    if version in {"2017", "2020", "2022"}:
        del obj["subscription_details"]
    if version in {"2017", "2020"}:
        for shown in obj["lines"]["data"]:
            shown["plan"] = {
                "id": shown["price"]["id"],
                "amount": shown["price"]["unit_amount"],
                "object": "plan",
                "product": shown["price"]["product"],
            }
    if version == "2017":
        for name in ("status", "status_transitions", "billing_reason", "amount_remaining"):
            obj.pop(name, None)
        for shown in obj["lines"]["data"]:
            del shown["price"], shown["discount_amounts"]
            shown["id"] = shown["subscription"]
    return built


def refund(
    created: int,
    *,
    refund: str = "re_1",
    amount: int = 300,
    status: str = "succeeded",
    payment_intent: str | None = "pi_1",
    charge: str | None = "ch_1",
    kind: str = "refund.created",
    made: int | None = None,
    version: str = "endive",
    **more: Any,
) -> Event:
    obj = {
        "id": refund,
        "object": "refund",
        "amount": amount,
        "charge": charge,
        "created": created if made is None else made,
        "currency": "usd",
        "metadata": {},
        "payment_intent": payment_intent,
        "status": status,
        **more,
    }
    return event(kind, obj, created, version=version)


def charge(
    created: int,
    *,
    charge: str = "ch_1",
    payment_intent: str | None = "pi_1",
    amount: int = 1000,
    refunded: int = 0,
    kind: str = "charge.refunded",
    refunds: list[dict[str, Any]] | None = None,
    version: str = "endive",
    **more: Any,
) -> Event:
    """A charge; before 2022-11-15 it lists its ``refunds``."""
    built = events.charge_refunded(
        charge=charge,
        payment_intent=payment_intent,
        amount=amount,
        amount_refunded=refunded,
        created=created,
    )
    obj = {**built["data"]["object"], **more}
    if version in {"2017", "2020"}:
        obj["refunds"] = {"object": "list", "data": refunds or [], "has_more": False}
    return event(kind, obj, created, version=version)


def dispute(
    created: int,
    status: str = "needs_response",
    *,
    dispute: str = "dp_1",
    amount: int = 1000,
    currency: str = "usd",
    payment_intent: str | None = "pi_1",
    charge: str | None = "ch_1",
    kind: str = "created",
    **more: Any,
) -> Event:
    """``charge.dispute.`` created, updated, closed, funds_withdrawn or funds_reinstated."""
    obj = {
        "id": dispute,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge,
        "currency": currency,
        "payment_intent": payment_intent,
        "reason": "fraudulent",
        "status": status,
        **more,
    }
    return event(f"charge.dispute.{kind}", obj, created)


def credit_note(
    created: int,
    *,
    invoice: str,
    note: str = "cn_1",
    amount: int = 500,
    refunds: list[tuple[str, int]] | None = None,
    status: str = "issued",
    kind: str = "created",
    version: str = "endive",
    **more: Any,
) -> Event:
    obj: dict[str, Any] = {
        "id": note,
        "object": "credit_note",
        "amount": amount,
        "currency": "usd",
        "invoice": invoice,
        "status": status,
        "type": "post_payment",
    }
    if version in NEW:
        obj["post_payment_amount"] = amount
        obj["pre_payment_amount"] = 0
        obj["refunds"] = [
            {"refund": name, "amount_refunded": part, "type": "refund"}
            for name, part in refunds or []
        ]
    else:
        obj["refund"] = refunds[0][0] if refunds else None
    return event(f"credit_note.{kind}", {**obj, **more}, created, version=version)


def payment_intent(
    created: int,
    *,
    intent: str = "pi_1",
    charge: str = "ch_1",
    amount: int = 1000,
    metadata: dict[str, str] | None = None,
    invoice: str | None = None,
    customer: str | None = None,
    version: str = "endive",
) -> Event:
    """``payment_intent.succeeded``; before 2022-11-15 the charge is in a list."""
    obj: dict[str, Any] = {
        "id": intent,
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount,
        "currency": "usd",
        "customer": customer,
        "metadata": metadata or {},
        "status": "succeeded",
    }
    if version in {"2017", "2020"}:
        obj["charges"] = {"object": "list", "data": [{"id": charge, "object": "charge"}]}
    else:
        obj["latest_charge"] = charge
    if version not in NEW:
        obj["invoice"] = invoice
    return event("payment_intent.succeeded", obj, created, version=version)


def invoice_payment(
    created: int,
    *,
    invoice: str,
    payment_intent: str | None = "pi_1",
    charge: str | None = None,
    amount: int = 1900,
    number: str = "inpay_1",
) -> Event:
    obj = {
        "id": number,
        "object": "invoice_payment",
        "amount_paid": amount,
        "invoice": invoice,
        "payment": {
            "type": "payment_intent" if payment_intent else "charge",
            "payment_intent": payment_intent,
            "charge": charge,
        },
        "status": "paid",
    }
    return event("invoice_payment.paid", obj, created)


def subscription(
    created: int,
    status: str = "active",
    *,
    kind: str = "updated",
    subscription: str = "sub_1",
    customer: str | None = "cus_1",
    account: str | None = "u",
    period: tuple[int, int] = (0, 1),
    previous: dict[str, Any] | None = None,
    version: str = "endive",
    **more: Any,
) -> Event:
    """``customer.subscription.``; the period is at the items since basil, before at the top."""
    start, end = period
    item: dict[str, Any] = {"id": "si_1", "object": "subscription_item", "quantity": 1}
    obj: dict[str, Any] = {
        "id": subscription,
        "object": "subscription",
        "cancel_at": None,
        "cancel_at_period_end": False,
        "customer": customer,
        "ended_at": None,
        "items": {"object": "list", "data": [item]},
        "metadata": {} if account is None else {"account": account},
        "status": status,
    }
    bounds = {"current_period_start": start, "current_period_end": end}
    (item if version in NEW else obj).update(bounds)
    return event(
        f"customer.subscription.{kind}",
        {**obj, **more},
        created,
        version=version,
        previous=previous,
    )


def price(
    created: int,
    metadata: dict[str, str] | None = None,
    *,
    kind: str = "price.created",
    price: str = "price_pro",
    product: str | None = "prod_1",
    unit_amount: int | None = 1900,
    previous: dict[str, Any] | None = None,
    **more: Any,
) -> Event:
    obj = {
        "id": price,
        "object": "plan" if kind.startswith("plan.") else "price",
        "active": True,
        "currency": "usd",
        "metadata": metadata or {},
        "product": product,
        "unit_amount": unit_amount,
        **more,
    }
    return event(kind, obj, created, previous=previous)


def product(
    created: int,
    metadata: dict[str, str] | None = None,
    *,
    kind: str = "product.created",
    product: str = "prod_1",
    previous: dict[str, Any] | None = None,
    **more: Any,
) -> Event:
    obj = {
        "id": product,
        "object": "product",
        "active": True,
        "metadata": metadata or {},
        "name": "Credits",
        **more,
    }
    return event(kind, obj, created, previous=previous)


def customer(
    created: int,
    account: str | None = "u",
    *,
    kind: str = "created",
    customer: str = "cus_1",
    previous: dict[str, Any] | None = None,
) -> Event:
    metadata = {} if account is None else {"account": account}
    obj = {"id": customer, "object": "customer", "metadata": metadata}
    return event(f"customer.{kind}", obj, created, previous=previous)


def session(created: int, kind: str = "completed", **more: Any) -> Event:
    """``checkout.session.`` of a purchase of 100 credits, with some fields of the object changed.

    ``frozen`` False leaves out the marker that allows its metadata to be trusted.
    """
    given = {
        "account": more.pop("account", "u"),
        "credits": 100,
        "amount": more.pop("amount", 1000),
        "payment_intent": more.get("payment_intent", "pi_1"),
        "created": created,
        "frozen": more.pop("frozen", True),
        "session": more.pop("session", "cs_1"),
    }
    obj = deepcopy(events.checkout_completed(**given)["data"]["object"])
    return event(f"checkout.session.{kind}", {**obj, **more}, created)


def line_item(price: str, quantity: int = 1, amount: int = 1000) -> dict[str, Any]:
    return {
        "id": f"li_{price}",
        "object": "item",
        "amount_total": amount,
        "currency": "usd",
        "price": {"id": price, "object": "price", "product": {"id": "prod_1"}},
        "quantity": quantity,
    }
