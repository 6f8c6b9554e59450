"""The builders of events against the SDK's own list of fields."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import InvoiceLineItem

from pgcredits.demo import events
from tests.relay.support import NOW, SECRET, pack

MONTH = 30 * 86400


def invoice(shape: events.Shape) -> events.Event:
    line = events.Line("price_pro", 2000, NOW, NOW + MONTH, quantity=2)
    return events.invoice_paid(
        account="alice",
        subscription="sub_1",
        lines=[line],
        created=NOW,
        payment_intent="pi_invoice",
        shape=shape,
    )


def refund(shape: events.Shape = "endive") -> events.Event:
    return events.charge_refunded(
        payment_intent="pi_pack", amount=1000, amount_refunded=400, created=NOW, shape=shape
    )


def unknown_fields(obj: dict[str, Any], cls: type[object]) -> set[str]:
    return set(obj) - set(cls.__annotations__)


def test_the_current_shape_has_only_fields_that_the_sdk_knows() -> None:
    paid = invoice("endive")["data"]["object"]
    (line,) = paid["lines"]["data"]
    details = line["parent"]["subscription_item_details"]
    assert not unknown_fields(pack(), stripe.Event)
    assert not unknown_fields(pack()["data"]["object"], stripe.checkout.Session)
    assert not unknown_fields(refund()["data"]["object"], stripe.Charge)
    assert not unknown_fields(paid, stripe.Invoice)
    assert not unknown_fields(
        paid["parent"]["subscription_details"], stripe.Invoice.Parent.SubscriptionDetails
    )
    assert not unknown_fields(line, InvoiceLineItem)
    assert not unknown_fields(line["pricing"], InvoiceLineItem.Pricing)
    assert not unknown_fields(
        line["pricing"]["price_details"], InvoiceLineItem.Pricing.PriceDetails
    )
    assert not unknown_fields(details, InvoiceLineItem.Parent.SubscriptionItemDetails)


def test_the_invoice_shapes_differ_as_stripe_s_do() -> None:
    names = ("parent", "subscription", "payment_intent", "paid")
    objects = {shape: invoice(shape)["data"]["object"] for shape in events.API_VERSIONS}
    found = {shape: {name: name in obj for name in names} for shape, obj in objects.items()}
    new, old = {"parent": True}, {"subscription": True, "payment_intent": True, "paid": True}
    assert found["acacia"] == {**new, **old}
    assert found["endive"] == {**new, **dict.fromkeys(old, False)}
    assert found["pre_basil"] == {"parent": False, **old}


@pytest.mark.parametrize("shape", events.API_VERSIONS)
def test_a_price_of_an_older_line_is_an_object(shape: events.Shape) -> None:
    (line,) = invoice(shape)["data"]["object"]["lines"]["data"]
    if shape != "endive":
        assert line["price"]["id"] == "price_pro"
    if shape != "pre_basil":
        assert line["pricing"]["price_details"]["price"] == "price_pro"


def test_the_same_arguments_give_the_same_event() -> None:
    assert pack() == pack()
    assert pack()["id"] != pack(created=NOW)["id"]
    assert pack(event_id="evt_x")["id"] == "evt_x"


def test_a_refund_names_the_charge_of_its_payment() -> None:
    charge = refund()["data"]["object"]
    assert charge["payment_intent"] == "pi_pack"
    assert charge["id"] == invoice_charge("pi_pack")
    assert (charge["amount_refunded"], charge["refunded"]) == (400, False)


def invoice_charge(payment_intent: str) -> str:
    line = events.Line("price_pro", 2000, NOW, NOW + MONTH)
    old = events.invoice_paid(
        account=None,
        subscription="sub_1",
        lines=[line],
        created=NOW,
        payment_intent=payment_intent,
        shape="pre_basil",
    )
    charge: str = old["data"]["object"]["charge"]
    return charge


def test_a_signed_body_is_what_the_sdk_verifies() -> None:
    text = events.body(pack())
    built = stripe.Webhook.construct_event(text, events.sign(text, SECRET), SECRET)
    assert built.type == "checkout.session.completed"
