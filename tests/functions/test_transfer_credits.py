"""transfer_credits: what the giver loses the receiver gets, lot by lot, and nothing gets better."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountFrozen,
    BalanceLimit,
    IdempotencyConflict,
    InDebt,
    InsufficientCredits,
    InvalidArgument,
    SameAccount,
)
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    MICROSECOND,
    NOW,
    illegal,
    illegal_amount,
    illegal_text,
    lots,
    refused,
    replayed,
    set_setting,
)

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def give(credits: Credits, amount: int, key: str = "k", **given: Any) -> Receipt:
    """Let ann give to bob."""
    return credits.transfer_credits("ann", "bob", amount, idempotency_key=key, **given)


def test_what_one_loses_the_other_gets(fast: Credits) -> None:
    fast.add_purchased_credits("ann", 100, reference="p")
    fast.open_account("bob")
    receipt = give(fast, 30, reference="gift", metadata={"by": "ann"})
    assert (receipt.account_id, receipt.kind, receipt.amount) == ("ann", "transfer", -30)
    assert (receipt.balance, receipt.available, receipt.allocations) == (70, 70, [[1, -30]])
    assert (fast.available("ann"), fast.available("bob")) == (70, 30)
    out, into = fast.entries("ann")[-1], fast.entries("bob")[-1]
    assert (out.other_account_id, out.other_entry_id) == ("bob", into.entry_id)
    assert (into.other_account_id, into.other_entry_id) == ("ann", out.entry_id)
    assert (into.kind, into.amount, into.allocations) == ("transfer", 30, [[2, 30]])
    assert (out.reference, into.reference) == ("gift", "gift")
    assert (out.metadata, into.metadata) == ({"by": "ann"}, None)
    assert (out.idempotency_key, into.idempotency_key) == ("k", None)


def test_each_lot_keeps_pool_and_expiry_and_its_share_of_the_cost(fast: Credits) -> None:
    fast.add_purchased_credits("ann", 90, reference="p", amount_paid=1000, currency="eur")
    fast.grant_credits("ann", 20, expires_at=NOW + DAY)
    fast.renew_subscription(
        "ann", "plan", 10, period_start=NOW, period_end=NOW + 30 * DAY, payment="in", amount_paid=7,
        currency="usd",
    )  # fmt: skip
    give(fast, 60, reference="gift")
    assert [
        (lot.pool, lot.granted, lot.expires_at, lot.cost_amount, lot.cost_currency, lot.from_lot_id)
        for lot in lots(fast, "bob")
    ] == [
        ("subscription", 10, NOW + 33 * DAY, 7, "usd", 3),
        ("promotional", 20, NOW + DAY, None, None, 2),
        ("purchased", 30, None, 333, "eur", 1),
    ]
    for lot in lots(fast, "bob"):
        assert (lot.origin, lot.from_account_id, lot.reference) == ("transfer", "ann", "gift")
        assert (lot.payment_id, lot.subscription, lot.period_end) == (None, None, None)
    assert [lot.cost_moved for lot in lots(fast, "ann", live_only=False)] == [7, 0, 333]


def test_of_the_cost_nothing_appears_and_nothing_vanishes(fast: Credits) -> None:
    fast.add_purchased_credits("ann", 7, reference="p", amount_paid=1000, currency="eur")
    for number in range(7):
        give(fast, 1, f"k{number}")
    (source,) = lots(fast, "ann", live_only=False)
    got = [lot.cost_amount for lot in lots(fast, "bob")]
    assert got == [142] * 7
    assert (source.cost_amount, source.cost_moved) == (1000, 7 * 142)


def test_one_pool_only(fast: Credits) -> None:
    fast.add_purchased_credits("ann", 10, reference="p")
    fast.grant_credits("ann", 10)
    give(fast, 8, pool="purchased")
    assert fast.pools("ann") == {"promotional": 10, "purchased": 2}
    assert fast.pools("bob") == {"purchased": 8}
    for amount in (3, 13):
        with refused(fast, InsufficientCredits, required=amount, available=2):
            give(fast, amount, "k2", pool="purchased")


def test_an_unknown_receiver_is_opened_and_an_unknown_giver_not(fast: Credits) -> None:
    with refused(fast, InsufficientCredits, required=1, available=0):
        give(fast, 1)
    fast.grant_credits("ann", 1)
    give(fast, 1)
    assert fast.get_balance("bob").status == "active"


@pytest.mark.parametrize("pool", [None, "promotional"])
def test_who_cannot_spend_cannot_give(fast: Credits, pool: str | None) -> None:
    fast.grant_credits("ann", 10)
    fast.hold_credits("ann", 4)
    with refused(fast, InsufficientCredits, required=7, available=6):
        give(fast, 7, pool=pool)
    fast.freeze_account("ann", "x")
    with refused(fast, AccountFrozen, account_id="ann"):
        give(fast, 6, pool=pool)
    fast.unfreeze_account("ann", "x")
    give(fast, 6, pool=pool)
    fast.close_account("ann", "x", if_credits="forfeit")
    with refused(fast, AccountClosed, account_id="ann"):
        give(fast, 1, "k2", pool=pool)


@pytest.mark.parametrize("pool", [None, "promotional", "purchased"])
def test_who_is_in_debt_cannot_give(fast: Credits, pool: str | None) -> None:
    fast.add_purchased_credits("ann", 10, reference="p")
    fast.deduct_credit("ann", 10)
    fast.clawback_credits("ann", "p")
    fast.grant_credits("ann", 5)
    with refused(fast, InDebt, available=0, debt=10):
        give(fast, 5, pool=pool)


def test_a_frozen_account_receives_and_a_closed_one_not(fast: Credits) -> None:
    fast.grant_credits("ann", 10)
    fast.open_account("bob")
    fast.freeze_account("bob", "x")
    give(fast, 4)
    assert fast.available("bob") == 4
    fast.close_account("bob", "x", if_credits="forfeit")
    with refused(fast, AccountClosed, account_id="bob"):
        give(fast, 4, "k2")


def test_what_is_received_settles_debt_if_its_pool_pays(fast: Credits) -> None:
    fast.add_purchased_credits("bob", 20, reference="p")
    fast.deduct_credit("bob", 20)
    fast.clawback_credits("bob", "p")
    fast.grant_credits("ann", 10)
    fast.add_purchased_credits("ann", 30, reference="q")
    give(fast, 10, "k1", pool="promotional")
    assert (fast.debt("bob"), fast.pools("bob")) == (20, {"promotional": 10})
    give(fast, 5, "k2", pool="purchased")
    assert (fast.debt("bob"), fast.pools("bob")) == (15, {"promotional": 10})
    give(fast, 25, "k3", pool="purchased")
    assert (fast.debt("bob"), fast.pools("bob")) == (0, {"promotional": 10, "purchased": 10})
    # Whose debt was paid by others gets that back when the money stays after all.
    fast.clawback_credits("bob", "p", target=0)
    assert fast.pools("bob") == {"promotional": 10, "purchased": 30}


def test_the_limit_of_the_receiver_refuses_the_whole(fast: Credits) -> None:
    fast.grant_credits("ann", 10)
    fast.add_purchased_credits("bob", LIMIT - 9, reference="p")
    with refused(fast, BalanceLimit, limit=LIMIT, balance=LIMIT + 1):
        give(fast, 10)
    assert give(fast, 9).balance == 1


def test_at_the_very_expiry_there_is_nothing_to_give(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("ann", 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY - MICROSECOND)
    give(fast, 4)
    clock.set(NOW + DAY)
    with refused(fast, InsufficientCredits, required=4, available=0):
        give(fast, 4, "k2")
    assert (fast.available("ann"), fast.available("bob")) == (0, 0)
    assert fast.expire_due().credits == 10
    assert fast.booked("bob") == [("transfer", 4), ("expire", -4)]


def test_what_is_due_is_booked_on_both_sides(fast: Credits, clock: Clock) -> None:
    for account in ("ann", "bob"):
        fast.grant_credits(account, 5, expires_at=NOW + DAY)
        fast.grant_credits(account, 5)
        fast.hold_credits(account, 2, expires_in=timedelta(minutes=1))
    clock.set(NOW + 2 * DAY)
    give(fast, 5)
    assert fast.booked("ann")[2:] == [
        ("hold", -2),
        ("release", 2),
        ("expire", -5),
        ("transfer", -5),
    ]
    assert fast.booked("bob")[2:] == [("hold", -2), ("release", 2), ("expire", -5), ("transfer", 5)]


def test_a_refund_of_an_earlier_spend_stays_with_the_giver(fast: Credits) -> None:
    fast.add_purchased_credits("ann", 100, reference="p")
    fast.deduct_credit("ann", 40, idempotency_key="job")
    give(fast, 60)
    fast.refund_spend("ann", spend_key="job")
    fast.deduct_credit("bob", 10, idempotency_key="job")
    fast.refund_spend("bob", spend_key="job")
    assert (fast.available("ann"), fast.available("bob")) == (40, 60)


@pytest.mark.parametrize("shortfall", ["debt", "write_off"])
def test_transferred_credits_of_money_that_goes_back_are_shortfall(
    fast: Credits, shortfall: str
) -> None:
    set_setting(fast, "shortfall", shortfall)
    fast.add_purchased_credits("ann", 100, reference="p", amount_paid=1000, currency="eur")
    fast.deduct_credit("ann", 10, idempotency_key="job")
    give(fast, 60)
    owed = 70 if shortfall == "debt" else 0
    receipt = fast.clawback_credits("ann", "p", amount_returned=1000)
    assert (receipt.balance, receipt.debt) == (-owed, owed)
    assert fast.available("bob") == 60
    fast.refund_spend("ann", spend_key="job")
    assert fast.balance("ann") == min(0, 10 - owed)
    fast.clawback_credits("ann", "p", target=50)
    assert fast.balance("ann") == (-10 if shortfall == "debt" else 0)
    fast.clawback_credits("ann", "p", target=0)
    assert (fast.balance("ann"), fast.available("bob")) == (40, 60)


def test_giving_back_settles_what_the_giver_owes(fast: Credits) -> None:
    fast.add_purchased_credits("ann", 100, reference="p")
    give(fast, 100)
    fast.clawback_credits("ann", "p")
    fast.transfer_credits("bob", "ann", 100, idempotency_key="back")
    assert (fast.balance("ann"), fast.debt("ann"), fast.balance("bob")) == (0, 0, 0)
    fast.clawback_credits("ann", "p", target=0)
    assert fast.available("ann") == 100


def test_a_subscription_neither_renews_nor_ends_what_was_transferred(
    fast: Credits, clock: Clock
) -> None:
    period: dict[str, Any] = {"period_start": NOW, "period_end": NOW + 30 * DAY}
    for account in ("ann", "bob"):
        fast.renew_subscription(account, "plan", 10, **period)
    give(fast, 10)
    clock.set(NOW + 31 * DAY)
    for account in ("ann", "bob"):
        fast.renew_subscription(
            account, "plan", 10, period_start=NOW + 30 * DAY, period_end=NOW + 60 * DAY
        )
    # Without the transfer 20 would have lapsed: the credits live on to their own expiry, no longer.
    assert (fast.available("ann"), fast.available("bob")) == (10, 20)
    fast.expire_subscription_credits("bob", subscription="plan")
    assert fast.available("bob") == 10
    fast.expire_subscription_credits("bob")
    assert fast.available("bob") == 10
    clock.set(NOW + 33 * DAY)
    assert fast.available("bob") == 0


def test_credits_that_had_their_grace_get_no_other_one(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("ann", 10, expires_at=NOW + DAY)
    fast.deduct_credit("ann", 10, idempotency_key="job")
    clock.set(NOW + 2 * DAY)
    fast.refund_spend("ann", spend_key="job")
    give(fast, 10)
    (lot,) = lots(fast, "bob")
    assert (lot.origin, lot.expires_at) == ("restoration", NOW + 8 * DAY)
    assert (lot.from_account_id, lot.from_lot_id) == ("ann", 4)
    fast.deduct_credit("bob", 10, idempotency_key="job")
    clock.set(NOW + 9 * DAY)
    fast.refund_spend("bob", spend_key="job")
    assert (fast.available("bob"), fast.booked("bob")[-1]) == (0, ("expire", -10))


def test_there_and_back_makes_nothing_better(fast: Credits) -> None:
    fast.grant_credits("ann", 10, expires_at=NOW + DAY)
    give(fast, 10)
    fast.transfer_credits("bob", "ann", 10, idempotency_key="back")
    (lot,) = lots(fast, "ann")
    assert (lot.pool, lot.expires_at, lot.remaining) == ("promotional", NOW + DAY, 10)
    assert (lot.from_account_id, lot.from_lot_id) == ("bob", 1)


def test_a_replay_from_either_side(fast: Credits) -> None:
    fast.grant_credits("ann", 10)
    receipt = give(fast, 10)
    with replayed(fast, receipt) as answers:
        answers.append(give(fast, 10))
    for amount, given in [(9, {}), (10, {"pool": "promotional"}), (10, {"reference": "x"})]:
        with refused(fast, IdempotencyConflict, idempotency_key="k"):
            give(fast, amount, **given)
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        fast.transfer_credits("ann", "cid", 10, idempotency_key="k")
    # A key belongs to the account that gives.
    back = fast.transfer_credits("bob", "ann", 10, idempotency_key="k")
    assert not back.is_replay
    with replayed(fast, back) as answers:
        answers.append(fast.transfer_credits("bob", "ann", 10, idempotency_key="k"))
    fast.close_account("ann", "x", if_credits="forfeit")
    fast.freeze_account("bob", "x")
    assert give(fast, 10).is_replay


def test_a_refusal_is_not_recorded(fast: Credits) -> None:
    with refused(fast, InsufficientCredits):
        give(fast, 10)
    fast.grant_credits("ann", 10)
    assert not give(fast, 10).is_replay


def test_a_transfer_to_oneself(fast: Credits) -> None:
    fast.grant_credits("ann", 10)
    with refused(fast, SameAccount, argument="p_to_account_id", account_id="ann"):
        fast.transfer_credits("ann", "ann", 5, idempotency_key="k")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_to_account_id", required=True),
        *illegal_amount(),
        *illegal("p_pool", unknown="gold", empty=""),
        *illegal("p_idempotency_key", null=None),
        *ILLEGAL_TAIL,
    ],
)
def test_illegal_arguments(fast: Credits, argument: str, value: Any) -> None:
    fast.grant_credits("ann", 10)
    asked = {
        "p_account_id": "ann",
        "p_to_account_id": "bob",
        "p_amount": 1,
        "p_idempotency_key": "k",
    }
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("transfer_credits", **(asked | {argument: value}))
