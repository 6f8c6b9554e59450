"""The small functions that read a field of Stripe's objects in whatever API version they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.types.json import Jsonb

from tests import stripe_objects as objects
from tests.scenarios.test_stripe import MONTH, START, line

if TYPE_CHECKING:
    import psycopg


def ask(tx: psycopg.Connection[Any], function: str, *arguments: Any) -> Any:
    """Call a private function; objects are sent as jsonb."""
    sent = [Jsonb(a) if isinstance(a, (dict, list)) else a for a in arguments]
    holes = ", ".join(["%s"] * len(sent))
    row = tx.execute(f"select credits_private.{function}({holes})".encode(), sent).fetchone()
    assert row is not None
    return row[0]


def shown(event: dict[str, Any]) -> Any:
    return event["data"]["object"]


@pytest.mark.parametrize("version", objects.VERSIONS)
def test_a_line_of_an_invoice_in_every_version(tx: psycopg.Connection[Any], version: str) -> None:
    invoice = shown(
        objects.invoice_paid(
            version,
            account="u",
            subscription="sub_1",
            lines=[line(quantity=2), line(proration=True)],
            created=START,
            invoice="in_1",
            payment_intent="pi_1",
        )
    )
    whole, part = invoice["lines"]["data"]
    assert ask(tx, "invoice_subscription", invoice, whole) == "sub_1"
    assert ask(tx, "invoice_account", invoice, whole) == "u"
    assert ask(tx, "invoice_line_price", whole) == "price_pro"
    assert ask(tx, "invoice_line_item", whole) == "si_demo"
    assert ask(tx, "invoice_line_amount", whole) == 1900
    assert ask(tx, "invoice_line_is_period", whole) is True
    assert ask(tx, "invoice_line_is_proration", whole) is False
    assert ask(tx, "invoice_line_is_proration", part) is True
    old = version not in objects.NEW
    names = ["in_1", "pi_1", invoice["charge"]] if old else ["in_1"]
    assert ask(tx, "stripe_object_ids", invoice) == names


@pytest.mark.parametrize(
    ("obj", "ids"),
    [
        ({"object": "checkout.session", "id": "cs_1", "payment_intent": "pi_1"}, ["pi_1", "cs_1"]),
        ({"object": "checkout.session", "id": "cs_1", "invoice": {"id": "in_1"}}, ["cs_1", "in_1"]),
        (
            shown(objects.payment_intent(START, version="2020", invoice="in_1")),
            ["pi_1", "ch_1", "in_1"],
        ),
        (shown(objects.payment_intent(START)), ["pi_1", "ch_1"]),
        (shown(objects.charge(START, invoice="in_1")), ["pi_1", "ch_1", "in_1"]),
        (shown(objects.charge(START, payment_intent=None)), ["ch_1"]),
        (shown(objects.refund(START)), ["pi_1", "ch_1"]),
        (shown(objects.refund(START, charge={"id": "ch_1"}, payment_intent=None)), ["ch_1"]),  # type: ignore[arg-type]
        (shown(objects.dispute(START)), ["pi_1", "ch_1"]),
        (shown(objects.credit_note(START, invoice="in_1")), ["in_1"]),
        (shown(objects.invoice_payment(START, invoice="in_1")), ["in_1", "pi_1"]),
        ({"object": "customer", "id": "cus_1"}, []),
        ({"id": "x"}, []),
    ],
)
def test_the_names_of_a_payment(
    tx: psycopg.Connection[Any], obj: dict[str, Any], ids: list[str]
) -> None:
    assert ask(tx, "stripe_object_ids", obj) == ids


@pytest.mark.parametrize("version", objects.VERSIONS)
def test_the_period_of_a_subscription(tx: psycopg.Connection[Any], version: str) -> None:
    obj = shown(objects.subscription(START, period=(START, START + MONTH), version=version))
    end = datetime.fromtimestamp(START + MONTH, UTC)
    assert ask(tx, "subscription_period", obj, "start") == datetime.fromtimestamp(START, UTC)
    assert ask(tx, "subscription_period", obj, "end") == end
    assert ask(tx, "subscription_cancel_at", obj) is None
    assert ask(tx, "subscription_cancel_at", {**obj, "cancel_at_period_end": True}) == end
    soon = datetime.fromtimestamp(START + 5, UTC)
    assert ask(tx, "subscription_cancel_at", {**obj, "cancel_at": START + 5}) == soon


@pytest.mark.parametrize("version", objects.VERSIONS)
def test_a_credit_note_in_every_version(tx: psycopg.Connection[Any], version: str) -> None:
    note = shown(
        objects.credit_note(
            START, invoice="in_1", amount=900, refunds=[("re_1", 400)], version=version
        )
    )
    part = 400 if version in objects.NEW else None
    assert ask(tx, "credit_note_refunds", note) == [["re_1", part]]
    assert ask(tx, "credit_note_amount", note) == 900


@pytest.mark.parametrize(
    ("values", "has"),
    [
        ({"status": "active"}, True),
        ({"status": "past_due"}, False),
        ({"cancel_at": None}, True),
        ({"metadata": {"seat": "1"}}, True),
        ({"metadata": {"seat": "2"}}, False),
        ({"metadata": {"gone": None}}, True),
        ({}, False),
        (None, False),
    ],
)
def test_former_values(
    tx: psycopg.Connection[Any], values: dict[str, Any] | None, has: bool
) -> None:
    obj = {"status": "active", "metadata": {"seat": "1", "account": "u"}}
    assert ask(tx, "has_values", obj, values) is has


@pytest.mark.parametrize(
    ("metadata", "credits", "problem"),
    [
        ({}, None, None),
        ({"credits": "0"}, None, None),
        ({"credits": "500"}, 500, None),
        ({"credits": "05"}, None, "credits is not a whole number"),
        ({"credits": "1e3"}, None, "credits is not a whole number"),
        ({"credits": "9" * 16}, None, "credits is not a whole number"),
    ],
)
def test_credits_in_metadata(
    tx: psycopg.Connection[Any], metadata: dict[str, str], credits: int | None, problem: str | None
) -> None:
    row = tx.execute(
        "select t.credits, t.problem from credits_private.parse_stripe_terms(%s) as t",
        (Jsonb(metadata),),
    ).fetchone()
    assert row == (credits, problem)
