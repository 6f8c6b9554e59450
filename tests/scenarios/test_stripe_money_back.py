"""Refunds, disputes and credit notes at Stripe: one target for a payment, out of their rows."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from tests import stripe_objects as objects
from tests.functions.support import DAY, NOW, set_setting, unchanged
from tests.scenarios.test_stripe import START, ingest, invoice, line, purchase

if TYPE_CHECKING:
    from pgcredits.demo.events import Event
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def left_after(credits: Credits, *told: Event) -> list[int]:
    """Balance after each event."""
    left = []
    for event in told:
        assert ingest(credits, event).outcome in {"applied", "parked"}
        left.append(credits.balance("u"))
    return left


def ends_alike(credits: Credits, told: list[Event], balance: int) -> None:
    """Every order of the events, the first twice, ends with this balance, all applied."""
    for order in permutations(told):
        with credits.conn.transaction(force_rollback=True):
            for event in (*order, order[0]):
                assert ingest(credits, event).outcome != "failed"
            shown = [(e["type"], e["created"]) for e in order]
            assert credits.balance("u") == balance, shown
            assert credits.list_stripe_events() == [], shown
            assert credits.verify() == []


# Refunds.


def test_three_partial_refunds_by_their_own_events_sum_to_the_whole(fast: Credits) -> None:
    ingest(fast, purchase(credits=101, amount=999))
    refunds = [objects.refund(START + n, refund=f"re_{n}", amount=333) for n in range(3)]
    assert left_after(fast, *refunds) == [101 - 33, 101 - 67, 0]


def test_four_events_about_one_refund_take_it_once(fast: Credits) -> None:
    told = [
        purchase(),
        objects.refund(START + 1),
        objects.charge(START + 1, refunded=300),
        objects.refund(START + 2, kind="charge.refund.updated"),
        objects.refund(START + 2, kind="refund.updated"),
    ]
    ends_alike(fast, told, 70)


@pytest.mark.parametrize("version", objects.VERSIONS)
def test_every_version_tells_of_refunds(fast: Credits, version: str) -> None:
    """An old body lists the refunds of the charge; the result is that of a new one."""
    ingest(fast, purchase())
    listed = [
        {"id": "re_1", "amount": 100, "status": "succeeded", "created": START + 1},
        {"id": "re_2", "amount": 250, "status": "succeeded", "created": START + 2},
    ]
    told = objects.charge(START + 3, refunded=350, refunds=listed, version=version)
    assert left_after(fast, told) == [65]
    assert left_after(fast, objects.refund(START + 4, refund="re_2", amount=250)) == [65]


def test_refunds_of_different_kinds_of_events_are_not_added_up(fast: Credits) -> None:
    """The total of the charge is newer than one of its refunds: the larger sum counts."""
    told = [
        purchase(),
        objects.refund(START + 1, refund="re_1", amount=100),
        objects.charge(START + 2, refunded=300),
        objects.refund(START + 2, refund="re_2", amount=200),
    ]
    ends_alike(fast, told, 70)


def test_a_refund_that_fails_gives_the_credits_back(fast: Credits) -> None:
    told = [
        purchase(),
        objects.refund(START + 1, status="pending"),
        objects.charge(START + 1, refunded=300),
        objects.refund(START + 9, status="failed", kind="refund.failed", made=START + 1),
    ]
    ends_alike(fast, told, 100)


def test_a_refund_that_fails_leaves_the_others_taken(fast: Credits) -> None:
    told = [
        purchase(),
        objects.charge(START + 5, refunded=700),
        objects.refund(START + 1, refund="re_1", amount=300),
        objects.refund(
            START + 9,
            refund="re_2",
            amount=400,
            status="canceled",
            kind="refund.updated",
            made=START,
        ),
    ]
    ends_alike(fast, told, 70)


def test_a_total_after_the_failure_counts_again(fast: Credits) -> None:
    told = [
        purchase(),
        objects.refund(START + 2, status="failed", kind="refund.failed", made=START + 1),
        objects.charge(START + 3, refunded=500),
    ]
    ends_alike(fast, told, 50)


def test_a_failed_refund_stays_failed(fast: Credits) -> None:
    ingest(fast, purchase())
    ingest(fast, objects.refund(START + 5, status="failed", kind="refund.failed"))
    late = objects.refund(START + 9, status="succeeded", kind="refund.updated")
    assert ingest(fast, late).outcome == "applied"
    assert fast.balance("u") == 100


def test_an_update_without_an_amount_moves_nothing(fast: Credits) -> None:
    ingest(fast, purchase())
    ingest(fast, objects.refund(START + 1))
    entries = fast.entries("u")
    ingest(fast, objects.refund(START + 2, kind="refund.updated", metadata={"why": "asked"}))
    assert fast.entries("u") == entries


def test_a_status_of_the_future_changes_nothing(fast: Credits) -> None:
    told = [
        purchase(),
        objects.refund(START + 1),
        objects.refund(START + 2, status="teleported", kind="refund.updated"),
    ]
    ends_alike(fast, told, 70)
    ingest(fast, objects.refund(START, refund="re_9", payment_intent="pi_9", status="teleported"))
    ingest(fast, purchase(payment_intent="pi_9", session="cs_9"))
    assert fast.balance("u") == 100


def test_a_refund_of_no_charge_waits_for_nothing(fast: Credits) -> None:
    event = objects.refund(START, payment_intent=None, charge=None)
    assert ingest(fast, event).outcome == "applied"
    assert fast.list_stripe_events() == []


@pytest.mark.parametrize("missing", ["id", "amount"])
def test_a_refund_that_lacks_something_is_left_to_the_operator(fast: Credits, missing: str) -> None:
    event = objects.refund(START)
    del event["data"]["object"][missing]
    outcome = ingest(fast, event)
    assert (outcome.outcome, outcome.reason) == ("parked", "the refund lacks its id or amount")


def test_a_refund_that_names_only_the_charge_finds_the_payment(fast: Credits) -> None:
    """The charge is tied to its payment intent by another event, before or after."""
    told = [
        purchase(),
        objects.refund(START + 2, payment_intent=None),
        objects.payment_intent(START),
    ]
    ends_alike(fast, told, 70)


def test_what_is_taken_by_hand_is_the_least(fast: Credits) -> None:
    ingest(fast, purchase())
    fast.clawback_credits("u", "pi_1", target=80, provider="stripe")
    assert left_after(
        fast,
        objects.dispute(START + 1, "needs_response"),
        objects.dispute(START + 2, "won", kind="closed"),
        objects.refund(START + 3, amount=900),
    ) == [0, 20, 10]


# Purchases and refunds that never meet.


def test_a_refund_of_another_product_is_seen_and_closed(fast: Credits, clock: Clock) -> None:
    ingest(fast, purchase())
    ingest(fast, objects.refund(START, payment_intent="pi_9", charge="ch_9"))
    (waiting,) = fast.list_stripe_events()
    assert waiting.reason == "payment pi_9 has granted no credits yet"
    clock.set(NOW + 31 * DAY)
    assert fast.purge_stripe_events().closed == 1
    assert fast.list_stripe_events() == []
    assert fast.balance("u") == 100


def test_a_refund_that_was_closed_counts_when_its_purchase_comes(
    fast: Credits, clock: Clock
) -> None:
    ingest(fast, objects.refund(START))
    clock.set(NOW + 31 * DAY)
    fast.purge_stripe_events()
    ingest(fast, purchase())
    assert fast.booked("u") == [("grant", 100), ("clawback", -30)]


def test_a_payment_that_is_known_to_have_granted_nothing_waits_for_nothing(fast: Credits) -> None:
    assert ingest(fast, objects.charge(START, kind="charge.succeeded")).outcome == "applied"
    assert ingest(fast, objects.payment_intent(START)).reason == (
        "nothing was granted for it so far"
    )
    assert fast.list_stripe_events() == []


# Invoices of the current shape, which do not name their payment.


def paid_invoice(**changes: Any) -> Event:
    return invoice(line(), invoice="in_1", **changes)


@pytest.fixture
def pro(fast: Credits) -> Credits:
    fast.set_stripe_price("price_pro", 500, rollover_cap=50)
    return fast


def test_a_refund_waits_until_the_invoice_is_tied_to_its_payment(pro: Credits) -> None:
    told = [
        paid_invoice(),
        objects.invoice_payment(START + 61, invoice="in_1"),
        objects.refund(START + 90, amount=950),
    ]
    ends_alike(pro, told, 250)


def test_an_invoice_that_was_paid_in_two_parts_has_one_target(pro: Credits) -> None:
    told = [
        paid_invoice(),
        objects.invoice_payment(START + 60, invoice="in_1", amount=900),
        objects.invoice_payment(
            START + 61, invoice="in_1", payment_intent="pi_2", amount=1000, number="inpay_2"
        ),
        objects.refund(START + 90, amount=450),
        objects.charge(START + 91, refunded=500, payment_intent="pi_2", charge="ch_2"),
    ]
    ends_alike(pro, told, 250)


def test_an_invoice_paid_outside_of_stripe_has_no_payment_to_match(pro: Credits) -> None:
    ingest(pro, paid_invoice())
    tied = objects.invoice_payment(START, invoice="in_1", payment_intent=None)
    tied["data"]["object"]["payment"] = {"type": "payment_record", "payment_record": "prec_1"}
    assert ingest(pro, tied).outcome == "applied"
    assert ingest(pro, objects.refund(START + 1)).outcome == "parked"
    assert pro.balance("u") == 500


# Disputes.


def test_an_inquiry_moves_nothing(fast: Credits) -> None:
    ingest(fast, purchase())
    entries = fast.entries("u")
    for number, status in enumerate(
        ("warning_needs_response", "warning_under_review", "warning_closed", "prevented")
    ):
        assert ingest(fast, objects.dispute(START + number, status)).outcome == "applied"
    assert fast.entries("u") == entries


def test_an_inquiry_of_an_unknown_payment_waits_for_nothing(fast: Credits) -> None:
    assert ingest(fast, objects.dispute(START, "warning_needs_response")).outcome == "applied"
    assert fast.list_stripe_events() == []


def test_a_dispute_that_is_won_returns_what_it_took(fast: Credits) -> None:
    ingest(fast, purchase())
    assert left_after(
        fast,
        objects.dispute(START + 1, "needs_response", amount=400),
        objects.dispute(START + 1, "needs_response", amount=400, kind="funds_withdrawn"),
        objects.dispute(START + 2, "under_review", amount=400, kind="updated"),
        objects.dispute(START + 3, "won", amount=400, kind="closed"),
        objects.dispute(START + 3, "won", amount=400, kind="funds_reinstated"),
    ) == [60, 60, 60, 100, 100]


def test_a_dispute_in_any_order(fast: Credits) -> None:
    told = [
        purchase(),
        objects.dispute(START + 1, "needs_response"),
        objects.dispute(START + 1, "needs_response", kind="funds_withdrawn"),
        objects.dispute(START + 9, "won", kind="closed"),
        objects.dispute(START + 9, "won", kind="funds_reinstated"),
    ]
    ends_alike(fast, told, 100)


def test_a_reinstatement_alone_gives_back(fast: Credits) -> None:
    told = [
        purchase(),
        objects.dispute(START + 1, "under_review", kind="funds_withdrawn"),
        objects.dispute(START + 5, "under_review", kind="funds_reinstated"),
    ]
    ends_alike(fast, told, 100)


def test_a_dispute_lost_without_a_withdrawal_takes(fast: Credits) -> None:
    ends_alike(fast, [purchase(), objects.dispute(START + 1, "lost", kind="closed")], 0)


def test_lost_may_be_followed_by_an_appeal_and_by_won(fast: Credits) -> None:
    ingest(fast, purchase())
    states = ["lost", "appeal_needs_response", "appeal_under_review", "won"]
    told = [objects.dispute(START + n, status, kind="updated") for n, status in enumerate(states)]
    assert left_after(fast, *told) == [0, 0, 0, 100]
    ends_alike(fast, [purchase(payment_intent="pi_1", event_id="evt_again"), *told], 100)


def test_won_may_be_followed_by_lost(fast: Credits) -> None:
    told = [
        purchase(),
        objects.dispute(START + 3, "won", kind="closed"),
        objects.dispute(START + 3, "won", kind="funds_reinstated"),
        objects.dispute(START + 9, "lost", kind="closed"),
    ]
    ends_alike(fast, told, 0)


def test_events_of_one_second_are_put_in_order_by_how_far_they_are(fast: Credits) -> None:
    told = [
        purchase(),
        objects.dispute(START + 1, "needs_response"),
        objects.dispute(START + 1, "under_review", kind="updated"),
        objects.dispute(START + 1, "won", kind="closed"),
    ]
    ends_alike(fast, told, 100)


def test_a_dispute_takes_only_when_lost_where_the_setting_says_so(fast: Credits) -> None:
    set_setting(fast, "dispute_takes_back", "when_lost")
    ingest(fast, purchase())
    assert left_after(
        fast,
        objects.dispute(START + 1, "needs_response"),
        objects.dispute(START + 1, "needs_response", kind="funds_withdrawn"),
        objects.dispute(START + 2, "under_review", kind="updated"),
        objects.dispute(START + 3, "lost", kind="closed"),
        objects.dispute(START + 4, "appeal_under_review", kind="updated"),
        objects.dispute(START + 5, "won", kind="updated"),
    ) == [100, 100, 100, 0, 0, 100]


def test_a_dispute_status_of_the_future_changes_nothing_and_says_so(fast: Credits) -> None:
    told = [
        purchase(),
        objects.dispute(START + 1, "needs_response", amount=400),
        objects.dispute(START + 9, "in_orbit", amount=400, kind="updated"),
    ]
    ends_alike(fast, told, 60)
    for event in told:
        outcome = ingest(fast, event)
    assert outcome.reason == "the status is not known and changes nothing"


@pytest.mark.parametrize(
    "more", [{"amount": 99_000}, {"currency": "eur", "amount": 1}], ids=["above", "currency"]
)
def test_a_disputed_amount_is_capped(fast: Credits, more: dict[str, Any]) -> None:
    ingest(fast, purchase())
    assert left_after(fast, objects.dispute(START + 1, **more)) == [0]


def test_refund_and_dispute_share_one_target(fast: Credits) -> None:
    told = [
        purchase(),
        objects.refund(START + 1, amount=400),
        objects.dispute(START + 2, "lost", amount=600, kind="closed"),
        objects.charge(START + 1, refunded=400),
    ]
    ends_alike(fast, told, 0)


def test_a_full_refund_and_a_dispute_take_once(fast: Credits) -> None:
    told = [purchase(), objects.refund(START + 1, amount=1000), objects.dispute(START + 2, "lost")]
    ends_alike(fast, told, 0)


def test_a_dispute_won_and_then_refunded_is_taken_once(fast: Credits) -> None:
    told = [
        purchase(),
        objects.dispute(START + 1, "needs_response"),
        objects.dispute(START + 2, "won", kind="closed"),
        objects.refund(START + 3, amount=1000),
    ]
    ends_alike(fast, told, 0)


def test_two_disputes_of_one_charge_are_two_rows(fast: Credits) -> None:
    ingest(fast, purchase())
    assert left_after(
        fast,
        objects.dispute(START + 1, "lost", dispute="dp_1", amount=300),
        objects.dispute(START + 2, "lost", dispute="dp_2", amount=200),
        objects.dispute(START + 3, "won", dispute="dp_1", amount=300, kind="closed"),
    ) == [70, 50, 80]


def test_a_dispute_that_lacks_its_amount_is_left_to_the_operator(fast: Credits) -> None:
    event = objects.dispute(START, amount=1)
    del event["data"]["object"]["amount"]
    assert ingest(fast, event).outcome == "parked"


# Freezing.


def test_a_dispute_freezes_the_account_where_the_setting_says_so(fast: Credits) -> None:
    set_setting(fast, "dispute_freezes", "yes")
    ingest(fast, purchase())
    ingest(fast, purchase(payment_intent="pi_2", session="cs_2"))
    ingest(fast, objects.dispute(START + 1, amount=1000))
    assert (fast.get_balance("u").status, fast.balance("u")) == ("frozen", 100)
    ingest(fast, objects.dispute(START + 2, dispute="dp_2", payment_intent="pi_2", charge="ch_2"))
    ingest(fast, objects.dispute(START + 3, "won", kind="closed"))
    assert fast.get_balance("u").status == "frozen"
    ingest(
        fast,
        objects.dispute(
            START + 4, "won", dispute="dp_2", payment_intent="pi_2", charge="ch_2", kind="closed"
        ),
    )
    assert (fast.get_balance("u").status, fast.balance("u")) == ("active", 200)


def test_a_dispute_that_comes_before_its_purchase_freezes_too(fast: Credits) -> None:
    set_setting(fast, "dispute_freezes", "yes")
    ingest(fast, objects.dispute(START + 1, "lost", kind="closed"))
    ingest(fast, purchase())
    assert fast.get_balance("u").status == "frozen"


def test_who_was_frozen_by_somebody_else_stays_frozen(fast: Credits) -> None:
    set_setting(fast, "dispute_freezes", "yes")
    ingest(fast, purchase())
    fast.freeze_account("u", "abuse")
    ingest(fast, objects.dispute(START + 1))
    ingest(fast, objects.dispute(START + 2, "won", kind="closed"))
    assert fast.get_balance("u").status == "frozen"


def test_by_default_nothing_is_frozen(fast: Credits) -> None:
    ingest(fast, purchase())
    ingest(fast, objects.dispute(START + 1, "lost", kind="closed"))
    assert fast.get_balance("u").status == "active"


# Credit notes.


@pytest.mark.parametrize("version", ["2020", "acacia", "basil", "endive"])
def test_a_credit_note_with_a_refund_takes_only_the_refund(pro: Credits, version: str) -> None:
    set_setting(pro, "credit_notes", "take_back")
    told = [
        paid_invoice(payment_intent="pi_1", shape="acacia"),
        objects.refund(START + 90, amount=950),
        objects.credit_note(
            START + 91, invoice="in_1", amount=950, refunds=[("re_1", 950)], version=version
        ),
    ]
    ends_alike(pro, told, 250)


def test_a_credit_note_to_the_customer_balance(pro: Credits) -> None:
    ingest(pro, paid_invoice())
    noted = objects.credit_note(START + 91, invoice="in_1", amount=950)
    with unchanged_balance(pro):
        assert ingest(pro, noted).outcome == "applied"
    set_setting(pro, "credit_notes", "take_back")
    ingest(pro, objects.credit_note(START + 92, invoice="in_1", amount=950, kind="updated"))
    assert pro.balance("u") == 250
    ingest(
        pro,
        objects.credit_note(START + 93, invoice="in_1", amount=950, status="void", kind="voided"),
    )
    assert pro.balance("u") == 500


def test_a_voided_credit_note_stays_void(pro: Credits) -> None:
    set_setting(pro, "credit_notes", "take_back")
    told = [
        paid_invoice(),
        objects.credit_note(START + 91, invoice="in_1", amount=950),
        objects.credit_note(START + 91, invoice="in_1", amount=950, status="void", kind="voided"),
    ]
    ends_alike(pro, told, 500)


def test_a_credit_note_before_the_payment_gives_nothing_back(pro: Credits) -> None:
    set_setting(pro, "credit_notes", "take_back")
    told = [
        paid_invoice(),
        objects.credit_note(
            START + 1, invoice="in_1", amount=950, version="acacia", type="pre_payment"
        ),
    ]
    ends_alike(pro, told, 500)


class unchanged_balance:  # noqa: N801 - reads as a statement
    """No entry is booked inside the block."""

    def __init__(self, credits: Credits) -> None:
        self._credits = credits

    def __enter__(self) -> None:
        self._before = self._credits.entries("u")

    def __exit__(self, *exc: object) -> None:
        assert self._credits.entries("u") == self._before


def test_a_late_event_of_the_same_money_writes_no_entry(fast: Credits) -> None:
    ingest(fast, purchase())
    ingest(fast, objects.refund(START + 1))
    with unchanged_balance(fast):
        ingest(fast, objects.charge(START + 1, refunded=300))
    with unchanged(fast):
        assert ingest(fast, objects.refund(START + 1)).outcome == "duplicate"
