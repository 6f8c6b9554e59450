"""Checkouts, payment intents and invoices: what grants, to whom, and once for each payment."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument, InvalidState, StripeEventNotFound
from tests import stripe_objects as objects
from tests.functions.support import DAY, NOW, illegal, illegal_text, refused, set_setting
from tests.scenarios.test_stripe import MONTH, START, ingest, invoice, line, purchase

if TYPE_CHECKING:
    from pgcredits.demo.events import Event
    from pgcredits.rpc import StripeOutcome
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

FROZEN = {"credits_frozen": "1", "credits": "100", "account": "u"}


def catalogue(credits: Credits, created: int = START - 1000, **prices: dict[str, str]) -> None:
    """Mirror a product and prices with this metadata."""
    ingest(credits, objects.product(created))
    for name, metadata in prices.items():
        ingest(credits, objects.price(created, metadata, price=name))


@pytest.fixture
def packs(fast: Credits) -> Credits:
    """Take the credits of a checkout from its line items; a small pack is 100, a large one 500."""
    set_setting(fast, "checkout_credits", "line_items")
    catalogue(fast, small={"credits": "100"}, large={"credits": "500"}, shirt={})
    return fast


def tell_items(credits: Credits, *items: dict[str, Any], session: str = "cs_1") -> StripeOutcome:
    return credits.add_stripe_line_items(session, items)


# Checkouts that are paid at once or later.


def test_a_payment_that_takes_days_grants_when_it_succeeds(fast: Credits) -> None:
    told = [
        objects.session(START, payment_status="unpaid"),
        objects.session(START + 300, "async_payment_succeeded"),
    ]
    for order in permutations(told):
        with fast.conn.transaction(force_rollback=True):
            assert [ingest(fast, event).outcome for event in order].count("applied") == 1
            assert fast.booked("u") == [("grant", 100)]


@pytest.mark.parametrize("kind", ["async_payment_failed", "expired"])
def test_a_session_that_fails_or_expires_grants_nothing(fast: Credits, kind: str) -> None:
    ingest(fast, objects.session(START, payment_status="unpaid"))
    done = ingest(fast, objects.session(START + 9, kind, payment_status="unpaid"))
    assert (done.outcome, done.reason) == ("ignored", "the session was not paid")
    assert fast.get_balance("u").status is None


def test_a_recovered_session_grants_once(fast: Credits) -> None:
    ingest(fast, objects.session(START, "expired", payment_status="unpaid", payment_intent=None))
    ingest(fast, objects.session(START + 9, session="cs_2", recovered_from="cs_1"))
    assert fast.booked("u") == [("grant", 100)]


def test_the_furthest_state_of_a_session_is_kept(fast: Credits) -> None:
    told = [
        objects.session(START, payment_status="unpaid"),
        objects.session(START + 1, "async_payment_succeeded"),
        objects.session(START + 2, "expired"),
    ]
    for order in permutations(told):
        with fast.conn.transaction(force_rollback=True):
            for event in order:
                ingest(fast, event)
            row = fast.conn.execute("select c.state from credits_private.stripe_checkouts c")
            assert row.fetchall() == [("paid",)]


# One payment, several signals.


def test_session_payment_intent_and_invoice_grant_once_in_any_order(fast: Credits) -> None:
    """All three carry the marker, and the session says that they are one payment."""
    paid = invoice(invoice="in_1", payment_intent="pi_1", shape="pre_basil")
    shown = paid["data"]["object"]
    del shown["subscription"], shown["subscription_details"]
    for shown_line in shown["lines"]["data"]:
        del shown_line["subscription"]
        shown_line["type"] = "invoiceitem"
    shown["metadata"] = FROZEN
    told = [
        objects.session(START, invoice="in_1"),
        objects.payment_intent(START, metadata=FROZEN),
        paid,
    ]
    for order in permutations(told):
        with fast.conn.transaction(force_rollback=True):
            assert [ingest(fast, event).outcome for event in order] == ["applied"] * 3
            assert fast.booked("u") == [("grant", 100)]


def test_a_payment_intent_grants_only_with_its_own_marker(fast: Credits) -> None:
    ingest(fast, objects.payment_intent(START, metadata={"credits": "100", "account": "u"}))
    assert fast.get_balance("u").status is None
    ingest(fast, objects.payment_intent(START, intent="pi_2", metadata=FROZEN))
    (lot,) = fast.list_lots("u")
    assert (lot.granted, lot.cost_amount, lot.reference) == (100, 1000, "pi_2")


def test_a_payment_intent_grants_for_what_was_received(fast: Credits) -> None:
    event = objects.payment_intent(START, metadata=FROZEN)
    event["data"]["object"]["amount"] = 2000
    ingest(fast, event)
    ingest(fast, objects.refund(START, amount=500))
    assert fast.balance("u") == 50


@pytest.mark.parametrize("version", objects.VERSIONS)
def test_a_payment_intent_is_tied_to_its_charge_in_every_version(
    fast: Credits, version: str
) -> None:
    ingest(fast, objects.payment_intent(START, metadata=FROZEN, version=version))
    assert ingest(fast, objects.refund(START, payment_intent=None)).outcome == "applied"
    assert fast.balance("u") == 70


def test_an_invoice_without_a_subscription_grants_with_its_own_marker(fast: Credits) -> None:
    """As for automatic top-ups; delivered twice it grants once."""
    event = invoice(billing_reason="manual", invoice="in_1")
    shown = event["data"]["object"]
    shown["parent"] = None
    shown["lines"]["data"][0]["parent"] = {"type": "invoice_item_details"}
    assert ingest(fast, event).outcome == "ignored"
    shown["metadata"] = FROZEN
    for number in range(2):
        assert ingest(fast, {**event, "id": f"evt_{number}"}).outcome == "applied"
    assert fast.booked("u") == [("grant", 100)]


def test_a_later_signal_for_somebody_else_is_an_error(fast: Credits) -> None:
    ingest(fast, objects.session(START))
    other = {**FROZEN, "account": "mallory"}
    outcome = ingest(fast, objects.payment_intent(START, metadata=other))
    assert outcome.outcome == "failed"
    assert fast.get_balance("mallory").status is None


# Line items.


def test_line_items_are_awaited_where_the_setting_says_so(packs: Credits) -> None:
    waiting = ingest(packs, objects.session(START))
    assert (waiting.outcome, waiting.reason) == (
        "parked",
        "the line items of the session have not been fetched",
    )
    done = tell_items(packs, objects.line_item("small", 3, 3000))
    assert (done.outcome, done.account_id) == ("applied", "u")
    assert packs.balance("u") == 300
    assert tell_items(packs, objects.line_item("small", 9)).outcome == "none"
    assert packs.balance("u") == 300


def test_line_items_may_come_before_the_event(packs: Credits) -> None:
    assert tell_items(packs, objects.line_item("small", 2)).outcome == "none"
    assert ingest(packs, objects.session(START)).outcome == "applied"
    assert packs.balance("u") == 200


def test_several_prices_are_summed_and_others_left_out(packs: Credits) -> None:
    ingest(packs, objects.session(START, amount=9000))
    tell_items(
        packs,
        objects.line_item("small", 2, 2000),
        objects.line_item("shirt", 1, 3000),
        objects.line_item("large", 1, 4000),
    )
    assert sorted((lot.granted, lot.cost_amount) for lot in packs.list_lots("u")) == [
        (200, 2000),
        (500, 4000),
    ]
    ingest(packs, objects.refund(START, amount=4500))
    assert packs.balance("u") == 350


def test_line_items_that_are_known_win_over_metadata(fast: Credits) -> None:
    """The buyer may have changed the quantity; the metadata was frozen before."""
    catalogue(fast, small={"credits": "100"})
    items = {"object": "list", "data": [objects.line_item("small", 5)], "has_more": False}
    ingest(fast, objects.session(START, line_items=items))
    assert fast.balance("u") == 500


def test_an_invoice_with_many_lines_waits_for_all_of_them(pro: Credits) -> None:
    event = invoice(line(), invoice="in_1")
    event["data"]["object"]["lines"]["has_more"] = True
    waiting = ingest(pro, event)
    assert (waiting.outcome, waiting.reason, waiting.waits_for) == (
        "parked",
        "the event does not show all lines of the invoice",
        "lines::t:in_1",
    )
    whole = invoice(line(), line(item="si_2"), invoice="in_1")["data"]["object"]["lines"]["data"]
    assert pro.add_stripe_line_items("in_1", whole).outcome == "applied"
    assert pro.balance("u") == 1000


def test_a_list_that_is_not_whole_is_not_taken(packs: Credits) -> None:
    items = {"object": "list", "data": [objects.line_item("small", 5)], "has_more": True}
    assert ingest(packs, objects.session(START, line_items=items)).outcome == "parked"
    assert packs.get_balance("u").status is None


def test_nothing_but_other_products_is_ignored(packs: Credits) -> None:
    ingest(packs, objects.session(START))
    assert tell_items(packs, objects.line_item("shirt")).reason == (
        "no line of the session grants credits"
    )


def test_an_unknown_price_parks_the_whole_purchase(packs: Credits) -> None:
    ingest(packs, objects.session(START))
    waiting = tell_items(packs, objects.line_item("small"), objects.line_item("new"))
    assert (waiting.outcome, waiting.reason) == (
        "parked",
        "price new is unknown: set its credits",
    )
    assert packs.get_balance("u").status is None
    packs.set_stripe_price("new", 7)
    assert packs.balance("u") == 107


@pytest.mark.parametrize(
    ("metadata", "granted"),
    [({}, 0), ({"credits_on_free": "5"}, 10), ({"credits_on_free": "full"}, 200)],
)
def test_a_free_line_grants_what_its_price_says(
    packs: Credits, metadata: dict[str, str], granted: int
) -> None:
    catalogue(packs, START - 10, gift={"credits": "100", **metadata})
    ingest(
        packs,
        objects.session(START, amount=0, payment_intent=None, payment_status="no_payment_required"),
    )
    tell_items(packs, objects.line_item("gift", 2, 0))
    assert packs.balance("u") == granted


@pytest.mark.parametrize(
    ("metadata", "expires"),
    [
        ({}, None),
        ({"credits_expires": "never"}, None),
        ({"credits_expires": "P12M"}, NOW.replace(year=2031)),
        ({"credits_expires": "P90D"}, NOW + 90 * DAY),
        ({"credits_expires": "P2W"}, NOW + 14 * DAY),
    ],
)
def test_a_pack_expires_when_its_price_says(
    packs: Credits, metadata: dict[str, str], expires: object
) -> None:
    catalogue(packs, START - 10, pack={"credits": "100", **metadata})
    ingest(packs, objects.session(START))
    tell_items(packs, objects.line_item("pack"))
    assert packs.list_lots("u")[0].expires_at == expires


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal_text("p_object_id", required=True),
        *illegal("p_line_items", null=None, an_object={"data": []}, number=5),
        *illegal("p_provider_account", overlong="x" * 256),
    ],
)
def test_illegal_line_items_are_refused(fast: Credits, argument: str, value: Any) -> None:
    given = {"p_object_id": "cs_1", "p_line_items": [], argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("add_stripe_line_items", **given)


# Prices and their metadata.


@pytest.mark.parametrize(
    "metadata",
    [
        {"credits": "1,000"},
        {"credits": "ten"},
        {"credits": "-5"},
        {"credits": "1.5"},
        {"credits": ""},
        {"credits": "5", "credits_rollover": "some"},
        {"credits": "5", "credits_on_trial": "yes"},
        {"credits": "5", "credits_on_free": "-1"},
        {"credits": "5", "credits_proration": "half"},
        {"credits": "5", "credits_expires": "12 months"},
        {"credits": "5", "credits_expires": "P"},
        {"credits": "5", "credits_expires": "period"},
    ],
    ids=str,
)
def test_malformed_metadata_parks_with_a_message(packs: Credits, metadata: dict[str, str]) -> None:
    catalogue(packs, START - 10, odd=metadata)
    ingest(packs, objects.session(START))
    waiting = tell_items(packs, objects.line_item("odd"))
    assert waiting.outcome == "parked"
    assert (waiting.reason or "").startswith("price odd: credits")
    packs.set_stripe_price("odd", 5)
    assert packs.balance("u") == 5


def test_the_product_says_what_the_price_does_not(packs: Credits) -> None:
    told = [
        objects.product(START - 50, {"credits": "100", "credits_expires": "P1D"}, product="prod_2"),
        objects.price(START - 50, {"credits": "30"}, price="cheap", product="prod_2"),
        objects.price(START - 50, {}, price="plain", product="prod_2"),
    ]
    for event in told:
        ingest(packs, event)
    ingest(packs, objects.session(START))
    tell_items(packs, objects.line_item("cheap"), objects.line_item("plain"))
    assert [lot.granted for lot in packs.list_lots("u")] == [30, 100]
    assert {lot.expires_at for lot in packs.list_lots("u")} == {NOW + DAY}


def test_a_price_waits_for_its_product(packs: Credits) -> None:
    ingest(packs, objects.price(START - 50, {"credits": "30"}, price="new", product="prod_9"))
    ingest(packs, objects.session(START))
    waiting = tell_items(packs, objects.line_item("new"))
    assert waiting.reason == "product prod_9 of price new is unknown"
    ingest(packs, objects.product(START - 60, product="prod_9"))
    assert packs.balance("u") == 30


def test_a_price_is_worth_what_it_was_when_it_was_paid(packs: Credits) -> None:
    ingest(packs, objects.price(START + 50, {"credits": "1"}, kind="price.updated", price="small"))
    ingest(packs, objects.session(START))
    tell_items(packs, objects.line_item("small"))
    assert packs.balance("u") == 100
    ingest(packs, objects.session(START + 60, session="cs_2", payment_intent="pi_2"))
    tell_items(packs, objects.line_item("small"), session="cs_2")
    assert packs.balance("u") == 101


def test_a_price_that_is_archived_or_deleted_still_grants(packs: Credits) -> None:
    archived = objects.price(
        START - 9, {"credits": "100"}, kind="price.updated", price="small", active=False
    )
    ingest(packs, archived)
    ingest(packs, {**archived, "type": "price.deleted", "id": "evt_deleted"})
    ingest(packs, objects.session(START))
    tell_items(packs, objects.line_item("small"))
    assert packs.balance("u") == 100


def test_what_is_set_here_goes_before_the_metadata(packs: Credits) -> None:
    packs.set_stripe_price("small", 70)
    ingest(packs, objects.session(START))
    tell_items(packs, objects.line_item("small"))
    assert packs.balance("u") == 70


# Invoices.


@pytest.mark.parametrize("version", objects.VERSIONS)
def test_every_version_of_an_invoice_grants_alike(fast: Credits, version: str) -> None:
    fast.set_stripe_price("price_pro", 500)
    event = objects.invoice_paid(
        version,
        account="u",
        subscription="sub_1",
        lines=[line(quantity=2)],
        created=START + 60,
        invoice="in_1",
        payment_intent="pi_1",
    )
    assert ingest(fast, event).outcome == "applied"
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.granted, lot.subscription) == ("subscription", 1000, "sub_1")
    assert (lot.period_start, lot.period_end) == (NOW, NOW + 30 * DAY)


@pytest.mark.parametrize(("policy", "granted"), [("none", 0), ("proportional", 157), ("full", 500)])
@pytest.mark.parametrize("version", ["2020", "2024", "acacia", "endive"])
def test_a_proration_grants_by_the_policy_of_its_price(
    fast: Credits, version: str, policy: str, granted: int
) -> None:
    catalogue(fast, price_pro={"credits": "500", "credits_proration": policy})
    part = line(amount=600, proration=True, period_start=START + 10 * 86400)
    event = objects.invoice_paid(
        version, account="u", subscription="sub_1", lines=[part], created=START, invoice="in_1"
    )
    ingest(fast, event)
    assert fast.balance("u") == granted
    if granted:
        (lot,) = fast.list_lots("u")
        assert (lot.pool, lot.subscription) == ("subscription", "sub_1")
        assert lot.period_end == NOW + 30 * DAY


def test_a_proration_never_grants_more_than_the_whole(fast: Credits) -> None:
    catalogue(fast, price_pro={"credits": "500", "credits_proration": "proportional"})
    ingest(fast, invoice(line(amount=99_000, proration=True)))
    assert fast.balance("u") == 500


def test_a_share_of_a_price_without_an_amount_is_parked(fast: Credits) -> None:
    fast.set_stripe_price("price_pro", 500, proration="proportional")
    waiting = ingest(fast, invoice(line(amount=600, proration=True)))
    assert waiting.reason == (
        "price price_pro has no unit amount, so a share of it cannot be told: set its credits"
    )
    fast.set_stripe_price("price_pro", 500, proration="full")
    assert fast.balance("u") == 500


def test_what_a_proration_granted_ends_with_its_period(fast: Credits, clock: Clock) -> None:
    fast.set_stripe_price("price_pro", 500, proration="full")
    ingest(fast, invoice(line(), line(amount=600, proration=True), invoice="in_1"))
    assert fast.balance("u") == 1000
    clock.set(NOW + 30 * DAY)
    ingest(fast, invoice(line(1), number=1, invoice="in_2"))
    assert fast.balance("u") == 500


def test_a_negative_line_takes_nothing(fast: Credits) -> None:
    fast.set_stripe_price("price_pro", 500, proration="full")
    ingest(fast, invoice(line(), line(amount=-600, proration=True)))
    assert fast.balance("u") == 500


@pytest.mark.parametrize(
    ("metadata", "granted"),
    [({}, 0), ({"credits_on_trial": "20"}, 20), ({"credits_on_trial": "full"}, 500)],
)
def test_a_trial_grants_what_its_price_says(
    fast: Credits, metadata: dict[str, str], granted: int
) -> None:
    catalogue(fast, price_pro={"credits": "500", **metadata})
    ingest(fast, invoice(line(amount=0)))
    assert fast.balance("u") == granted


@pytest.mark.parametrize(
    ("metadata", "setting", "granted"),
    [
        ({}, "ignore", 0),
        ({}, "grant", 500),
        ({"credits_on_free": "20"}, "ignore", 20),
        ({"credits_on_free": "full"}, "ignore", 500),
    ],
)
def test_a_line_that_a_discount_made_free(
    fast: Credits, metadata: dict[str, str], setting: str, granted: int
) -> None:
    set_setting(fast, "free_purchases", setting)
    catalogue(fast, price_pro={"credits": "500", **metadata})
    event = invoice()
    event["data"]["object"]["lines"]["data"][0]["discount_amounts"] = [{"amount": 1900}]
    ingest(fast, event)
    assert fast.balance("u") == granted


def test_a_price_without_credits_is_left_out(fast: Credits) -> None:
    catalogue(fast, price_pro={"credits": "500"}, seat={})
    ingest(fast, invoice(line(), line(price="seat", item="si_2")))
    assert fast.balance("u") == 500
    assert ingest(fast, invoice(line(1, price="seat"), number=1)).reason == (
        "no line of the invoice grants credits"
    )


def test_a_one_off_line_beside_a_subscription_is_a_pack(fast: Credits) -> None:
    catalogue(fast, price_pro={"credits": "500"}, extra={"credits": "50"})
    event = invoice(line(), line(price="extra", item="si_x", amount=100))
    event["data"]["object"]["lines"]["data"][1]["parent"]["type"] = "invoice_item_details"
    ingest(fast, event)
    assert fast.pools("u") == {"subscription": 500, "purchased": 50}


def test_credits_of_a_period_may_be_kept(fast: Credits, clock: Clock) -> None:
    """A subscription whose price says never delivers a pack each month."""
    catalogue(fast, price_pro={"credits": "500", "credits_expires": "never"})
    ingest(fast, invoice(line(), invoice="in_1"))
    clock.set(NOW + 40 * DAY)
    ingest(fast, invoice(line(1), number=1, invoice="in_2"))
    assert fast.pools("u") == {"purchased": 1000}


def test_rollover_may_be_said_in_the_metadata(fast: Credits, clock: Clock) -> None:
    catalogue(fast, price_pro={"credits": "500", "credits_rollover": "50"})
    ingest(fast, invoice(line(), invoice="in_1"))
    clock.set(NOW + 30 * DAY)
    ingest(fast, invoice(line(1), number=1, invoice="in_2"))
    assert fast.balance("u") == 550


def test_the_line_names_the_account_before_the_invoice(fast: Credits) -> None:
    fast.set_stripe_price("price_pro", 500)
    event = objects.invoice_paid(
        "2020", account="u", subscription="sub_1", lines=[line()], created=START, invoice="in_1"
    )
    event["data"]["object"]["metadata"] = {"account": "header"}
    assert ingest(fast, event).account_id == "u"


def test_an_invoice_that_was_granted_and_is_void_is_marked(fast: Credits) -> None:
    """Paid outside of Stripe, then voided; in both orders."""
    fast.set_stripe_price("price_pro", 500)
    paid = invoice(invoice="in_1")
    void = objects.event(
        "invoice.voided", {**paid["data"]["object"], "status": "void"}, START + 999
    )
    for order in permutations([paid, void]):
        with fast.conn.transaction(force_rollback=True):
            outcomes = [ingest(fast, event) for event in order]
            assert outcomes[-1].reason == (
                "the invoice has granted credits and is void: decide whether to take them back"
            )
            row = fast.conn.execute("select i.needs_review from credits_private.stripe_invoices i")
            assert row.fetchall() == [(True,)]
            assert fast.balance("u") == 500


# Customers without an account.


def nameless(**changes: Any) -> Event:
    return invoice(account=None, customer="cus_1", **changes)


@pytest.fixture
def pro(fast: Credits) -> Credits:
    fast.set_stripe_price("price_pro", 500)
    return fast


def test_an_invoice_waits_for_the_account_of_its_customer(pro: Credits) -> None:
    waiting = ingest(pro, nameless())
    assert (waiting.outcome, waiting.reason) == (
        "parked",
        "no account in metadata or client_reference_id",
    )
    ingest(pro, objects.customer(START + 90))
    assert pro.booked("u") == [("grant", 500)]
    assert ingest(pro, nameless()).outcome == "duplicate"


@pytest.mark.parametrize(
    "link",
    [
        objects.customer(START + 90),
        objects.subscription(START + 90, "incomplete", kind="created"),
        objects.session(START + 90, mode="subscription", customer="cus_1", payment_intent=None),
        objects.session(START + 90, customer="cus_1"),
    ],
    ids=["customer", "subscription", "subscription_checkout", "purchase"],
)
def test_each_of_them_ties_a_customer_to_an_account(pro: Credits, link: Event) -> None:
    for order in permutations([link, nameless()]):
        with pro.conn.transaction(force_rollback=True):
            for event in order:
                assert ingest(pro, event).outcome != "failed"
            assert pro.pools("u").get("subscription") == 500
            assert pro.list_stripe_events() == []
            assert pro.verify() == []


def test_an_account_that_is_linked_here_goes_before_all_others(pro: Credits) -> None:
    ingest(pro, objects.customer(START, "named"))
    linked = pro.link_customer("linked", "cus_1")
    assert (linked.customer, linked.account_id, linked.is_deleted) == ("cus_1", "linked", False)
    assert ingest(pro, nameless()).account_id == "linked"


def test_linking_a_customer_grants_what_waited(pro: Credits) -> None:
    ingest(pro, nameless())
    ingest(pro, nameless(number=1))
    pro.link_customer("u", "cus_1")
    assert [entry for entry in pro.booked("u") if entry[0] == "grant"] == [("grant", 500)] * 2
    pro.link_customer("u", "cus_1")
    assert pro.list_stripe_events() == []


def test_the_newest_metadata_of_a_customer_counts(pro: Credits) -> None:
    for event in (
        objects.customer(START + 5, "new", kind="updated"),
        objects.customer(START, "old"),
    ):
        ingest(pro, event)
    assert ingest(pro, nameless()).account_id == "new"


def test_a_customer_who_was_deleted_is_still_found(pro: Credits) -> None:
    ingest(pro, objects.customer(START))
    ingest(pro, objects.customer(START + 9, kind="deleted"))
    ingest(pro, objects.customer(START + 1, kind="updated"))
    assert ingest(pro, nameless()).account_id == "u"
    row = pro.conn.execute("select c.is_deleted from credits_private.stripe_customers c")
    assert row.fetchall() == [(True,)]


def test_connected_accounts_have_customers_of_their_own(pro: Credits) -> None:
    set_setting(pro, "connected_accounts", "any")
    ingest(pro, objects.customer(START), "acct_a")
    assert ingest(pro, nameless()).outcome == "parked"
    assert ingest(pro, nameless(), "acct_a").outcome == "applied"


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal_text("p_account_id", required=True),
        *illegal_text("p_customer", required=True),
        *illegal("p_provider_account", overlong="x" * 256),
    ],
)
def test_an_illegal_link_is_refused(fast: Credits, argument: str, value: Any) -> None:
    given = {"p_account_id": "u", "p_customer": "cus_1", argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("link_customer", **given)


# Guests.


def guest(**changes: Any) -> Event:
    event = purchase(customer=None, event_id="evt_guest", **changes)
    del event["data"]["object"]["metadata"]["account"]
    event["data"]["object"]["client_reference_id"] = None
    return event


def test_a_guest_is_claimed_once(fast: Credits) -> None:
    assert ingest(fast, guest()).outcome == "parked"
    claimed = fast.claim_payment("u", "evt_guest")
    assert (claimed.outcome, claimed.account_id) == ("applied", "u")
    assert fast.claim_payment("u", "evt_guest").outcome == "duplicate"
    assert fast.booked("u") == [("grant", 100)]
    with refused(fast, InvalidState, event_id="evt_guest", account_id="u"):
        fast.claim_payment("mallory", "evt_guest")


def test_another_signal_of_a_claimed_payment_knows_whose_it_is(fast: Credits) -> None:
    ingest(fast, guest())
    fast.claim_payment("u", "evt_guest")
    assert ingest(fast, {**guest(), "id": "evt_2"}).account_id == "u"
    assert fast.booked("u") == [("grant", 100)]


def test_a_claim_for_a_closed_account_waits_and_stays_its_own(fast: Credits) -> None:
    ingest(fast, guest())
    fast.open_account("u")
    fast.close_account("u", "asked for")
    assert fast.claim_payment("u", "evt_guest").outcome == "parked"
    with refused(fast, InvalidState, event_id="evt_guest", account_id="u"):
        fast.claim_payment("mallory", "evt_guest")


def test_only_a_purchase_that_waits_can_be_claimed(fast: Credits) -> None:
    ingest(fast, {**objects.refund(START), "id": "evt_refund"})
    ingest(fast, purchase(event_id="evt_paid"))
    for event in ("evt_refund", "evt_paid"):
        with refused(fast, InvalidState, event_id=event):
            fast.claim_payment("v", event)
    with refused(fast, StripeEventNotFound, event_id="evt_none"):
        fast.claim_payment("v", "evt_none")


@pytest.mark.parametrize(("argument", "value"), illegal_text("p_account_id", required=True))
def test_a_claim_needs_an_account(fast: Credits, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("claim_payment", **{"p_event_id": "evt_1", argument: value})


# Quantities.


def test_a_renewal_grants_the_quantity_of_its_line(pro: Credits) -> None:
    ingest(pro, invoice(line(quantity=3)))
    assert pro.balance("u") == 1500
    assert pro.list_lots("u")[0].period_end == NOW + MONTH * DAY / 86400
