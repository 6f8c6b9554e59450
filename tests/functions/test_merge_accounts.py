"""merge_accounts: everything of an account goes on under another id, as if it had never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountFrozen,
    AccountMerged,
    BalanceLimit,
    HoldClosed,
    HoldsOpen,
    IdempotencyConflict,
    InsufficientCredits,
    InvalidArgument,
    LimitReached,
    RefundExceedsSpend,
    SameAccount,
)
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    NOW,
    illegal,
    illegal_text,
    lots,
    refused,
    replayed,
    set_setting,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def merge(credits: Credits, **given: Any) -> Receipt:
    """Let ann take the guest over."""
    return credits.merge_accounts("guest", "ann", **given)


def test_the_lots_of_the_guest_go_on_with_expiry_and_cost(fast: Credits) -> None:
    fast.add_purchased_credits("guest", 100, reference="p", amount_paid=1000, currency="eur")
    fast.grant_credits("guest", 20, expires_at=NOW + DAY, reference="welcome")
    fast.deduct_credit("guest", 30)
    fast.grant_credits("ann", 5)
    receipt = merge(fast, reference="sign-up", idempotency_key="k", metadata={"by": "ann"})
    assert (receipt.account_id, receipt.kind, receipt.amount) == ("guest", "merge", -90)
    assert (receipt.balance, receipt.allocations) == (0, [[1, -90]])
    old, new = fast.get_balance("guest"), fast.get_balance("ann")
    assert (old.status, old.merged_into, old.available) == ("closed", "ann", 0)
    assert (new.status, new.merged_into, new.available) == ("active", None, 95)
    assert [
        (lot.pool, lot.granted, lot.remaining, lot.expires_at, lot.cost_amount, lot.reference)
        for lot in lots(fast, "ann", live_only=False)
    ] == [
        ("promotional", 20, 0, NOW + DAY, None, "welcome"),
        ("promotional", 5, 5, None, None, None),
        ("purchased", 100, 90, None, 1000, "p"),
    ]


def test_the_two_ledgers_name_each_other(fast: Credits) -> None:
    fast.add_purchased_credits("guest", 100, reference="p")
    merge(fast, reference="sign-up", idempotency_key="k", metadata={"by": "ann"})
    out = fast.entries("guest")[-1]
    first, payment, lot = fast.entries("ann")
    assert (out.other_account_id, out.other_entry_id) == ("ann", first.entry_id)
    for entry in (first, payment, lot):
        assert (entry.kind, entry.command_id) == ("merge", first.entry_id)
        assert (entry.other_account_id, entry.other_entry_id) == ("guest", out.entry_id)
        assert (entry.metadata, entry.idempotency_key) == (None, None)
    assert [first.amount, payment.amount, lot.amount] == [0, 0, 100]
    assert (out.metadata, out.idempotency_key) == ({"by": "ann"}, "k")
    assert (out.reference, first.reference) == ("sign-up", "sign-up")


class Life:
    """What happens to one person, first under the guest's id and after the merge under ann's.

    Spends are refunded under the id that spent; the money of a payment goes back under the old id.
    """

    def __init__(self, credits: Credits, clock: Clock) -> None:
        self.credits = credits
        self.clock = clock
        self.user = "guest"
        self._spent: dict[str, str] = {}
        clock.set(NOW)

    def merge(self) -> None:
        self.credits.merge_accounts(self.user, "ann")
        self.user = "ann"

    def buy(self, name: str, amount: int, *, ends: datetime | None = None) -> None:
        self.credits.add_purchased_credits(
            self.user,
            amount,
            reference=name,
            amount_paid=10 * amount,
            currency="eur",
            expires_at=ends,
        )

    def gift(self, amount: int, ends: datetime) -> None:
        self.credits.grant_credits(self.user, amount, expires_at=ends)

    def spend(self, amount: int, key: str) -> None:
        self.credits.deduct_credit(self.user, amount, idempotency_key=key)
        self._spent[key] = self.user

    def refund(self, key: str, amount: int | None = None, **given: Any) -> None:
        self.credits.refund_spend(self._spent[key], spend_key=key, amount=amount, **given)

    def claw(self, name: str, **given: Any) -> None:
        self.credits.clawback_credits("guest", name, **given)

    def wait(self) -> None:
        self.clock.set(NOW + 3 * DAY)

    def seen(self) -> list[Any]:
        """What is there in the end, without the numbers of lots and payments."""
        payments = self.credits.conn.execute(
            "select p.object_id, p.granted, p.amount_returned, p.target, p.clawed, p.covered,"
            " p.owed, p.settled, p.written_off, p.debt_paid"
            " from credits_private.payments p where p.account_id = %s order by p.object_id",
            (self.user,),
        ).fetchall()
        found = [
            (lot.pool, lot.granted, lot.remaining, lot.expires_at, lot.origin, lot.cost_amount)
            for lot in lots(self.credits, self.user, live_only=False)
        ]
        balance = self.credits.get_balance(self.user)
        return [balance.pools, balance.debt, payments, found]


STORY: list[Callable[[Life], None]] = [
    lambda life: life.buy("p1", 100),
    lambda life: life.spend(60, "job-1"),
    lambda life: life.claw("p1", amount_returned=700),
    lambda life: life.gift(20, NOW + 2 * DAY),
    lambda life: life.buy("p2", 50, ends=NOW + 2 * DAY),
    lambda life: life.spend(25, "job-2"),
    lambda life: life.refund("job-1", 15),
    lambda life: life.claw("p1", target=20),
    lambda life: life.claw("p1", amount_returned=1000),
    lambda life: life.wait(),
    lambda life: life.refund("job-1", 5, if_expired="lapse"),
    lambda life: life.claw("p2", target=10),
    lambda life: life.refund("job-2"),
    lambda life: life.claw("p1", target=0),
    lambda life: life.refund("job-1"),
    lambda life: life.claw("p2", target=0),
]


def _end_of(credits: Credits, clock: Clock, cut: int | None) -> list[Any]:
    """How the story ends when a merge comes before step ``cut``."""
    with credits.conn.transaction(force_rollback=True):
        life = Life(credits, clock)
        for number, step in enumerate(STORY):
            if number == cut:
                life.merge()
            step(life)
        assert credits.verify() == []
        return life.seen()


@pytest.mark.parametrize("shortfall", ["debt", "write_off"])
def test_wherever_a_merge_comes_the_story_ends_as_without(
    fast: Credits, clock: Clock, shortfall: str
) -> None:
    set_setting(fast, "shortfall", shortfall)
    expected = _end_of(fast, clock, None)
    ends = {cut: _end_of(fast, clock, cut) for cut in range(len(STORY))}
    assert {cut: end for cut, end in ends.items() if end != expected} == {}


def test_the_debt_of_the_guest_is_owed_and_settled_by_the_other_account(fast: Credits) -> None:
    fast.add_purchased_credits("guest", 100, reference="p")
    fast.deduct_credit("guest", 100)
    fast.clawback_credits("guest", "p")
    fast.grant_credits("guest", 7)
    fast.add_purchased_credits("ann", 30, reference="q")
    receipt = merge(fast)
    assert (receipt.amount, receipt.balance, receipt.debt) == (93, 0, 0)
    assert receipt.allocations == [[4, -7], [0, 100]]
    assert (fast.debt("ann"), fast.pools("ann")) == (70, {"promotional": 7})
    fast.clawback_credits("ann", "p", target=0)
    assert (fast.debt("ann"), fast.pools("ann")) == (0, {"promotional": 7, "purchased": 30})


def test_what_the_guest_has_settles_the_debt_of_the_other_account(fast: Credits) -> None:
    fast.add_purchased_credits("ann", 100, reference="p")
    fast.deduct_credit("ann", 100)
    fast.clawback_credits("ann", "p")
    fast.add_purchased_credits("guest", 130, reference="q", amount_paid=1300, currency="eur")
    merge(fast)
    assert (fast.debt("ann"), fast.available("ann")) == (0, 30)
    # The money for the credits that paid the debt goes back: the debt is there again.
    fast.clawback_credits("guest", "q", amount_returned=1300)
    assert (fast.debt("ann"), fast.available("ann")) == (100, 0)


def test_open_holds_refuse_the_merge_or_are_released(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("guest", 10, expires_at=NOW + HOUR)
    fast.add_purchased_credits("guest", 10, reference="p")
    fast.hold_credits("guest", 15, expires_in=2 * HOUR)
    clock.set(NOW + HOUR)
    with refused(fast, HoldsOpen, account_id="guest", held=15):
        merge(fast)
    receipt = merge(fast, if_holds="release")
    assert (receipt.amount, fast.available("ann")) == (-10, 10)
    assert fast.booked("guest")[3:] == [("release", 15), ("expire", -10), ("merge", -10)]
    with refused(fast, HoldClosed, status="released"):
        fast.capture_hold("guest", 3)


def test_what_is_due_is_booked_before(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("guest", 10, expires_at=NOW + DAY)
    fast.grant_credits("ann", 10, expires_at=NOW + DAY)
    fast.grant_credits("guest", 5)
    fast.hold_credits("guest", 2, expires_in=HOUR)
    clock.set(NOW + DAY)
    merge(fast)
    assert fast.booked("guest")[2:] == [
        ("hold", -2),
        ("release", 2),
        ("expire", -10),
        ("merge", -5),
    ]
    assert fast.booked("ann") == [
        ("grant", 10),
        ("expire", -10),
        ("merge", 0),
        ("merge", 0),
        ("merge", 5),
    ]


def test_a_late_refund_finds_the_lot_that_has_ended(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("guest", 10, expires_at=NOW + DAY)
    fast.deduct_credit("guest", 10, idempotency_key="job")
    merge(fast)
    clock.set(NOW + 2 * DAY)
    receipt = fast.refund_spend("guest", spend_key="job", amount=4, idempotency_key="r")
    assert (receipt.account_id, receipt.kind, receipt.amount) == ("guest", "refund", 4)
    assert (receipt.balance, fast.available("ann")) == (0, 4)
    assert lots(fast, "ann")[0].expires_at == NOW + 8 * DAY
    fast.refund_spend("guest", spend_key="job", amount=6, if_expired="lapse")
    assert fast.booked("guest")[2:] == [
        ("merge", 0),
        ("refund", 4),
        ("merge", -4),
        ("refund", 6),
        ("merge", -6),
    ]
    assert fast.booked("ann")[2:] == [("merge", 4), ("restore", 0), ("merge", 6), ("expire", -6)]
    with refused(fast, RefundExceedsSpend, spent=10, refunded=10, refundable=0):
        fast.refund_spend("guest", spend_key="job")
    with replayed(fast, receipt) as answers:
        answers.append(fast.refund_spend("guest", spend_key="job", amount=4, idempotency_key="r"))


def test_a_late_refund_pays_what_the_payment_owes(fast: Credits) -> None:
    fast.add_purchased_credits("guest", 100, reference="p")
    fast.deduct_credit("guest", 80, idempotency_key="job")
    merge(fast)
    fast.clawback_credits("guest", "p")
    assert (fast.debt("ann"), fast.balance("ann")) == (80, -80)
    fast.refund_spend("guest", spend_key="job", amount=30)
    assert (fast.debt("ann"), fast.balance("ann")) == (50, -50)


def test_a_refund_for_an_account_that_takes_none(fast: Credits) -> None:
    fast.grant_credits("guest", 10)
    fast.deduct_credit("guest", 10, idempotency_key="job")
    merge(fast)
    fast.freeze_account("ann", "x")
    fast.refund_spend("guest", spend_key="job", amount=5)
    fast.close_account("ann", "x", if_credits="forfeit")
    with refused(fast, AccountClosed, account_id="ann"):
        fast.refund_spend("guest", spend_key="job")


def test_a_chain_of_merges(fast: Credits) -> None:
    fast.add_purchased_credits("guest", 100, reference="p", amount_paid=1000, currency="eur")
    fast.deduct_credit("guest", 60, idempotency_key="job")
    merge(fast)
    fast.deduct_credit("ann", 10, idempotency_key="job")
    fast.clawback_credits("guest", "p", target=5, idempotency_key="claw")
    fast.merge_accounts("ann", "zoe")
    assert fast.available("zoe") == 25
    with refused(fast, AccountMerged, account_id="guest", merged_into="zoe"):
        fast.deduct_credit("guest")
    assert fast.get_balance("guest").merged_into == "ann"
    for account, amount in (("guest", 60), ("ann", 10)):
        assert fast.refund_spend(account, spend_key="job").amount == amount
    assert fast.available("zoe") == 95
    receipt = fast.clawback_credits("guest", "p", amount_returned=1000)
    assert (receipt.account_id, receipt.amount, receipt.balance) == ("zoe", -95, 0)
    # A command that was made in between is known under the id that it was made with.
    again = fast.clawback_credits("guest", "p", target=5, idempotency_key="claw")
    assert (again.account_id, again.is_replay) == ("ann", True)
    assert fast.verify() == []


def test_the_old_id_replays_what_it_has_and_refuses_the_rest(fast: Credits) -> None:
    fast.open_account("guest", kind="guest", idempotency_key="open")
    made: dict[str, dict[str, Any]] = {
        "grant_credits": {"p_amount": 10},
        "add_purchased_credits": {"p_amount": 10, "p_reference": "p"},
        "renew_subscription": {
            "p_subscription": "plan",
            "p_amount": 10,
            "p_period_start": NOW,
            "p_period_end": NOW + 30 * DAY,
        },
        "record_payment": {
            "p_payment": "pay",
            "p_amount_paid": 100,
            "p_currency": "eur",
            "p_grants": [{"amount": 10}],
        },
        "deduct_credit": {"p_amount": 1},
        "hold_credits": {"p_amount": 1},
        "freeze_account": {"p_reason": "x"},
        "unfreeze_account": {"p_reason": "x"},
        "adjust_balance": {"p_reason": "x", "p_person": "ann", "p_difference": -1},
        "expire_subscription_credits": {"p_subscription": "plan"},
        "transfer_credits": {"p_to_account_id": "bob", "p_amount": 1},
    }
    told = {
        name: fast.call(name, p_account_id="guest", p_idempotency_key=name, **given)
        for name, given in made.items()
    }
    told["release_hold"] = fast.release_hold(
        "guest", told["hold_credits"].entry_id, idempotency_key="release_hold"
    )
    made["release_hold"] = {"p_hold_id": told["hold_credits"].entry_id}
    told["merge_accounts"] = merge(fast, idempotency_key="merge_accounts")
    made["merge_accounts"] = {"p_into_account_id": "ann"}
    for name, given in made.items():
        with replayed(fast, told[name]) as answers:
            answers.append(fast.call(name, p_account_id="guest", p_idempotency_key=name, **given))
    made["close_account"] = {"p_reason": "x"}
    for name in ("renew_subscription", "add_purchased_credits", "record_payment", "release_hold"):
        given = made.pop(name)
        if name != "release_hold":
            # The period or the payment is known without a key, too.
            assert fast.call(name, p_account_id="guest", **given).is_replay
    for name, given in made.items():
        with refused(fast, AccountMerged, account_id="guest", merged_into="ann"):
            fast.call(name, p_account_id="guest", p_idempotency_key="new", **given)
    with refused(fast, AccountMerged, account_id="guest", merged_into="ann"):
        fast.add_purchased_credits("guest", 10, reference="new")
    with refused(fast, AccountMerged, account_id="guest", merged_into="ann"):
        fast.transfer_credits("ann", "guest", 1, idempotency_key="k")


def test_a_payment_is_known_under_either_id(fast: Credits) -> None:
    receipt = fast.add_purchased_credits("guest", 10, reference="p", idempotency_key="k")
    merge(fast)
    for account, key in [("guest", "k"), ("guest", None), ("guest", "k2"), ("ann", None)]:
        with replayed(fast, receipt) as answers:
            answers.append(
                fast.add_purchased_credits(account, 10, reference="p", idempotency_key=key)
            )
    for account in ("guest", "ann", "bob"):
        with refused(fast, IdempotencyConflict, payment="p"):
            fast.add_purchased_credits(account, 11, reference="p")


def test_a_period_is_granted_once(fast: Credits) -> None:
    period: dict[str, Any] = {"period_start": NOW, "period_end": NOW + 30 * DAY}
    receipt = fast.renew_subscription("guest", "plan", 10, **period)
    merge(fast)
    for account in ("guest", "ann"):
        with replayed(fast, receipt) as answers:
            answers.append(fast.renew_subscription(account, "plan", 10, **period))


def test_the_other_account_renews_what_the_guest_had(fast: Credits, clock: Clock) -> None:
    fast.renew_subscription("guest", "plan", 10, period_start=NOW, period_end=NOW + 30 * DAY)
    fast.add_subscription_credits("guest", 5, NOW + 30 * DAY, reference="trial")
    merge(fast)
    clock.set(NOW + 30 * DAY)
    fast.renew_subscription(
        "ann", "plan", 10, period_start=NOW + 30 * DAY, period_end=NOW + 60 * DAY, rollover_cap=3
    )
    assert fast.available("ann") == 18
    fast.expire_subscription_credits("ann")
    assert fast.available("ann") == 0


def test_a_period_that_comes_along_counts_for_caps(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("ann", 100)
    fast.set_member_cap("ann", "eve", "billing_period", cap=10)
    fast.deduct_credit("ann", 4, member="eve")
    clock.set(NOW + DAY)
    period: dict[str, Any] = {"period_start": NOW + DAY, "period_end": NOW + 30 * DAY}
    fast.renew_subscription("guest", "plan", 10, **period)
    merge(fast)
    (usage,) = fast.list_member_usage("ann")
    assert [cap["used"] for cap in usage.caps] == [0]
    assert fast.verify() == []


def test_caps_come_along_where_the_account_has_none(fast: Credits) -> None:
    """What the guest's members used over there counts there; here they begin anew."""
    fast.grant_credits("guest", 100)
    fast.grant_credits("ann", 100)
    fast.set_member_cap("guest", "eve", "month", 50)
    fast.set_member_cap("guest", "eve", "day", 9)
    fast.set_member_cap("guest", "max", "lifetime", 20)
    fast.set_member_cap("guest", "zoe", "day", 1)
    fast.set_member_cap("guest", "zoe", "day", None)
    fast.set_member_cap("ann", "eve", "day", 8)
    fast.deduct_credit("ann", 3, member="eve")
    fast.deduct_credit("ann", 5, member="max")
    fast.deduct_credit("guest", 4, member="eve")
    merge(fast)
    caps = {
        usage.member: [(cap["period"], cap["cap"], cap["used"]) for cap in usage.caps]
        for usage in fast.list_member_usage("ann")
    }
    assert caps == {"eve": [("day", 8, 3), ("month", 50, 3)], "max": [("lifetime", 20, 5)]}
    with refused(fast, LimitReached, member="max", left=15, required=16):
        fast.deduct_credit("ann", 16, member="max")
    told = [entry for entry in fast.entries("ann") if entry.kind == "cap"][1:]
    assert [(entry.member, entry.request) for entry in told] == [
        ("eve", {"period": "month", "cap": 50}),
        ("max", {"period": "lifetime", "cap": 20}),
    ]
    assert {entry.command_id for entry in told} == {fast.entries("guest")[-1].other_entry_id}
    assert fast.verify() == []


def test_both_accounts_had_the_same_period(fast: Credits) -> None:
    period: dict[str, Any] = {"period_start": NOW, "period_end": NOW + 30 * DAY}
    for account in ("guest", "ann"):
        fast.renew_subscription(account, "plan", 10, **period)
    merge(fast)
    assert fast.available("ann") == 20
    assert fast.renew_subscription("ann", "plan", 10, **period).account_id == "ann"
    fast.expire_subscription_credits("ann", subscription="plan")
    assert fast.available("ann") == 0


def test_what_was_transferred_stays_where_it_is(fast: Credits) -> None:
    fast.add_purchased_credits("bob", 10, reference="p", amount_paid=99, currency="eur")
    fast.transfer_credits("bob", "guest", 6, idempotency_key="k")
    fast.transfer_credits("guest", "cid", 2, idempotency_key="k")
    merge(fast)
    (lot,) = lots(fast, "ann")
    assert (lot.granted, lot.remaining, lot.cost_amount, lot.cost_moved) == (6, 4, 59, 19)
    assert (lot.origin, lot.from_account_id, lot.from_lot_id) == ("transfer", "bob", 1)
    fast.transfer_credits("ann", "cid", 4, idempotency_key="k")
    assert [one.cost_amount for one in lots(fast, "cid")] == [19, 39]
    assert fast.clawback_credits("bob", "p").debt == 6


@pytest.mark.parametrize("account", ["guest", "ann"])
def test_an_account_that_nobody_knows_is_opened(fast: Credits, account: str) -> None:
    """A guest may pay later for what it began before it signed up: that has to find its way."""
    fast.grant_credits({"guest": "ann", "ann": "guest"}[account], 5)
    merge(fast)
    assert fast.available("ann") == 5
    assert fast.get_balance("guest").merged_into == "ann"


def test_once(fast: Credits) -> None:
    fast.grant_credits("guest", 5)
    receipt = merge(fast, idempotency_key="k")
    with replayed(fast, receipt) as answers:
        answers.append(merge(fast, idempotency_key="k"))
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        fast.merge_accounts("guest", "bob", idempotency_key="k")
    for into in ("ann", "bob"):
        with refused(fast, AccountMerged, account_id="guest", merged_into="ann"):
            fast.merge_accounts("guest", into)
    for account in ("ann", "bob"):
        with refused(fast, AccountMerged, account_id="guest", merged_into="ann"):
            fast.merge_accounts(account, "guest")


def test_frozen_and_closed(fast: Credits) -> None:
    fast.grant_credits("guest", 5)
    fast.freeze_account("guest", "x")
    with refused(fast, AccountFrozen, account_id="guest"):
        merge(fast)
    fast.unfreeze_account("guest", "x")
    fast.open_account("bob")
    fast.close_account("bob", "x")
    for account, into in (("guest", "bob"), ("bob", "guest")):
        with refused(fast, AccountClosed, account_id="bob"):
            fast.merge_accounts(account, into)
    fast.open_account("ann")
    fast.freeze_account("ann", "x")
    merge(fast)
    assert (fast.available("ann"), fast.get_balance("ann").status) == (5, "frozen")


def test_the_limit_refuses_the_whole(fast: Credits) -> None:
    fast.grant_credits("guest", 10)
    fast.add_purchased_credits("ann", LIMIT - 9, reference="p")
    with refused(fast, BalanceLimit, limit=LIMIT, balance=LIMIT + 1):
        merge(fast)
    fast.deduct_credit("guest", 1)
    merge(fast)


def test_what_is_spent_under_the_new_id(fast: Credits) -> None:
    fast.grant_credits("guest", 10, expires_at=NOW + DAY)
    fast.grant_credits("ann", 10, expires_at=NOW + 2 * DAY)
    merge(fast)
    with refused(fast, InsufficientCredits, required=21, available=20):
        fast.deduct_credit("ann", 21)
    assert fast.deduct_credit("ann", 15).allocations == [[3, -10], [1, -5]]


def test_into_itself(fast: Credits) -> None:
    fast.grant_credits("guest", 10)
    with refused(fast, SameAccount, argument="p_into_account_id", account_id="guest"):
        fast.merge_accounts("guest", "guest")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_into_account_id", required=True),
        *illegal("p_if_holds", empty="", unknown="keep"),
        *ILLEGAL_TAIL,
    ],
)
def test_illegal_arguments(fast: Credits, argument: str, value: Any) -> None:
    fast.grant_credits("guest", 10)
    asked = {"p_account_id": "guest", "p_into_account_id": "ann"}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("merge_accounts", **(asked | {argument: value}))
