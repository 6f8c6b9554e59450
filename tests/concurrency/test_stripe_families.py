"""Stripe's events of different families at the same time: none is missed, and nobody deadlocks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pgcredits.rpc import StripeOutcome
from tests import stripe_objects as objects
from tests.concurrency.deliveries import PAID_AT, delivery, invoice, purchase
from tests.functions.support import LIMIT, set_setting

if TYPE_CHECKING:
    from pgcredits.demo.events import Event
    from tests.client import Credits
    from tests.concurrency.sessions import Sessions

pytestmark = pytest.mark.usefixtures("at_noon")


def _outcome(answer: object) -> str:
    assert isinstance(answer, StripeOutcome), answer
    return answer.outcome


REFUND = objects.refund(PAID_AT + 9, amount=500)
DISPUTE = objects.dispute(PAID_AT + 9, "lost", amount=500, kind="closed")
NAMELESS = objects.invoice_paid(
    "endive",
    account=None,
    subscription="sub_ann",
    lines=invoice("ann")["data"]["object"]["lines"]["data"][:0],
    created=PAID_AT,
    customer="cus_1",
    invoice="in_1",
)
NAMELESS["data"]["object"]["lines"] = invoice("ann")["data"]["object"]["lines"]
for _line in NAMELESS["data"]["object"]["lines"]["data"]:
    _line["metadata"] = {}
NAMELESS["data"]["object"]["amount_paid"] = 900


@pytest.mark.parametrize("event", [REFUND, DISPUTE], ids=["refund", "dispute"])
@pytest.mark.parametrize("first", ["purchase", "event"])
def test_money_that_goes_back_meets_its_purchase(
    credits: Credits, sessions: Sessions, event: Event, first: str
) -> None:
    calls = [delivery(purchase()), delivery(event)]
    race = sessions.race(*(calls if first == "purchase" else calls[::-1]))
    assert race.waited
    assert credits.balance("ann") == 50
    assert credits.list_stripe_events() == []


def test_an_invoice_meets_the_event_that_ties_it_to_its_refund(
    credits: Credits, sessions: Sessions
) -> None:
    """Three events that share no single name: refund and payment, payment and invoice."""
    credits.set_stripe_price("price_1", 500)
    delivery(REFUND)(credits)
    paid = invoice("ann")
    tied = objects.invoice_payment(PAID_AT, invoice=paid["data"]["object"]["id"], amount=900)
    race = sessions.race(delivery(tied), delivery(paid))
    assert race.waited
    assert credits.balance("ann") == 500 - 277
    assert credits.list_stripe_events() == []


@pytest.mark.parametrize("first", ["invoice", "customer"])
def test_an_invoice_meets_its_customer(credits: Credits, sessions: Sessions, first: str) -> None:
    credits.set_stripe_price("price_1", 500)
    calls = [delivery(NAMELESS), delivery(objects.customer(PAID_AT, "ann"))]
    race = sessions.race(*(calls if first == "invoice" else calls[::-1]))
    assert race.waited
    assert credits.balance("ann") == 500
    assert credits.list_stripe_events() == []


@pytest.mark.parametrize("first", ["event", "items"])
def test_a_session_meets_its_line_items(credits: Credits, sessions: Sessions, first: str) -> None:
    set_setting(credits, "checkout_credits", "line_items")
    credits.set_stripe_price("pack", 100)
    session = objects.session(PAID_AT, account="ann")
    items = [objects.line_item("pack")]
    calls = [
        delivery(session),
        lambda one: one.add_stripe_line_items("cs_1", items),
    ]
    race = sessions.race(*(calls if first == "event" else calls[::-1]))
    assert race.waited
    assert credits.balance("ann") == 100
    assert credits.list_stripe_events() == []


def test_two_prices_that_wake_the_same_invoices_do_not_deadlock(
    credits: Credits, sessions: Sessions
) -> None:
    """One invoice of each account waits for either price, and then for the other one."""
    for account, order in (("ann", ("a", "b")), ("bob", ("b", "a")), ("cat", ("a", "b"))):
        event = invoice(account, f"price_{order[0]}")
        lines = event["data"]["object"]["lines"]["data"]
        lines += [
            {**line, "pricing": {"price_details": {"price": f"price_{order[1]}"}}} for line in lines
        ]
        assert delivery(event)(credits).outcome == "parked"
    race = sessions.race(
        lambda one: one.set_stripe_price("price_a", 5),
        lambda one: one.set_stripe_price("price_b", 7),
    )
    assert race.waited
    assert [credits.balance(account) for account in ("ann", "bob", "cat")] == [12, 12, 12]
    assert credits.list_stripe_events() == []


def test_a_price_that_comes_by_an_event_and_one_that_is_set(
    credits: Credits, sessions: Sessions
) -> None:
    delivery(objects.product(PAID_AT - 9))(credits)
    assert delivery(invoice("ann"))(credits).outcome == "parked"
    race = sessions.race(
        delivery(objects.price(PAID_AT - 9, {"credits": "500"}, price="price_1")),
        lambda one: one.set_stripe_price("price_1", 500),
    )
    assert race.waited
    assert credits.booked("ann") == [("grant", 500)]


def test_a_price_that_comes_by_an_event_and_one_that_is_read(
    credits: Credits, sessions: Sessions
) -> None:
    delivery(objects.product(PAID_AT - 9))(credits)
    assert delivery(invoice("ann"))(credits).outcome == "parked"
    event = objects.price(PAID_AT - 9, {"credits": "500"}, price="price_1")
    read = {**event["data"]["object"], "created": PAID_AT - 9}
    race = sessions.race(
        delivery(event),
        lambda one: one.mirror_stripe_object(read, datetime.fromtimestamp(PAID_AT, UTC)),
    )
    assert race.waited
    assert credits.booked("ann") == [("grant", 500)]


def test_a_purchase_that_is_linked_while_its_refund_comes(
    credits: Credits, sessions: Sessions
) -> None:
    event = purchase("nobody", "pi_1") | {"id": "evt_1"}
    event["data"]["object"] |= {"client_reference_id": None, "customer": None}
    event["data"]["object"]["metadata"].pop("account")
    assert delivery(event)(credits).outcome == "parked"
    credits.add_purchased_credits(
        "ann", 100, amount_paid=1000, currency="usd", reference="ticket 1"
    )
    race = sessions.race(
        lambda one: one.link_payment("ann", "ticket 1", "evt_1"),
        delivery(objects.refund(PAID_AT, amount=500, charge=None)),
    )
    assert race.waited
    assert credits.balance("ann") == 50
    assert credits.list_stripe_events() == []


class TestRetries:
    @pytest.fixture(autouse=True)
    def _failed(self, credits: Credits) -> None:
        """Two purchases that failed and would succeed now; both are due."""
        credits.grant_credits("ann", LIMIT)
        for number in (1, 2):
            event = purchase("ann", f"pi_{number}") | {"id": f"evt_{number}"}
            assert delivery(event)(credits).outcome == "failed"
        credits.deduct_credit("ann", LIMIT)
        credits.conn.execute(
            "update credits_private.stripe_events e set retry_at = received_at where true"
        )

    def test_an_event_that_somebody_is_trying_is_left_to_him(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        with sessions.first.conn.transaction():
            assert sessions.first.retry_stripe_event().outcome == "applied"
            other = sessions.start(sessions.second, lambda one: one.retry_stripe_event())
            sessions.until_waiting(other)
        assert _outcome(other.result()) == "applied"
        assert credits.balance("ann") == 200
        assert credits.retry_stripe_event().outcome == "none"

    def test_a_delivery_waits_for_the_retry_of_its_event(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        event = purchase("ann", "pi_1") | {"id": "evt_1"}
        race = sessions.race(lambda one: one.retry_stripe_event("evt_1"), delivery(event))
        assert race.waited
        assert (_outcome(race.first), _outcome(race.second)) == ("applied", "duplicate")
        assert credits.balance("ann") == 100

    def test_what_is_being_tried_is_not_purged_under_the_hand(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        with sessions.first.conn.transaction():
            sessions.first.retry_stripe_event("evt_1")
            set_setting(sessions.first, "stripe_retention", "0")
            assert sessions.second.purge_stripe_events().purged == 0
        assert credits.purge_stripe_events().purged == 1


def test_a_claim_meets_a_delivery_of_the_same_event(credits: Credits, sessions: Sessions) -> None:
    guest = purchase() | {"id": "evt_guest"}
    del guest["data"]["object"]["metadata"]["account"]
    guest["data"]["object"] |= {"client_reference_id": None, "customer": None}
    assert delivery(guest)(credits).outcome == "parked"
    race = sessions.race(lambda one: one.claim_payment("ann", "evt_guest"), delivery(guest))
    assert race.waited
    assert (_outcome(race.first), _outcome(race.second)) == ("applied", "duplicate")
    assert credits.booked("ann") == [("grant", 100)]
