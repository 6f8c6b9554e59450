"""One purchase that Stripe, or our own server, speaks about more than once and in several ways."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.demo import events
from pgcredits.errors import InvalidArgument
from tests.functions.support import DAY, NOW, refused, unchanged
from tests.scenarios.test_stripe import MONTH, START, ingest, invoice, line, purchase, refund

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


TOLD = ("checkout", "subscription", "invoice")


@pytest.fixture
def pro(fast: Credits) -> Credits:
    """Make price_pro worth 500 credits a period."""
    fast.set_stripe_price("price_pro", 500)
    return fast


def about(event: events.Event, kind: str, number: int = 0, **changes: Any) -> events.Event:
    """Another event about the object of an event, which has changed in the meantime."""
    shown = {**event["data"]["object"], **changes}
    return events.event(kind, shown, created=START + 100 + number, event_id=f"evt_{kind}_{number}")


def refund_object(kind: str, cents: int) -> events.Event:
    """An event of the family that is about the refund itself, not about its charge."""
    shown = {
        "id": "re_1",
        "object": "refund",
        "amount": cents,
        "charge": refund(cents)["data"]["object"]["id"],
        "currency": "usd",
        "payment_intent": "pi_1",
        "status": "succeeded",
    }
    return events.event(kind, shown, created=START + 200)


# Purchases.


@pytest.mark.parametrize("told", [False, True], ids=["before_the_webhook", "after_the_webhook"])
def test_the_page_after_a_payment_cannot_grant_beside_the_webhook(
    fast: Credits, told: bool
) -> None:
    """A payment at Stripe is recorded by its events alone, so there are not two ways to grant."""
    if told:
        ingest(fast, purchase())
    with refused(fast, InvalidArgument, argument="p_provider"):
        fast.record_payment(
            "u", "pi_1", 1000, currency="usd", grants=[{"amount": 100}], provider="stripe"
        )
    ingest(fast, purchase())
    assert ingest(fast, purchase(event_id="evt_2", session="cs_2")).outcome == "applied"
    assert fast.booked("u") == [("grant", 100)]
    assert len(fast.list_lots("u", live_only=False)) == 1


def test_a_checkout_that_fails_later_grants_nothing(fast: Credits) -> None:
    """A payment method that takes days: complete, but not paid; then it fails."""
    unpaid = purchase(payment_status="unpaid")
    assert ingest(fast, unpaid).outcome == "ignored"
    failed = about(unpaid, "checkout.session.async_payment_failed")
    assert ingest(fast, failed).outcome == "ignored"
    expired = about(unpaid, "checkout.session.expired", status="expired")
    assert ingest(fast, expired).outcome == "ignored"
    assert fast.get_balance("u").status is None


@pytest.mark.parametrize("size", [1, 7, 10, 2500, 999_999_999_999_999])
def test_a_pack_may_have_any_size(fast: Credits, size: int) -> None:
    assert ingest(fast, purchase(credits=size)).outcome == "applied"
    assert fast.balance("u") == size


@pytest.mark.parametrize("name", ["pi_1", "pi_pi_1", "PI-1", "3f1c", "py_1", "pi_" + "x" * 200])
def test_a_refund_finds_its_payment_whatever_the_id_looks_like(fast: Credits, name: str) -> None:
    ingest(fast, purchase(payment_intent=name))
    assert ingest(fast, refund(1000, payment_intent=name)).outcome == "applied"
    assert fast.balance("u") == 0


def test_an_id_is_not_found_by_a_part_of_it(fast: Credits) -> None:
    ingest(fast, purchase(payment_intent="pi_pi_1"))
    for name in ("pi_1", "pi_pi_", "pi_pi_11", "PI_PI_1"):
        assert ingest(fast, refund(1000, payment_intent=name)).outcome == "parked"
    assert fast.balance("u") == 100


# Refunds.


@pytest.mark.parametrize("charge_at", range(4))
def test_two_families_of_events_about_one_refund_take_it_once(
    fast: Credits, charge_at: int
) -> None:
    ingest(fast, purchase())
    family = [
        refund_object(kind, 300)
        for kind in ("refund.created", "refund.updated", "charge.refund.updated")
    ]
    family.insert(charge_at, refund(300))
    assert [ingest(fast, event).outcome for event in family] == ["applied"] * 4
    assert fast.booked("u") == [("grant", 100), ("clawback", -30)]


# Subscriptions.


def first_period() -> dict[str, events.Event]:
    """What Stripe tells about the first period of a subscription."""
    checkout = purchase(credits=500, payment_intent="pi_sub")
    checkout["data"]["object"].update(
        mode="subscription", subscription="sub_1", payment_intent=None
    )
    subscription = events.event(
        "customer.subscription.created",
        {
            "id": "sub_1",
            "object": "subscription",
            "status": "active",
            "metadata": {"account": "u"},
            "items": {"object": "list", "data": [{"id": "si_demo", "quantity": 1}]},
        },
        created=START,
    )
    return {"checkout": checkout, "subscription": subscription, "invoice": invoice()}


@pytest.mark.parametrize("order", [*permutations(TOLD)], ids="-".join)
def test_a_first_period_is_granted_once_in_any_order(pro: Credits, order: tuple[str, ...]) -> None:
    told = first_period()
    for name in [*order, *order]:
        assert ingest(pro, told[name]).outcome in {"applied", "ignored", "duplicate"}
    assert pro.booked("u") == [("grant", 500)]


@pytest.mark.parametrize("order", [*combinations(TOLD, 2)], ids="-".join)
def test_the_invoice_alone_decides_about_the_first_period(
    pro: Credits, order: tuple[str, ...]
) -> None:
    """The others may be missing; where the invoice is, Stripe sends it until it is taken."""
    told = first_period()
    for name in [*order, *order]:
        ingest(pro, told[name])
    assert pro.balance("u") == (500 if "invoice" in order else 0)


def test_a_paid_invoice_that_is_called_failed_or_void_afterwards_keeps_its_grant(
    pro: Credits,
) -> None:
    paid = invoice(payment_intent="pi_1", shape="acacia")
    ingest(pro, paid)
    pro.deduct_credit("u", 100)
    entries = pro.entries("u")
    for number, (kind, status) in enumerate(
        [
            ("invoice.payment_failed", "open"),
            ("invoice.voided", "void"),
            ("invoice.marked_uncollectible", "uncollectible"),
            ("invoice.payment_succeeded", "paid"),
            ("invoice.updated", "paid"),
        ]
    ):
        assert ingest(pro, about(paid, kind, number, status=status)).outcome == "applied"
        if status in {"void", "uncollectible"}:
            assert "decide whether to take them back" in (
                pro.list_stripe_events(outcome="all", event_type=kind)[0].reason or ""
            )
    assert ingest(pro, about(paid, "invoice.paid")).outcome == "applied"
    assert pro.entries("u") == entries


def test_an_invoice_whose_payment_failed_first_grants_once(pro: Credits) -> None:
    paid = invoice()
    for number in range(3):
        failed = about(paid, "invoice.payment_failed", number, status="open")
        assert ingest(pro, failed).outcome == "applied"
    assert pro.get_balance("u").status is None
    assert ingest(pro, paid).outcome == "applied"
    assert ingest(pro, about(paid, "invoice.payment_failed", 9, status="open")).outcome == "applied"
    assert pro.booked("u") == [("grant", 500)]


@pytest.mark.parametrize("status", ["draft", "open", "void", "uncollectible"])
def test_an_invoice_that_is_not_paid_takes_nothing_from_what_is_there(
    pro: Credits, status: str
) -> None:
    ingest(pro, purchase())
    pro.deduct_credit("u", 30)
    entries = pro.entries("u")
    for event in (
        invoice(status=status),
        about(invoice(), "invoice.payment_failed", status=status),
    ):
        assert ingest(pro, event).outcome in {"ignored", "applied"}
    assert pro.entries("u") == entries
    assert pro.balance("u") == 70


def test_changing_to_and_fro_grants_no_second_allowance(pro: Credits, clock: Clock) -> None:
    """Each change of plan is billed by an invoice that is paid, with a part of the period."""
    pro.set_stripe_price("price_max", 2000)
    ingest(pro, invoice())
    for number in range(1, 7):
        clock.advance(DAY)
        price = "price_max" if number % 2 else "price_pro"
        part = line(price=price, amount=100 * number, proration=True)
        event = invoice(
            part,
            invoice=f"in_change_{number}",
            billing_reason="subscription_update",
            event_id=f"evt_change_{number}",
        )
        assert ingest(pro, event).outcome == "ignored"
    assert pro.booked("u") == [("grant", 500)]


def test_a_second_invoice_for_a_period_is_no_second_allowance(pro: Credits) -> None:
    ingest(pro, invoice(invoice="in_1"))
    entries = pro.entries("u")
    again = ingest(pro, invoice(invoice="in_2", event_id="evt_2"))
    assert again.outcome == "failed"
    assert (again.reason or "").startswith("PT409")
    assert pro.entries("u") == entries


@pytest.mark.parametrize("missing", ["start", "end", "both"])
def test_a_line_without_the_bounds_of_its_period_is_an_error(pro: Credits, missing: str) -> None:
    """It is neither ignored nor taken for a period that ends in 1970."""
    event = invoice()
    period = event["data"]["object"]["lines"]["data"][0]["period"]
    for bound in ("start", "end") if missing == "both" else (missing,):
        period[bound] = None
    assert ingest(pro, event).outcome in {"parked", "failed"}
    assert pro.get_balance("u").status is None
    period.update(start=START, end=START + MONTH)
    with pro.conn.transaction(force_rollback=True):
        assert ingest(pro, {**event, "id": "evt_whole"}).outcome == "applied"
        assert pro.balance("u") == 500


def test_credits_of_a_trial_end_with_the_first_paid_period(fast: Credits, clock: Clock) -> None:
    fast.add_subscription_credits("u", 50, NOW + 14 * DAY, subscription="sub_1", reference="trial")
    fast.deduct_credit("u", 20)
    clock.set(NOW + 14 * DAY)
    receipt = fast.renew_subscription(
        "u", "sub_1", 500, period_start=NOW + 14 * DAY, period_end=NOW + 44 * DAY
    )
    assert receipt.balance == 500
    assert fast.booked("u")[-2:] == [("grant", 500), ("expire", -30)]
    with unchanged(fast):
        assert fast.expire_due().credits == 0
