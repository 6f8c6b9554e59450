"""A purchase at Stripe and what support has granted for it by hand become one payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    InvalidArgument,
    InvalidState,
    PaymentNotFound,
    StripeEventNotFound,
)
from tests import stripe_objects as objects
from tests.functions.support import illegal, illegal_text, refused, unchanged
from tests.functions.test_ingest_stripe_event import CREATED, ingest, purchase

if TYPE_CHECKING:
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def missed(fast: Credits) -> Credits:
    """A purchase of nobody, parked, and 100 credits that support gave ann for it."""
    event = purchase(event_id="evt_1", session="cs_1", account="")
    event["data"]["object"] |= {"client_reference_id": None, "customer": None}
    assert ingest(fast, event).outcome == "parked"
    fast.add_purchased_credits("ann", 100, amount_paid=1000, currency="usd", reference="ticket 1")
    return fast


def refund(amount: int = 500) -> Any:
    return objects.refund(CREATED, amount=amount, charge=None)


def test_its_event_grants_nothing_more(missed: Credits) -> None:
    outcome = missed.link_payment("ann", "ticket 1", "evt_1")
    assert (outcome.outcome, outcome.account_id) == ("applied", "ann")
    assert missed.list_stripe_events() == []
    assert missed.retry_stripe_event("evt_1").outcome == "duplicate"
    other = purchase(event_id="evt_2", session="cs_1", account="ann")
    assert ingest(missed, other).reason == "the payment had granted its credits before"
    assert missed.balance("ann") == 100


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refund_takes_what_was_granted_by_hand(missed: Credits, when: str) -> None:
    if when == "before":
        assert ingest(missed, refund()).outcome == "parked"
    missed.link_payment("ann", "ticket 1", "evt_1")
    if when == "after":
        assert ingest(missed, refund()).outcome == "applied"
    assert missed.balance("ann") == 50
    assert missed.list_stripe_events() == []


def test_again_it_changes_nothing(missed: Credits) -> None:
    missed.link_payment("ann", "ticket 1", "evt_1")
    with unchanged(missed):
        assert missed.link_payment("ann", "ticket 1", "evt_1").outcome == "duplicate"


def test_a_purchase_that_has_granted_is_refused(missed: Credits) -> None:
    ingest(missed, purchase(event_id="evt_2", payment_intent="pi_2", account="bob"))
    with refused(missed, InvalidState, account_id="bob"):
        missed.link_payment("ann", "ticket 1", "evt_2")


def test_a_grant_without_an_amount_is_refused(missed: Credits) -> None:
    missed.add_purchased_credits("ann", 5, reference="ticket 2")
    with refused(missed, InvalidState, amount_paid=None):
        missed.link_payment("ann", "ticket 2", "evt_1")


def test_an_event_of_no_purchase_is_refused(missed: Credits) -> None:
    ingest(missed, objects.customer(CREATED) | {"id": "evt_2"})
    with refused(missed, InvalidState, event_id="evt_2"):
        missed.link_payment("ann", "ticket 1", "evt_2")


def test_what_is_not_there(missed: Credits) -> None:
    with refused(missed, PaymentNotFound, payment="ticket 9"):
        missed.link_payment("ann", "ticket 9", "evt_1")
    with refused(missed, PaymentNotFound, account_id="bob"):
        missed.link_payment("bob", "ticket 1", "evt_1")
    with refused(missed, StripeEventNotFound, event_id="evt_9"):
        missed.link_payment("ann", "ticket 1", "evt_9")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal_text("p_account_id", required=True),
        *illegal_text("p_payment", required=True),
        *illegal_text("p_event_id", required=True),
        *illegal("p_provider", stripe="stripe", overlong="x" * 64),
        *illegal("p_provider_account", overlong="x" * 256),
    ],
)
def test_illegal_arguments(missed: Credits, argument: str, value: Any) -> None:
    given = {"p_account_id": "ann", "p_payment": "ticket 1", "p_event_id": "evt_1", argument: value}
    with refused(missed, InvalidArgument, argument=argument):
        missed.call("link_payment", **given)
