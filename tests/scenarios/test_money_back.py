"""Money that goes back takes its credits back, whatever happened to them and in whatever order."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InDebt, RefundExceedsSpend
from tests.functions.support import (
    DAY,
    NOW,
    REFUND_GRACE,
    refused,
    set_setting,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.rpc import Lot
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def buy(credits: Credits, payment: str, amount: int = 100, **other: Any) -> None:
    """Buy a pack at ten cents a credit."""
    credits.add_purchased_credits(
        "u", amount, reference=payment, amount_paid=10 * amount, currency="eur", **other
    )


def payment(credits: Credits, name: str) -> dict[str, int]:
    """Where the target of a payment is, without the parts that are zero."""
    row = credits.conn.execute(
        "select to_jsonb(p) from credits_private.payments p where p.object_id = %s", (name,)
    ).fetchone()
    assert row is not None
    parts = ("target", "clawed", "covered", "owed", "settled", "written_off")
    return {part: row[0][part] for part in parts if row[0][part]}


def only_lot(credits: Credits, **fields: Any) -> Lot:
    (lot,) = [
        lot
        for lot in credits.list_lots("u", live_only=False)
        if all(getattr(lot, name) == value for name, value in fields.items())
    ]
    return lot


# Debt beside live lots.


def test_debt_stands_beside_promotional_credits(fast: Credits) -> None:
    buy(fast, "p1")
    fast.deduct_credit("u", 100)
    fast.grant_credits("u", 50)
    receipt = fast.clawback_credits("u", "p1")
    assert (receipt.balance, receipt.available, receipt.debt) == (-50, 0, 100)
    assert fast.remaining("u") == [("promotional", 50)]
    with refused(fast, InDebt, required=1, debt=100):
        fast.deduct_credit("u", 1)


def test_a_small_debt_does_not_let_the_open_lot_be_spent(fast: Credits) -> None:
    buy(fast, "p1")
    fast.deduct_credit("u", 10)
    fast.grant_credits("u", 50)
    fast.deduct_credit("u", 1)
    fast.clawback_credits("u", "p1")
    assert (fast.balance("u"), fast.debt("u")) == (39, 10)
    with refused(fast, InDebt, required=1, debt=10):
        fast.deduct_credit("u", 1)


def test_paying_lots_settle_debt_the_moment_it_arises(fast: Credits) -> None:
    buy(fast, "p1", 30)
    buy(fast, "p2", 100)
    fast.deduct_credit("u", 30)
    receipt = fast.clawback_credits("u", "p1")
    assert (receipt.amount, receipt.balance, receipt.debt) == (-30, 70, 0)
    assert fast.booked("u")[-2:] == [("clawback", -30), ("settle", 0)]
    assert fast.deduct_credit("u", 70).balance == 0


def test_debt_is_settled_in_burn_order_and_never_by_gifts(fast: Credits) -> None:
    buy(fast, "p1", 60)
    fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p1")
    fast.grant_credits("u", 100)
    fast.add_subscription_credits("u", 20, NOW + 30 * DAY, reference="s")
    buy(fast, "p2", 100)
    assert fast.pools("u") == {"promotional": 100, "purchased": 60}
    assert fast.debt("u") == 0
    assert fast.deduct_credit("u", 1).allocations == [[4, -1]]


def test_the_oldest_debt_is_settled_first(fast: Credits) -> None:
    buy(fast, "p1", 50)
    buy(fast, "p2", 50)
    fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "p1")
    fast.clawback_credits("u", "p2")
    buy(fast, "p3", 60)
    assert payment(fast, "p1") == {"target": 50, "settled": 50}
    assert payment(fast, "p2") == {"target": 50, "owed": 40, "settled": 10}


def test_an_exactly_settled_debt_leaves_nothing_to_spend(fast: Credits) -> None:
    buy(fast, "p1", 60)
    fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p1")
    buy(fast, "p2", 60)
    assert (fast.balance("u"), fast.debt("u"), fast.available("u")) == (0, 0, 0)


def test_the_ledger_shows_the_whole_grant_that_paid_a_debt(fast: Credits) -> None:
    buy(fast, "p1", 60)
    fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p1")
    buy(fast, "p2", 100)
    assert fast.booked("u") == [
        ("grant", 60),
        ("spend", -60),
        ("clawback", -60),
        ("grant", 100),
        ("settle", 0),
    ]
    assert fast.entries("u")[-1].allocations == [[4, -60], [0, 60]]


def test_a_refunded_spend_settles_debt_of_another_payment(fast: Credits) -> None:
    buy(fast, "p1", 50)
    buy(fast, "p2", 50)
    spend = fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "p1")
    assert fast.debt("u") == 50
    receipt = fast.refund_spend("u", entry_id=spend.entry_id, amount=30)
    assert receipt.allocations == [[2, 30]]
    assert (receipt.balance, receipt.debt) == (-20, 20)


# What expired is not owed.


@pytest.mark.parametrize("swept", [True, False], ids=["swept", "unswept"])
def test_who_used_nothing_owes_nothing(fast: Credits, clock: Clock, swept: bool) -> None:
    buy(fast, "p1", expires_at=NOW + 30 * DAY)
    clock.advance(59 * DAY)
    if swept:
        fast.expire_due()
    receipt = fast.clawback_credits("u", "p1")
    assert (receipt.amount, receipt.balance, receipt.debt) == (0, 0, 0)
    assert payment(fast, "p1") == {"target": 100, "covered": 100}


def test_only_what_was_used_of_an_expired_pack_is_owed(fast: Credits, clock: Clock) -> None:
    buy(fast, "p1", expires_at=NOW + 30 * DAY)
    fast.deduct_credit("u", 40)
    clock.advance(59 * DAY)
    fast.clawback_credits("u", "p1", amount_returned=500)
    assert (fast.debt("u"), payment(fast, "p1")) == (0, {"target": 50, "covered": 50})
    fast.clawback_credits("u", "p1")
    assert payment(fast, "p1") == {"target": 100, "covered": 60, "owed": 40}
    assert fast.debt("u") == 40


def test_what_expiry_covered_does_not_come_back(fast: Credits, clock: Clock) -> None:
    buy(fast, "p1", expires_at=NOW + 30 * DAY)
    fast.deduct_credit("u", 40)
    clock.advance(59 * DAY)
    fast.clawback_credits("u", "p1")
    receipt = fast.clawback_credits("u", "p1", target=0)
    assert (receipt.amount, receipt.balance, receipt.debt) == (40, 0, 0)
    assert payment(fast, "p1") == {}


# Free payments and rounding.


def test_a_free_pack_is_not_clawed_at_birth(fast: Credits) -> None:
    fast.record_payment("u", "p1", 0, currency="eur", grants=[{"amount": 100}], amount_returned=0)
    assert fast.balance("u") == 100
    assert fast.clawback_credits("u", "p1", amount_returned=0).balance == 100


@pytest.mark.parametrize("granted", [1, 2, 7, 100, 101, 9007199254740991])
def test_thirds_are_rounded_down_and_the_last_one_takes_the_rest(
    fast: Credits, granted: int
) -> None:
    fast.add_purchased_credits("u", granted, reference="p1", amount_paid=999, currency="eur")
    for thirds in (1, 2):
        fast.clawback_credits("u", "p1", amount_returned=333 * thirds)
        assert fast.balance("u") == granted - granted * thirds // 3
    fast.clawback_credits("u", "p1", amount_returned=999)
    assert (fast.balance("u"), fast.debt("u")) == (0, 0)


def test_every_cent_of_an_odd_price_is_a_floor_of_the_whole(fast: Credits) -> None:
    fast.add_purchased_credits("u", 17, reference="p1", amount_paid=13, currency="eur")
    for cents in range(14):
        fast.clawback_credits("u", "p1", amount_returned=cents)
        assert fast.balance("u") == 17 - 17 * cents // 13


@pytest.mark.parametrize(
    ("cents", "granted"), [(10_000, 100), (1000, 2000), (300, 100)], ids=["0.01", "2", "1/3"]
)
def test_credits_are_no_money_whatever_a_credit_costs(
    fast: Credits, cents: int, granted: int
) -> None:
    """Half of the money takes half of the credits, and debt is paid in credits."""
    fast.add_purchased_credits("u", granted, reference="p1", amount_paid=cents, currency="eur")
    fast.clawback_credits("u", "p1", amount_returned=cents // 2)
    assert fast.balance("u") == granted // 2
    fast.deduct_credit("u", granted // 2)
    fast.clawback_credits("u", "p1", amount_returned=cents)
    assert (fast.balance("u"), fast.debt("u")) == (-(granted // 2), granted // 2)
    fast.add_purchased_credits("u", granted, reference="p2", amount_paid=1, currency="eur")
    assert (fast.balance("u"), fast.debt("u")) == (granted - granted // 2, 0)


def test_more_money_than_was_paid_takes_no_more_than_was_granted(fast: Credits) -> None:
    buy(fast, "p1")
    receipt = fast.clawback_credits("u", "p1", amount_returned=1190)
    assert (receipt.amount, receipt.balance, receipt.debt) == (-100, 0, 0)


def test_cumulative_amounts_are_totals(fast: Credits) -> None:
    buy(fast, "p1")
    steps = [fast.clawback_credits("u", "p1", amount_returned=cents) for cents in (100, 300, 300)]
    assert [step.amount for step in steps] == [-10, -20, 0]
    assert fast.clawback_credits("u", "p1", amount_returned=1000).amount == -70


# Credits that come back to a clawed payment.


@pytest.mark.parametrize("shortfall", ["debt", "write_off"])
def test_claw_refund_spend_mints_nothing(fast: Credits, shortfall: str) -> None:
    set_setting(fast, "shortfall", shortfall)
    buy(fast, "p1")
    spend = fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p1")
    assert fast.debt("u") == (60 if shortfall == "debt" else 0)
    receipt = fast.refund_spend("u", entry_id=spend.entry_id)
    assert (receipt.amount, receipt.balance, receipt.debt) == (60, 0, 0)
    assert [kind for kind, _ in fast.booked("u")[-2:]] == ["refund", "clawback"]
    assert payment(fast, "p1") == {"target": 100, "clawed": 100}


@pytest.mark.parametrize("shortfall", ["debt", "write_off"])
def test_parts_that_come_back_make_good_one_after_the_other(fast: Credits, shortfall: str) -> None:
    set_setting(fast, "shortfall", shortfall)
    buy(fast, "p1")
    spend = fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p1", target=70)
    part = "owed" if shortfall == "debt" else "written_off"
    assert payment(fast, "p1") == {"target": 70, "clawed": 40, part: 30}
    fast.refund_spend("u", entry_id=spend.entry_id, amount=20)
    assert payment(fast, "p1") == {"target": 70, "clawed": 60, part: 10}
    assert fast.available("u") == 0
    fast.refund_spend("u", entry_id=spend.entry_id)
    assert payment(fast, "p1") == {"target": 70, "clawed": 70}
    assert (fast.available("u"), fast.debt("u")) == (30, 0)


def test_what_comes_back_to_an_expired_lot_makes_good_too(fast: Credits, clock: Clock) -> None:
    buy(fast, "p1", expires_at=NOW + DAY)
    spend = fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p1")
    assert fast.debt("u") == 60
    clock.set(NOW + 60 * DAY)
    fast.refund_spend("u", entry_id=spend.entry_id)
    assert (fast.balance("u"), fast.debt("u")) == (0, 0)
    assert payment(fast, "p1") == {"target": 100, "clawed": 100}


def test_grace_does_not_turn_clawed_credits_into_free_ones(fast: Credits, clock: Clock) -> None:
    buy(fast, "p1", expires_at=NOW + DAY)
    spend = fast.deduct_credit("u", 60)
    clock.set(NOW + 2 * DAY)
    fast.refund_spend("u", entry_id=spend.entry_id)
    assert fast.remaining("u") == [("purchased", 60)]
    receipt = fast.clawback_credits("u", "p1")
    assert (receipt.amount, receipt.balance, receipt.debt) == (-60, 0, 0)
    assert payment(fast, "p1") == {"target": 100, "clawed": 60, "covered": 40}


def test_a_share_counts_what_was_granted_and_not_what_was_restored(
    fast: Credits, clock: Clock
) -> None:
    buy(fast, "p1", expires_at=NOW + DAY)
    spend = fast.deduct_credit("u", 60)
    clock.set(NOW + 2 * DAY)
    fast.refund_spend("u", entry_id=spend.entry_id)
    receipt = fast.clawback_credits("u", "p1", amount_returned=500)
    assert (receipt.amount, receipt.balance) == (-50, 10)
    assert payment(fast, "p1") == {"target": 50, "clawed": 50}


# A lower target.


def test_a_won_dispute_returns_exactly_what_it_took(fast: Credits) -> None:
    buy(fast, "p1")
    fast.deduct_credit("u", 30)
    fast.clawback_credits("u", "p1")
    assert (fast.balance("u"), fast.debt("u")) == (-30, 30)
    fast.clawback_credits("u", "p1", target=0)
    assert (fast.balance("u"), fast.debt("u")) == (70, 0)
    assert payment(fast, "p1") == {}
    assert fast.deduct_credit("u", 70).balance == 0


def test_debt_that_others_have_paid_comes_back_as_a_lot(fast: Credits) -> None:
    buy(fast, "p1", expires_at=NOW + 30 * DAY)
    spend = fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "p1")
    buy(fast, "p2")
    assert payment(fast, "p1") == {"target": 100, "settled": 100}
    receipt = fast.clawback_credits("u", "p1", target=0)
    assert (receipt.balance, receipt.debt) == (100, 0)
    restored = only_lot(fast, origin="restoration")
    assert (restored.granted, restored.pool, restored.payment_id) == (100, "purchased", 1)
    assert restored.expires_at == NOW + 30 * DAY
    fast.refund_spend("u", entry_id=spend.entry_id)
    assert fast.balance("u") == 200
    assert only_lot(fast, lot_id=1).remaining == 100


def test_debt_that_others_have_paid_comes_back_before_what_expiry_covered(
    fast: Credits, clock: Clock
) -> None:
    buy(fast, "p1", expires_at=NOW + 30 * DAY)
    fast.deduct_credit("u", 40)
    clock.set(NOW + 60 * DAY)
    buy(fast, "p2")
    fast.clawback_credits("u", "p1")
    assert payment(fast, "p1") == {"target": 100, "covered": 60, "settled": 40}
    assert fast.balance("u") == 60
    assert fast.clawback_credits("u", "p1", target=60).balance == 100
    assert payment(fast, "p1") == {"target": 60, "covered": 60}


def test_a_lot_for_paid_debt_lives_for_the_refund_grace_at_least(
    fast: Credits, clock: Clock
) -> None:
    buy(fast, "p1", expires_at=NOW + 30 * DAY)
    fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "p1")
    buy(fast, "p2")
    won_at = clock.set(NOW + 90 * DAY)
    fast.clawback_credits("u", "p1", target=0)
    assert only_lot(fast, origin="restoration").expires_at == won_at + REFUND_GRACE


def test_what_others_paid_is_not_taken_twice_when_the_target_rises_again(fast: Credits) -> None:
    buy(fast, "p1")
    fast.deduct_credit("u", 100)
    buy(fast, "p2")
    for _ in range(3):
        fast.clawback_credits("u", "p1")
        assert (fast.balance("u"), fast.debt("u")) == (0, 0)
        fast.clawback_credits("u", "p1", target=0)
        assert (fast.balance("u"), fast.debt("u")) == (100, 0)


def test_a_refund_of_the_spend_and_then_a_won_dispute(fast: Credits) -> None:
    buy(fast, "p1")
    spend = fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "p1")
    buy(fast, "p2")
    fast.refund_spend("u", entry_id=spend.entry_id)
    assert fast.balance("u") == 100
    fast.clawback_credits("u", "p1", target=0)
    assert fast.balance("u") == 200
    assert all(lot.remaining <= lot.granted for lot in fast.list_lots("u", live_only=False))


def test_credits_that_paid_debt_and_then_go_back_are_debt_again(fast: Credits) -> None:
    buy(fast, "p1")
    fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "p1")
    buy(fast, "p2")
    assert fast.debt("u") == 0
    set_setting(fast, "shortfall", "write_off")
    fast.clawback_credits("u", "p2")
    assert (fast.balance("u"), fast.debt("u")) == (-100, 100)
    assert payment(fast, "p2") == {"target": 100, "owed": 100}


def test_written_off_means_forgiven_and_recorded(fast: Credits) -> None:
    set_setting(fast, "shortfall", "write_off")
    buy(fast, "p1")
    fast.deduct_credit("u", 60)
    receipt = fast.clawback_credits("u", "p1")
    assert (receipt.amount, receipt.balance, receipt.debt) == (-40, 0, 0)
    assert payment(fast, "p1") == {"target": 100, "clawed": 40, "written_off": 60}
    fast.grant_credits("u", 5, pool="purchased")
    assert fast.available("u") == 5


def test_a_write_off_is_undone_before_anything_comes_back(fast: Credits) -> None:
    set_setting(fast, "shortfall", "write_off")
    buy(fast, "p1")
    fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p1")
    assert fast.clawback_credits("u", "p1", target=40).balance == 0
    assert fast.clawback_credits("u", "p1", target=0).balance == 40


def test_a_restored_lot_lives_longer_by_the_time_that_its_credits_were_gone(
    fast: Credits, clock: Clock
) -> None:
    buy(fast, "p1", expires_at=NOW + 10 * DAY)
    clock.set(NOW + 2 * DAY)
    fast.clawback_credits("u", "p1")
    clock.set(NOW + 20 * DAY)
    assert fast.clawback_credits("u", "p1", target=0).balance == 100
    assert only_lot(fast, lot_id=1).expires_at == NOW + 28 * DAY


def test_a_part_that_stayed_and_expired_is_not_restored(fast: Credits, clock: Clock) -> None:
    buy(fast, "p1", expires_at=NOW + 10 * DAY)
    fast.clawback_credits("u", "p1", target=40)
    clock.set(NOW + 15 * DAY)
    assert fast.balance("u") == 0
    receipt = fast.clawback_credits("u", "p1", target=0)
    assert (receipt.amount, receipt.balance) == (40, 40)


# Several lots of one payment, and derived ones.


def bonus_pack(credits: Credits) -> None:
    """Buy 100 with 20 for a gift, 1200 cents in all."""
    credits.record_payment(
        "u",
        "p1",
        1200,
        currency="eur",
        grants=[{"amount": 100}, {"amount": 20, "pool": "promotional"}],
    )


def test_bonus_credits_go_back_with_their_payment(fast: Credits) -> None:
    bonus_pack(fast)
    fast.grant_credits("u", 7)
    receipt = fast.clawback_credits("u", "p1", amount_returned=600)
    assert receipt.allocations == [[2, -20], [1, -40]]
    assert fast.clawback_credits("u", "p1").allocations == [[1, -60]]
    assert fast.remaining("u") == [("promotional", 7)]


def test_spent_bonus_credits_are_owed(fast: Credits) -> None:
    bonus_pack(fast)
    fast.deduct_credit("u", 30)
    fast.clawback_credits("u", "p1")
    assert fast.debt("u") == 30


def test_a_lot_for_paid_debt_is_no_gift_where_the_last_lot_was_none(fast: Credits) -> None:
    bonus_pack(fast)
    fast.deduct_credit("u", 120)
    fast.clawback_credits("u", "p1")
    buy(fast, "p2", 120)
    fast.clawback_credits("u", "p1", target=0)
    restored = only_lot(fast, origin="restoration")
    assert (restored.pool, restored.granted) == ("purchased", 120)


def test_the_target_is_given_back_in_reverse_of_the_burn_order(fast: Credits) -> None:
    bonus_pack(fast)
    fast.clawback_credits("u", "p1")
    receipt = fast.clawback_credits("u", "p1", target=10)
    assert receipt.allocations == [[1, 100], [2, 10]]


def test_what_carried_over_still_belongs_to_its_payment(fast: Credits, clock: Clock) -> None:
    def renew(number: int) -> None:
        fast.renew_subscription(
            "u",
            "pro",
            100,
            period_start=NOW + number * 30 * DAY,
            period_end=NOW + (number + 1) * 30 * DAY,
            rollover_cap=60,
            payment=f"in_{number}",
            amount_paid=1000,
            currency="eur",
        )

    renew(0)
    fast.deduct_credit("u", 30)
    clock.advance(30 * DAY)
    renew(1)
    assert fast.balance("u") == 160
    receipt = fast.clawback_credits("u", "in_0")
    assert payment(fast, "in_0") == {"target": 100, "clawed": 60, "covered": 10, "settled": 30}
    assert (receipt.balance, receipt.debt) == (70, 0)


# Order.


def test_money_that_is_back_before_the_purchase_pays_no_old_debt(fast: Credits) -> None:
    buy(fast, "p1")
    fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "p1")
    receipt = fast.record_payment(
        "u", "p2", 1000, currency="eur", grants=[{"amount": 100}], amount_returned=1000
    )
    assert (receipt.balance, receipt.debt) == (-100, 100)
    assert payment(fast, "p2") == {"target": 100, "clawed": 100}


STEPS: dict[str, Callable[[Credits], object]] = {
    "paid_again": lambda credits: buy(credits, "p1"),
    "refunded_a_third": lambda credits: credits.clawback_credits("u", "p1", amount_returned=333),
    "disputed": lambda credits: credits.clawback_credits("u", "p1"),
    "won": lambda credits: credits.clawback_credits("u", "p1", target=33),
    "spend_refunded": lambda credits: credits.refund_spend("u", spend_key="job", amount=45),
    "bought_more": lambda credits: buy(credits, "p2", 50),
}


@pytest.mark.parametrize(
    ("last", "target", "shortfall"),
    [
        ("disputed", 100, "debt"),
        ("won", 33, "write_off"),
    ],
)
def test_only_the_last_word_about_a_payment_counts(
    fast: Credits, last: str, target: int, shortfall: str
) -> None:
    """Any order of what happens before ends in the same balance: 150 granted, 15 used, target."""
    set_setting(fast, "shortfall", shortfall)
    buy(fast, "p1")
    fast.deduct_credit("u", 60, idempotency_key="job")
    for order in permutations(set(STEPS) - {last}):
        with fast.conn.transaction(force_rollback=True):
            for step in [*order, last]:
                STEPS[step](fast)
            left = 100 + 50 - 15 - target
            forgiven = payment(fast, "p1").get("written_off", 0)
            assert (fast.balance("u"), fast.debt("u")) == (left + forgiven, 0), order
            assert payment(fast, "p1")["target"] == target
            assert fast.verify("u") == []


def test_a_refund_of_more_than_the_spend_is_refused_in_any_state(fast: Credits) -> None:
    buy(fast, "p1")
    spend = fast.deduct_credit("u", 60)
    fast.clawback_credits("u", "p1")
    fast.refund_spend("u", entry_id=spend.entry_id, amount=50)
    with refused(fast, RefundExceedsSpend, refundable=10):
        fast.refund_spend("u", entry_id=spend.entry_id, amount=11)


def test_unwinding_everything_leaves_nothing(fast: Credits) -> None:
    buy(fast, "p1")
    spend = fast.deduct_credit("u", 100)
    fast.clawback_credits("u", "p1")
    buy(fast, "p2", 60)
    fast.clawback_credits("u", "p2")
    fast.refund_spend("u", entry_id=spend.entry_id)
    assert (fast.balance("u"), fast.debt("u")) == (0, 0)
    fast.clawback_credits("u", "p1", target=0)
    fast.clawback_credits("u", "p2", target=0)
    assert (fast.balance("u"), fast.debt("u")) == (160, 0)
