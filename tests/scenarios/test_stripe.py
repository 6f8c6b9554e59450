"""Sequences of Stripe events: repeated, out of order, in every shape, for the wrong account."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.demo import events
from tests.functions.support import DAY, HOUR, NOW, set_setting, set_status, unchanged

if TYPE_CHECKING:
    from pgcredits.rpc import StripeOutcome
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

START = int(NOW.timestamp())
MONTH = 30 * 86400
SHAPES: tuple[events.Shape, ...] = ("endive", "acacia", "pre_basil")


def ingest(credits: Credits, event: events.Event, account: str | None = None) -> StripeOutcome:
    """Deliver an event, of a connected account if one is named."""
    sent = event if account is None else {**event, "account": account}
    return credits.ingest_stripe_event(events.body(sent), True)


def purchase(**changes: Any) -> events.Event:
    given: dict[str, Any] = {
        "account": "u",
        "credits": 100,
        "amount": 1000,
        "payment_intent": "pi_1",
        "created": START,
    }
    return events.checkout_completed(**{**given, **changes})


def refund(cents: int, **changes: Any) -> events.Event:
    given: dict[str, Any] = {
        "payment_intent": "pi_1",
        "amount": 1000,
        "amount_refunded": cents,
        "created": START + cents,
    }
    return events.charge_refunded(**{**given, **changes})


def line(number: int = 0, **changes: Any) -> events.Line:
    given: dict[str, Any] = {
        "price": "price_pro",
        "amount": 1900,
        "period_start": START + number * MONTH,
        "period_end": START + (number + 1) * MONTH,
    }
    return events.Line(**{**given, **changes})


def invoice(*lines: events.Line, number: int = 0, **changes: Any) -> events.Event:
    given: dict[str, Any] = {
        "account": "u",
        "subscription": "sub_1",
        "lines": list(lines) or [line(number)],
        "created": START + number * MONTH + 60,
    }
    return events.invoice_paid(**{**given, **changes})


@pytest.fixture
def pro(fast: Credits) -> Credits:
    """Make price_pro worth 500 credits, of which 50 carry over."""
    fast.set_stripe_price("price_pro", 500, rollover_cap=50)
    return fast


# One payment, one grant.


def test_a_resend_a_week_later_grants_nothing(fast: Credits, clock: Clock) -> None:
    ingest(fast, purchase())
    clock.advance(7 * DAY)
    with unchanged(fast):
        assert ingest(fast, purchase()).outcome == "duplicate"


def test_two_events_about_one_checkout_grant_once(fast: Credits) -> None:
    ingest(fast, purchase(event_id="evt_1"))
    assert ingest(fast, purchase(event_id="evt_2")).outcome == "applied"
    assert fast.balance("u") == 100


def test_two_sessions_of_one_payment_intent_grant_once(fast: Credits) -> None:
    ingest(fast, purchase(session="cs_1"))
    assert ingest(fast, purchase(session="cs_2")).outcome == "applied"
    assert fast.balance("u") == 100


def test_one_payment_never_credits_two_accounts(fast: Credits) -> None:
    ingest(fast, purchase())
    outcome = ingest(fast, purchase(account="mallory", event_id="evt_2"))
    assert outcome.outcome == "failed"
    assert outcome.reason is not None
    assert outcome.reason.startswith("PT409")
    assert fast.get_balance("mallory").status is None
    assert fast.balance("u") == 100


def test_a_payment_is_known_by_the_name_that_a_later_event_told(fast: Credits) -> None:
    ingest(fast, purchase(session="cs_1", payment_intent=None))
    ingest(fast, purchase(session="cs_1"))
    assert ingest(fast, refund(300)).outcome == "applied"
    assert fast.balance("u") == 70


def test_an_invoice_beside_a_checkout_grants_nothing(pro: Credits) -> None:
    """An invoice of no subscription, without a marker: what was bought is in the checkout."""
    ingest(pro, purchase())
    event = invoice(billing_reason="manual")
    event["data"]["object"]["parent"] = None
    shown = event["data"]["object"]["lines"]["data"][0]
    shown["parent"] = {"type": "invoice_item_details", "invoice_item_details": {}}
    assert ingest(pro, event).outcome == "ignored"
    assert pro.balance("u") == 100


def test_an_unpaid_checkout_is_not_final(fast: Credits) -> None:
    assert ingest(fast, purchase(payment_status="unpaid", event_id="evt_1")).outcome == "ignored"
    assert ingest(fast, purchase(event_id="evt_2")).outcome == "applied"
    assert fast.balance("u") == 100


def test_tax_and_shipping_do_not_change_the_credits(fast: Credits) -> None:
    ingest(fast, purchase(amount=1190))
    assert fast.balance("u") == 100
    ingest(fast, refund(1190, amount=1190))
    assert fast.balance("u") == 0


def test_a_purchase_for_a_closed_account_waits(fast: Credits) -> None:
    fast.open_account("u")
    set_status(fast, "u", "closed")
    outcome = ingest(fast, purchase())
    assert outcome.outcome == "parked"
    assert fast.balance("u") == 0
    set_status(fast, "u", "active")
    assert ingest(fast, purchase()).outcome == "applied"
    assert fast.balance("u") == 100


def test_a_nul_in_a_product_name_does_no_harm(fast: Credits) -> None:
    event = purchase()
    event["data"]["object"]["customer_details"]["name"] = "a\x00b"
    text = events.body(event)
    assert "\\u0000" in text
    assert fast.ingest_stripe_event(text, True).outcome == "applied"
    stored = fast.conn.execute("select e.payload from credits_private.stripe_events e").fetchone()
    assert stored == (text,)


@pytest.mark.parametrize(
    "kind",
    [
        "payment_intent.created",
        "payment_intent.payment_failed",
        "checkout.session.expired",
        "charge.failed",
        "customer.source.created",
        "customer.subscription",
        "invoiceitem.created",
        "invoice_payment.failed",
        "payout.paid",
        "setup_intent.succeeded",
    ],
)
def test_other_events_are_kept_and_move_nothing(pro: Credits, kind: str) -> None:
    ingest(pro, purchase())
    before = pro.entries("u")
    event = {**purchase(payment_intent="pi_2"), "type": kind, "id": "evt_other"}
    assert ingest(pro, event).outcome == "ignored"
    assert pro.entries("u") == before


# Refunds.


@pytest.mark.parametrize("shape", SHAPES)
def test_partial_refunds_are_cumulative(fast: Credits, shape: events.Shape) -> None:
    ingest(fast, purchase(shape=shape))
    left = []
    for cents in (100, 300, 1000):
        assert ingest(fast, refund(cents, shape=shape)).account_id == "u"
        left.append(fast.balance("u"))
    assert left == [90, 70, 0]


def test_thirds_of_an_odd_pack_are_taken_exactly(fast: Credits) -> None:
    ingest(fast, purchase(credits=101, amount=999))
    left = []
    for cents in (333, 666, 999):
        ingest(fast, refund(cents, amount=999))
        left.append(fast.balance("u"))
    assert left == [101 - 33, 101 - 67, 0]


def test_an_older_refund_event_never_gives_back(fast: Credits) -> None:
    ingest(fast, purchase())
    ingest(fast, refund(700))
    assert ingest(fast, refund(300)).outcome == "applied"
    assert fast.balance("u") == 30


def test_a_smaller_refund_never_gives_back_what_was_taken_by_hand(fast: Credits) -> None:
    ingest(fast, purchase())
    fast.clawback_credits("u", "pi_1", target=80, provider="stripe")
    ingest(fast, refund(300))
    assert fast.balance("u") == 20
    ingest(fast, refund(900))
    assert fast.balance("u") == 10


def test_a_second_event_about_one_refund_takes_nothing(fast: Credits) -> None:
    ingest(fast, purchase())
    ingest(fast, refund(300, event_id="evt_r1"))
    entries = fast.entries("u")
    assert ingest(fast, refund(300, event_id="evt_r2")).outcome == "applied"
    assert fast.entries("u") == entries


def test_a_refund_before_its_purchase_waits_and_the_ledger_shows_both(fast: Credits) -> None:
    early = refund(1000)
    parked = ingest(fast, early)
    assert (parked.outcome, parked.reason) == (
        "parked",
        "payment pi_1 has granted no credits yet",
    )
    ingest(fast, purchase())
    assert fast.booked("u") == [("grant", 100), ("clawback", -100)]
    assert ingest(fast, early).outcome == "duplicate"


def test_a_partial_refund_before_its_purchase(fast: Credits) -> None:
    ingest(fast, refund(300))
    ingest(fast, refund(100))
    ingest(fast, purchase())
    assert fast.balance("u") == 70
    ingest(fast, refund(500))
    assert fast.balance("u") == 50


def test_a_refund_before_the_purchase_pays_no_old_debt(fast: Credits) -> None:
    fast.add_purchased_credits("u", 100, reference="old")
    fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "old")
    ingest(fast, refund(1000))
    ingest(fast, purchase())
    assert (fast.balance("u"), fast.debt("u")) == (-100, 100)
    assert fast.booked("u")[-2:] == [("grant", 100), ("clawback", -100)]


def test_any_order_of_purchase_and_refunds_ends_alike(fast: Credits) -> None:
    steps = [purchase(), refund(333), refund(666), purchase(event_id="evt_again")]
    for order in permutations(steps):
        with fast.conn.transaction(force_rollback=True):
            for event in order:
                assert ingest(fast, event).outcome != "failed"
            assert fast.balance("u") == 100 - 66, [event["id"] for event in order]
            assert fast.verify() == []


def test_spent_credits_are_owed_and_the_next_purchase_pays(fast: Credits) -> None:
    ingest(fast, purchase())
    fast.deduct_credit("u", 80)
    ingest(fast, refund(1000))
    assert (fast.balance("u"), fast.debt("u")) == (-80, 80)
    ingest(fast, purchase(payment_intent="pi_2"))
    assert (fast.balance("u"), fast.debt("u")) == (20, 0)


def test_spent_credits_are_forgiven_when_the_setting_says_so(fast: Credits) -> None:
    set_setting(fast, "shortfall", "write_off")
    ingest(fast, purchase())
    fast.deduct_credit("u", 80)
    ingest(fast, refund(1000))
    assert (fast.balance("u"), fast.debt("u")) == (0, 0)


def test_a_refund_of_something_else_waits_for_a_purchase_that_never_comes(
    fast: Credits,
) -> None:
    ingest(fast, purchase())
    assert ingest(fast, refund(1000, payment_intent="pi_other")).outcome == "parked"
    assert fast.balance("u") == 100


# Subscriptions.


@pytest.mark.parametrize("shape", SHAPES)
def test_every_invoice_shape_grants_alike(pro: Credits, shape: events.Shape) -> None:
    event = invoice(line(quantity=2), shape=shape, payment_intent="pi_9")
    assert ingest(pro, event).outcome == "applied"
    (lot,) = pro.list_lots("u")
    assert (lot.pool, lot.granted, lot.subscription) == ("subscription", 1000, "sub_1")
    assert (lot.period_start, lot.period_end) == (NOW, NOW + 30 * DAY)
    assert (lot.expires_at, lot.cost_amount) == (NOW + 33 * DAY, 1900)


@pytest.mark.parametrize("first", SHAPES)
@pytest.mark.parametrize("second", SHAPES)
def test_one_invoice_in_two_shapes_grants_once(
    pro: Credits, first: events.Shape, second: events.Shape
) -> None:
    ingest(pro, invoice(shape=first, event_id="evt_1"))
    assert ingest(pro, invoice(shape=second, event_id="evt_2")).outcome == "applied"
    assert pro.balance("u") == 500


@pytest.mark.parametrize(
    "reason", ["subscription_create", "subscription_cycle", "subscription_update", "manual"]
)
def test_the_billing_reason_decides_nothing(pro: Credits, reason: str) -> None:
    ingest(pro, invoice(billing_reason=reason))
    assert pro.balance("u") == 500


@pytest.mark.parametrize("status", ["draft", "open", "void", "uncollectible"])
def test_an_invoice_that_is_not_paid_grants_nothing(pro: Credits, status: str) -> None:
    outcome = ingest(pro, invoice(status=status))
    assert (outcome.outcome, outcome.reason) == ("ignored", "invoice is not paid")


def test_a_renewal_carries_over_what_its_price_allows(pro: Credits, clock: Clock) -> None:
    ingest(pro, invoice())
    pro.deduct_credit("u", 100)
    clock.set(NOW + 30 * DAY + HOUR)
    ingest(pro, invoice(number=1))
    assert pro.balance("u") == 550


def test_an_invoice_that_comes_after_the_next_one_grants_what_is_left_of_its_period(
    pro: Credits, clock: Clock
) -> None:
    clock.set(NOW + 30 * DAY + HOUR)
    ingest(pro, invoice(number=1))
    ingest(pro, invoice(number=0))
    assert pro.balance("u") == 500


@pytest.mark.parametrize("shape", SHAPES)
def test_a_proration_grants_nothing(pro: Credits, shape: events.Shape) -> None:
    alone = invoice(line(amount=120, proration=True), shape=shape, invoice="in_1")
    assert ingest(pro, alone).outcome == "ignored"
    beside = invoice(line(amount=120, proration=True), line(), shape=shape, invoice="in_2")
    assert ingest(pro, beside).outcome == "applied"
    assert pro.balance("u") == 500


def test_an_invoice_told_again_with_its_payment_intent_is_known_by_it(pro: Credits) -> None:
    ingest(pro, invoice(line(), invoice="in_1"))
    ingest(pro, invoice(line(), invoice="in_1", payment_intent="pi_1", shape="acacia", number=1))
    assert pro.balance("u") == 500
    assert ingest(pro, refund(1900, amount=1900)).outcome == "applied"
    assert pro.balance("u") == 0


@pytest.mark.parametrize("amount", [0, -1900])
def test_a_line_that_nobody_paid_for_grants_nothing(pro: Credits, amount: int) -> None:
    assert ingest(pro, invoice(line(amount=amount))).outcome == "ignored"
    assert pro.get_balance("u").status is None


def test_another_price_of_one_item_and_period_grants_too(pro: Credits) -> None:
    pro.set_stripe_price("price_max", 900)
    ingest(pro, invoice(line(), invoice="in_1"))
    ingest(pro, invoice(line(price="price_max"), invoice="in_2"))
    assert pro.balance("u") == 1400


def test_two_items_each_have_their_own_period(fast: Credits) -> None:
    fast.set_stripe_price("price_month", 10)
    fast.set_stripe_price("price_year", 100)
    ingest(
        fast,
        invoice(
            line(price="price_month", item="si_m"),
            line(price="price_year", item="si_y", period_end=START + 365 * 86400),
        ),
    )
    ends = {lot.granted: lot.period_end for lot in fast.list_lots("u")}
    assert ends == {10: NOW + 30 * DAY, 100: NOW + 365 * DAY}


def test_an_invoice_is_granted_whole_or_not_at_all(pro: Credits) -> None:
    event = invoice(line(), line(price="price_new", item="si_2"))
    assert ingest(pro, event).outcome == "parked"
    assert pro.get_balance("u").status is None
    pro.set_stripe_price("price_new", 7)
    assert pro.balance("u") == 507


def test_two_unknown_prices_are_awaited_one_after_the_other(fast: Credits) -> None:
    ingest(fast, invoice(line(), line(price="price_new", item="si_2")))
    fast.set_stripe_price("price_pro", 500)
    assert fast.get_balance("u").status is None
    fast.set_stripe_price("price_new", 7)
    assert fast.balance("u") == 507


def test_an_invoice_with_more_lines_than_shown_is_parked(pro: Credits) -> None:
    event = invoice()
    event["data"]["object"]["lines"]["has_more"] = True
    assert ingest(pro, event).outcome == "parked"
    assert pro.get_balance("u").status is None


def test_an_invoice_without_an_account_is_parked(pro: Credits) -> None:
    assert ingest(pro, invoice(account=None)).outcome == "parked"


def test_a_huge_quantity_does_not_overflow(pro: Credits) -> None:
    assert ingest(pro, invoice(line(quantity=24_104_515))).outcome == "applied"
    assert pro.balance("u") == 500 * 24_104_515
    huge = invoice(line(1, quantity=10**17), number=1)
    assert ingest(pro, huge).outcome == "failed"
    assert pro.balance("u") == 500 * 24_104_515


def test_a_metered_line_of_a_price_without_credits_waits(fast: Credits) -> None:
    outcome = ingest(fast, invoice(line(quantity=24_104_515)))
    assert outcome.outcome == "parked"
    assert fast.get_balance("u").status is None


@pytest.mark.parametrize("shape", ["acacia", "pre_basil"])
def test_a_refund_of_an_invoice_is_found_by_its_payment(pro: Credits, shape: events.Shape) -> None:
    ingest(pro, invoice(shape=shape, payment_intent="pi_1"))
    pro.deduct_credit("u", 100)
    ingest(pro, refund(950, amount=1900))
    assert pro.balance("u") == 150
    ingest(pro, refund(1900, amount=1900))
    assert (pro.balance("u"), pro.debt("u")) == (-100, 100)


def test_equal_lines_of_one_item_and_period_are_summed(pro: Credits) -> None:
    assert ingest(pro, invoice(line(amount=1000), line(amount=900))).outcome == "applied"
    assert pro.balance("u") == 1000
    assert [lot.granted for lot in pro.list_lots("u")] == [1000]


# Connected accounts.


@pytest.mark.parametrize("setting", ["none", "acct_b", "acct,acct_ab"])
def test_an_event_of_a_connected_account_that_is_not_named_moves_nothing(
    fast: Credits, setting: str
) -> None:
    """Whoever owns that account could write any metadata."""
    set_setting(fast, "connected_accounts", setting)
    outcome = ingest(fast, purchase(event_id="evt_1"), "acct_a")
    assert (outcome.outcome, outcome.reason) == (
        "ignored",
        "the setting connected_accounts does not name acct_a",
    )
    assert fast.get_balance("u").status is None
    set_setting(fast, "connected_accounts", "acct_b,acct_a")
    assert fast.retry_stripe_event("evt_1", provider_account="acct_a").outcome == "applied"


def test_the_same_ids_in_two_connected_accounts_are_two_purchases(fast: Credits) -> None:
    set_setting(fast, "connected_accounts", "any")
    assert ingest(fast, purchase(), "acct_a").outcome == "applied"
    assert ingest(fast, purchase(credits=50), "acct_b").outcome == "applied"
    assert ingest(fast, purchase(credits=7)).outcome == "applied"
    assert fast.balance("u") == 157
    assert ingest(fast, refund(1000), "acct_b").outcome == "applied"
    assert fast.balance("u") == 107
    assert ingest(fast, refund(1000)).outcome == "applied"
    assert fast.balance("u") == 100
    assert ingest(fast, refund(500), "acct_a").outcome == "applied"
    assert fast.balance("u") == 50


def test_a_refund_waits_for_the_purchase_of_its_own_connected_account(fast: Credits) -> None:
    set_setting(fast, "connected_accounts", "any")
    assert ingest(fast, refund(1000), "acct_b").outcome == "parked"
    ingest(fast, purchase(), "acct_a")
    assert fast.balance("u") == 100
    ingest(fast, purchase(credits=50), "acct_b")
    assert fast.balance("u") == 100


# The same event in the other mode.


def test_test_mode_and_live_mode_number_their_objects_apart(fast: Credits) -> None:
    live = events.body(purchase(event_id="evt_live"))
    test = events.body(purchase(event_id="evt_test", livemode=False))
    assert fast.ingest_stripe_event(live, True).outcome == "applied"
    assert fast.ingest_stripe_event(test, False).outcome == "applied"
    assert fast.balance("u") == 200


def test_a_refund_in_test_mode_takes_no_real_credits(fast: Credits) -> None:
    for number, cents in enumerate((500, 1000)):
        event = events.body(refund(cents, event_id=f"evt_test_{number}", livemode=False))
        assert fast.ingest_stripe_event(event, False).outcome == "parked"
        ingest(fast, purchase())
        assert fast.balance("u") == 100
