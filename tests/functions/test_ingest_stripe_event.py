"""ingest_stripe_event stores a verified event and applies it, each event once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.demo import events
from pgcredits.errors import InvalidArgument
from tests.functions.support import LIMIT, NOW, contents, refused, set_setting, unchanged

if TYPE_CHECKING:
    from pgcredits.rpc import StripeOutcome
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")

CREATED = int(NOW.timestamp()) - 5


def ingest(credits: Credits, event: events.Event) -> StripeOutcome:
    return credits.ingest_stripe_event(events.body(event), True)


def purchase(**changes: Any) -> events.Event:
    given: dict[str, Any] = {
        "account": "u",
        "credits": 100,
        "amount": 1000,
        "payment_intent": "pi_1",
        "created": CREATED,
    }
    return events.checkout_completed(**{**given, **changes})


def test_a_purchase_becomes_a_purchased_lot(fast: Credits) -> None:
    event = purchase(session="cs_1")
    outcome = ingest(fast, event)
    assert (outcome.event_id, outcome.event_type) == (event["id"], "checkout.session.completed")
    assert (outcome.outcome, outcome.reason, outcome.account_id) == ("applied", None, "u")
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.granted, lot.expires_at, lot.reference) == (
        "purchased",
        100,
        None,
        "pi_1",
    )
    assert (lot.cost_amount, lot.cost_currency) == (1000, "usd")


def test_the_received_text_is_kept_to_the_letter(fast: Credits) -> None:
    text = events.body(purchase()).replace("    ", "\t") + "\n\n"
    fast.ingest_stripe_event(text, True)
    row = fast.conn.execute(
        "select e.payload, e.livemode, e.api_version, e.outcome, e.attempts, e.received_at"
        "  from credits_private.stripe_events e"
    ).fetchall()
    assert row == [(text, True, events.API_VERSIONS["endive"], "applied", 1, NOW)]


def test_the_same_event_again_is_a_duplicate(fast: Credits) -> None:
    ingest(fast, purchase())
    with unchanged(fast):
        outcome = ingest(fast, purchase())
    assert (outcome.outcome, outcome.account_id) == ("duplicate", "u")


def test_an_ignored_event_again_is_a_duplicate(fast: Credits) -> None:
    event = events.event("payout.paid", {"id": "po_1"}, created=CREATED)
    outcome = ingest(fast, event)
    assert (outcome.outcome, outcome.reason) == ("ignored", "events of this type move no credits")
    with unchanged(fast):
        assert ingest(fast, event).outcome == "duplicate"


def test_a_parked_event_again_is_tried_again(fast: Credits) -> None:
    refund = events.charge_refunded(
        payment_intent="pi_1", amount=1000, amount_refunded=1000, created=CREATED
    )
    assert [ingest(fast, refund).outcome for _ in range(2)] == ["parked", "parked"]
    attempts = fast.conn.execute(
        "select e.attempts from credits_private.stripe_events e"
    ).fetchall()
    assert attempts == [(2,)]


def test_an_effect_that_fails_is_undone_and_stored_with_its_error(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    before = contents(fast.conn)
    outcome = ingest(fast, purchase())
    assert outcome.outcome == "failed"
    assert outcome.reason is not None
    assert outcome.reason.startswith("PT422 balance limit exceeded")
    after = contents(fast.conn)
    assert after.pop("stripe_events") != before.pop("stripe_events")
    assert after == before


def test_a_failed_event_is_retried_when_it_is_delivered_again(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    assert ingest(fast, purchase()).outcome == "failed"
    fast.deduct_credit("u", 100)
    assert ingest(fast, purchase()).outcome == "applied"
    assert ingest(fast, purchase()).outcome == "duplicate"
    assert fast.balance("u") == LIMIT


@pytest.mark.parametrize("livemode", [True, False], ids=["live_event", "test_event"])
def test_an_event_of_the_other_mode_is_refused(fast: Credits, livemode: bool) -> None:
    text = events.body(purchase(livemode=livemode))
    with refused(fast, InvalidArgument, argument="p_livemode"):
        fast.ingest_stripe_event(text, not livemode)
    assert fast.ingest_stripe_event(text, livemode).outcome == "applied"


def test_the_mode_has_to_be_given(fast: Credits) -> None:
    with refused(fast, InvalidArgument, argument="p_livemode"):
        fast.call("ingest_stripe_event", p_payload=events.body(purchase()), p_livemode=None)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "",
        "not json",
        "1",
        "null",
        "[]",
        "{}",
        '{"object": "event"',
        "[" * 100_000,
        '{"a":' * 10_000,
    ],
    ids=[
        "null",
        "empty",
        "text",
        "number",
        "json_null",
        "array",
        "object",
        "cut_off",
        "deep_array",
        "deep_object",
    ],
)
def test_what_is_no_event_is_refused(fast: Credits, payload: str | None) -> None:
    with refused(fast, InvalidArgument, argument="p_payload"):
        fast.call("ingest_stripe_event", p_payload=payload, p_livemode=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"object": "v2.core.event"},
        {"id": None},
        {"id": ""},
        {"id": "x" * 256},
        {"type": None},
        {"type": ""},
        {"livemode": None},
        {"livemode": "true"},
        {"created": None},
        {"created": -1},
        {"created": "yesterday"},
        {"data": None},
        {"data": {}},
        {"data": {"object": []}},
        {"account": ""},
        {"account": "x" * 256},
    ],
    ids=lambda changes: "-".join(f"{key}_{str(value)[:12]}" for key, value in changes.items()),
)
def test_an_event_with_a_malformed_head_is_refused(fast: Credits, changes: dict[str, Any]) -> None:
    with refused(fast, InvalidArgument, argument="p_payload"):
        fast.ingest_stripe_event(json.dumps({**purchase(), **changes}), True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"frozen": False}, "metadata has no credits_frozen=1"),
        ({"payment_status": "unpaid"}, "not paid yet"),
        (
            {"amount": 0, "payment_status": "no_payment_required"},
            "nothing was paid, and free_purchases is ignore",
        ),
    ],
    ids=["not_our_marker", "unpaid", "free"],
)
def test_a_checkout_that_grants_nothing_is_ignored(
    fast: Credits, changes: dict[str, Any], reason: str
) -> None:
    outcome = ingest(fast, purchase(**changes))
    assert (outcome.outcome, outcome.reason) == ("ignored", reason)
    assert fast.get_balance("u").status is None


@pytest.mark.parametrize("mode", ["subscription", "setup", None])
def test_only_checkouts_in_payment_mode_grant(fast: Credits, mode: str | None) -> None:
    event = purchase()
    event["data"]["object"]["mode"] = mode
    outcome = ingest(fast, event).outcome
    assert outcome == ("applied" if mode == "subscription" else "ignored")
    assert fast.get_balance("u").status is None


def test_free_purchases_grant_when_the_setting_says_so(fast: Credits) -> None:
    set_setting(fast, "free_purchases", "grant")
    event = purchase(amount=0, payment_status="no_payment_required", session="cs_free")
    event["data"]["object"]["payment_intent"] = None
    assert ingest(fast, event).outcome == "applied"
    assert fast.balance("u") == 100


@pytest.mark.parametrize(
    "value", ["", "0", "-5", "+5", "05", "1,000", "1.5", "ten", " 5", "9" * 16, "1e3", None]
)
def test_malformed_credits_are_parked_and_not_read_as_zero(
    fast: Credits, value: str | None
) -> None:
    event = purchase()
    event["data"]["object"]["metadata"]["credits"] = value
    outcome = ingest(fast, event)
    assert (outcome.outcome, outcome.reason) == (
        "parked",
        "metadata credits is not a whole number",
    )
    assert fast.get_balance("u").status is None


def test_without_any_account_a_purchase_is_parked(fast: Credits) -> None:
    event = purchase()
    del event["data"]["object"]["metadata"]["account"]
    event["data"]["object"]["client_reference_id"] = None
    assert ingest(fast, event).outcome == "parked"


def test_the_client_reference_names_the_account_where_metadata_does_not(fast: Credits) -> None:
    event = purchase()
    del event["data"]["object"]["metadata"]["account"]
    event["data"]["object"]["client_reference_id"] = "v"
    assert ingest(fast, event).account_id == "v"
    assert fast.balance("v") == 100


def test_metadata_wins_over_the_client_reference(fast: Credits) -> None:
    event = purchase()
    event["data"]["object"]["client_reference_id"] = "mallory"
    assert ingest(fast, event).account_id == "u"


def test_an_account_id_that_is_too_long_is_parked(fast: Credits) -> None:
    assert ingest(fast, purchase(account="x" * 256)).outcome == "parked"
    assert ingest(fast, purchase(account="x" * 255, event_id="evt_2")).outcome == "applied"


def test_a_session_may_say_that_its_lines_count(fast: Credits) -> None:
    event = purchase(session="cs_1")
    event["data"]["object"]["metadata"]["credits_from"] = "line_items"
    outcome = ingest(fast, event)
    assert (outcome.outcome, outcome.waits_for) == ("parked", "lines::t:cs_1")
    fast.set_stripe_price("price_1", 7)
    fast.add_stripe_line_items("cs_1", [{"price": "price_1", "quantity": 3, "amount_total": 1000}])
    assert fast.balance("u") == 21
