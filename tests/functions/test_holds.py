"""Holds: credits leave their lots at once, and are captured, released or given back in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountFrozen,
    BalanceLimit,
    EntryNotFound,
    HoldClosed,
    HoldExpired,
    HoldNotFound,
    IdempotencyConflict,
    InDebt,
    InsufficientCredits,
    InvalidArgument,
    RefundExceedsSpend,
)
from pgcredits.rpc import Sweep
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    MICROSECOND,
    NOW,
    illegal,
    illegal_amount,
    illegal_text,
    refused,
    replayed,
    set_setting,
    set_status,
)

if TYPE_CHECKING:
    from pgcredits.rpc import Hold
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

HOLD_TIME = timedelta(minutes=15)
ILLEGAL_TIME = illegal(
    "p_expires_in",
    zero=timedelta(0),
    negative=-HOUR,
    too_long=DAY + MICROSECOND,
    months="1 month",
    years="1 year -360 days 1 second",
    past="-1 year 360 days 5 hours",
)


def the_hold(credits: Credits, account: str = "u") -> Hold:
    (hold,) = credits.list_holds(account, open_only=False)
    return hold


def test_a_hold_takes_the_credits_out_of_their_lots(fast: Credits) -> None:
    fast.grant_credits("u", 30)
    fast.add_purchased_credits("u", 100, reference="p")
    receipt = fast.hold_credits(
        "u", 50, feature="video", member="mia", reference="job", metadata={"a": 1}
    )
    assert (receipt.kind, receipt.amount, receipt.balance) == ("hold", -50, 80)
    assert receipt.allocations == [[1, -30], [2, -20]]
    balance = fast.get_balance("u")
    assert (balance.available, balance.held, balance.settled) == (80, 50, 130)
    hold = the_hold(fast)
    assert (hold.hold_id, hold.amount, hold.captured, hold.held) == (receipt.entry_id, 50, 0, 50)
    assert (hold.status, hold.expires_at) == ("open", NOW + HOLD_TIME)
    assert (hold.feature, hold.member, hold.reference) == ("video", "mia", "job")
    assert hold.metadata == {"a": 1}
    with refused(fast, InsufficientCredits, required=81, available=80):
        fast.deduct_credit("u", 81)


def test_ledgers_35_holds_count_in_what_is_available(fast: Credits) -> None:
    fast.grant_credits("u", 5000)
    for _ in range(5):
        fast.hold_credits("u", 1000)
    with refused(fast, InsufficientCredits, required=1000, available=0):
        fast.hold_credits("u", 1000)


def test_an_unknown_account_holds_nothing(fast: Credits) -> None:
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.hold_credits("nobody", 1)


def test_a_full_capture_charges_what_was_held(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 4, feature="video", reference="job")
    receipt = fast.capture_hold("u", hold.entry_id, metadata={"a": 1})
    assert (receipt.kind, receipt.amount, receipt.balance) == ("capture", -4, 6)
    assert receipt.allocations == [[1, -4]]
    assert fast.booked("u") == [("grant", 10), ("hold", -4), ("release", 4), ("capture", -4)]
    entry = fast.entries("u")[-1]
    assert (entry.feature, entry.reference, entry.metadata) == ("video", "job", {"a": 1})
    assert entry.about_entry_id == hold.entry_id
    assert (the_hold(fast).status, the_hold(fast).captured, the_hold(fast).held) == (
        "captured",
        4,
        0,
    )
    assert fast.get_balance("u").held == 0


def test_a_final_capture_gives_the_rest_back_in_reverse(fast: Credits) -> None:
    fast.add_purchased_credits("u", 5, reference="p")
    fast.grant_credits("u", 5)
    hold = fast.hold_credits("u", 8)
    receipt = fast.capture_hold("u", hold.entry_id, 6)
    assert receipt.allocations == [[2, -5], [1, -1]]
    assert receipt.balance == 4
    assert fast.pools("u") == {"purchased": 4}
    assert fast.entries("u")[-2].allocations == [[1, 3], [2, 5]]


def test_captures_that_are_not_final_take_the_first_of_what_is_held(fast: Credits) -> None:
    fast.add_purchased_credits("u", 50, reference="p")
    fast.grant_credits("u", 50)
    hold = fast.hold_credits("u", 80).entry_id
    assert fast.capture_hold("u", hold, 30, final=False).allocations == [[2, -30]]
    assert fast.get_balance("u").held == 50
    assert fast.capture_hold("u", hold, 30, final=False).allocations == [[2, -20], [1, -10]]
    assert (the_hold(fast).captured, the_hold(fast).held) == (60, 20)
    receipt = fast.capture_hold("u", hold, 5)
    assert (receipt.allocations, receipt.balance) == ([[1, -5]], 35)
    assert (the_hold(fast).status, the_hold(fast).captured) == ("captured", 65)


def test_what_exceeds_the_hold_is_spent(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.add_purchased_credits("u", 20, reference="p")
    hold = fast.hold_credits("u", 5)
    receipt = fast.capture_hold("u", hold.entry_id, 12)
    assert (receipt.amount, receipt.balance) == (-12, 18)
    assert receipt.allocations == [[1, -5], [1, -5], [2, -2]]
    assert (the_hold(fast).captured, the_hold(fast).status) == (5, "captured")


def test_a_hold_that_is_used_up_stays_open_for_more(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 5).entry_id
    fast.capture_hold("u", hold, final=False)
    with refused(fast, InvalidArgument, argument="p_amount"):
        fast.capture_hold("u", hold)
    assert fast.capture_hold("u", hold, 2, final=False).balance == 3
    assert fast.release_hold("u", hold).amount == 0
    assert the_hold(fast).status == "released"


def test_too_much_is_refused_and_leaves_the_hold(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 5).entry_id
    with refused(fast, InsufficientCredits, required=6, available=5):
        fast.capture_hold("u", hold, 11)
    assert the_hold(fast).held == 5
    assert fast.capture_hold("u", hold, 11, if_short="partial").amount == -5
    assert (the_hold(fast).status, fast.balance("u")) == ("captured", 5)


def test_partial_pays_in_full_where_it_can(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 5).entry_id
    assert fast.capture_hold("u", hold, 10, if_short="partial").amount == -10


def test_partial_with_nothing_held_is_refused(fast: Credits) -> None:
    fast.grant_credits("u", 5)
    hold = fast.hold_credits("u", 5).entry_id
    fast.capture_hold("u", hold, final=False)
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.capture_hold("u", hold, 1, if_short="partial")


def test_a_frozen_account_pays_what_it_held_and_no_more(fast: Credits) -> None:
    fast.grant_credits("u", 20)
    first, second = (fast.hold_credits("u", 5).entry_id for _ in range(2))
    set_status(fast, "u", "frozen")
    with refused(fast, AccountFrozen):
        fast.hold_credits("u", 1)
    with refused(fast, AccountFrozen):
        fast.capture_hold("u", first, 6)
    with refused(fast, AccountFrozen):
        fast.extend_hold("u", first)
    assert fast.capture_hold("u", first, 6, if_short="partial").amount == -5
    assert fast.release_hold("u", second).balance == 15


def test_a_closed_account_holds_nothing(fast: Credits) -> None:
    fast.grant_credits("u", 20)
    set_status(fast, "u", "closed")
    with refused(fast, AccountClosed):
        fast.hold_credits("u", 1)


def test_an_account_in_debt_pays_what_it_held_and_no_more(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    fast.deduct_credit("u", 5)
    hold = fast.hold_credits("u", 4).entry_id
    fast.clawback_credits("u", "p")
    assert fast.debt("u") == 9
    with refused(fast, InDebt, required=1, available=0, debt=9):
        fast.hold_credits("u", 1)
    with refused(fast, InDebt, required=1, available=0, debt=9):
        fast.capture_hold("u", hold, 5)
    with refused(fast, InDebt, debt=9):
        fast.extend_hold("u", hold)
    receipt = fast.capture_hold("u", hold, 3)
    assert (receipt.amount, receipt.debt, receipt.available) == (-3, 8, 0)


def test_a_release_gives_everything_back(fast: Credits) -> None:
    fast.add_purchased_credits("u", 5, reference="p")
    fast.grant_credits("u", 5, expires_at=NOW + DAY)
    hold = fast.hold_credits("u", 8).entry_id
    receipt = fast.release_hold("u", hold, reference="r", metadata={"b": 2})
    assert (receipt.kind, receipt.amount, receipt.balance) == ("release", 8, 10)
    assert receipt.allocations == [[1, 3], [2, 5]]
    assert fast.entries("u")[-1].about_entry_id == hold
    assert (the_hold(fast).status, the_hold(fast).held) == ("released", 0)
    assert fast.deduct_credit("u", 10).allocations == [[2, -5], [1, -5]]


def test_a_release_after_captures_gives_the_rest_back(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 8).entry_id
    fast.capture_hold("u", hold, 3, final=False)
    assert (fast.release_hold("u", hold).amount, fast.balance("u")) == (5, 7)


def test_ledgers_36_what_has_ended_cannot_be_captured(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    captured, released = (fast.hold_credits("u", 3).entry_id for _ in range(2))
    fast.capture_hold("u", captured, 1)
    fast.release_hold("u", released)
    for hold, status in ((captured, "captured"), (released, "released")):
        for call in (fast.capture_hold, fast.release_hold, fast.extend_hold):
            with refused(fast, HoldClosed, hold_id=hold, status=status):
                call("u", hold)


def test_an_unknown_hold(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    for call in (fast.capture_hold, fast.release_hold, fast.extend_hold):
        with refused(fast, HoldNotFound, account_id="u", hold_id=1):
            call("u", 1)
        with refused(fast, HoldNotFound, account_id="nobody", hold_id=1):
            call("nobody", 1)


def test_the_hold_of_another_account(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.grant_credits("v", 10)
    hold = fast.hold_credits("u", 5).entry_id
    with refused(fast, HoldNotFound, account_id="v", hold_id=hold):
        fast.capture_hold("v", hold)


def test_h2_a_hold_ends_at_its_deadline_and_not_before(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 10, expires_in=HOUR).entry_id
    clock.set(NOW + HOUR - MICROSECOND)
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.deduct_credit("u")
    clock.set(NOW + HOUR)
    assert (fast.get_balance("u").held, fast.available("u")) == (10, 0)
    for call in (fast.capture_hold, fast.release_hold, fast.extend_hold):
        with refused(fast, HoldExpired, hold_id=hold):
            call("u", hold)
    assert fast.deduct_credit("u").balance == 9
    released = fast.entries("u")[-2]
    assert (released.kind, released.amount, released.occurred_at) == ("release", 10, NOW + HOUR)
    assert released.command_id == released.entry_id
    assert the_hold(fast).status == "expired"
    with refused(fast, HoldExpired, hold_id=hold):
        fast.capture_hold("u", hold)


def test_a_capture_one_microsecond_before_the_deadline(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 10, expires_in=HOUR).entry_id
    clock.set(NOW + HOUR - MICROSECOND)
    assert fast.capture_hold("u", hold).amount == -10


def test_the_sweep_releases_what_is_overdue(fast: Credits, clock: Clock) -> None:
    for account in ("a", "b", "c"):
        fast.grant_credits(account, 10)
        fast.hold_credits(account, 4)
    clock.set(NOW + HOLD_TIME)
    assert fast.expire_due(2) == Sweep(accounts=2, holds=2, lots=0, credits=0, has_more=True)
    assert fast.expire_due() == Sweep(accounts=1, holds=1, lots=0, credits=0, has_more=False)
    assert [fast.available(account) for account in ("a", "b", "c")] == [10, 10, 10]
    assert fast.expire_due() == Sweep(accounts=0, holds=0, lots=0, credits=0, has_more=False)


def test_ledgers_39_what_a_lot_that_expired_gets_back_is_breakage(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + HOUR)
    hold = fast.hold_credits("u", 6, expires_in=2 * HOUR).entry_id
    clock.set(NOW + HOUR)
    receipt = fast.capture_hold("u", hold, 2)
    assert (receipt.amount, receipt.balance) == (-2, 0)
    assert fast.booked("u") == [
        ("grant", 10),
        ("hold", -6),
        ("expire", -4),
        ("release", 6),
        ("capture", -2),
        ("expire", -4),
    ]


def test_due_in_the_order_of_time(fast: Credits, clock: Clock) -> None:
    """A hold that ends before its lot pays the debt there is; the rest expires with the lot."""
    fast.add_purchased_credits("u", 10, reference="p", expires_at=NOW + 2 * HOUR)
    fast.add_purchased_credits("u", 5, reference="q")
    fast.hold_credits("u", 10, expires_in=HOUR)
    fast.deduct_credit("u", 5)
    fast.clawback_credits("u", "q")
    assert fast.debt("u") == 5
    clock.set(NOW + DAY)
    assert fast.expire_due() == Sweep(accounts=1, holds=1, lots=1, credits=5, has_more=False)
    assert fast.booked("u")[-3:] == [("release", 10), ("settle", 0), ("expire", -5)]
    assert [entry.occurred_at for entry in fast.entries("u")[-3:]] == [
        NOW + HOUR,
        NOW + HOUR,
        NOW + 2 * HOUR,
    ]
    assert (fast.balance("u"), fast.debt("u")) == (0, 0)


def test_lots_that_end_before_a_hold_are_booked_before_it(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 5, expires_at=NOW + HOUR)
    fast.grant_credits("u", 5)
    fast.hold_credits("u", 8, expires_in=2 * HOUR)
    fast.grant_credits("u", 1, expires_at=NOW + HOUR)
    clock.set(NOW + DAY)
    fast.expire_due()
    assert fast.booked("u")[-3:] == [("expire", -1), ("release", 8), ("expire", -5)]
    dates = [entry.occurred_at for entry in fast.entries("u")[-3:]]
    assert dates == [NOW + HOUR, NOW + 2 * HOUR, NOW + 2 * HOUR]


def test_attack_7_what_a_hold_gives_back_pays_the_debt_of_its_payment(
    fast: Credits, clock: Clock
) -> None:
    fast.add_purchased_credits("u", 100, reference="p", expires_at=NOW + HOUR)
    fast.hold_credits("u", 60, expires_in=2 * HOUR)
    fast.clawback_credits("u", "p")
    assert fast.debt("u") == 60
    clock.set(NOW + 3 * HOUR)
    fast.expire_due()
    assert (fast.balance("u"), fast.debt("u")) == (0, 0)


def test_what_an_overdue_hold_gave_back_is_clawed_since_its_deadline(
    fast: Credits, clock: Clock
) -> None:
    """However late somebody looks: a dispute that is won gives the lot the whole time back."""
    ends: list[Any] = []
    for account, swept_after in (("u", HOUR), ("v", 10 * HOUR)):
        clock.set(NOW)
        fast.add_purchased_credits(account, 60, reference=account, expires_at=NOW + DAY)
        fast.hold_credits(account, 60, expires_in=HOUR)
        fast.clawback_credits(account, account)
        clock.set(NOW + swept_after)
        fast.expire_due()
        clock.set(NOW + 12 * HOUR)
        fast.clawback_credits(account, account, target=0)
        ends += [lot.expires_at for lot in fast.list_lots(account)]
    assert ends == [NOW + DAY + 11 * HOUR] * 2


@pytest.mark.parametrize("released_first", [True, False])
def test_who_used_nothing_owes_nothing_in_any_order(
    fast: Credits, clock: Clock, released_first: bool
) -> None:
    """A second pack pays the debt of what is held before, or after, it comes back too late."""
    fast.add_purchased_credits("u", 100, reference="p", expires_at=NOW + HOUR)
    hold = fast.hold_credits("u", 60, expires_in=2 * HOUR).entry_id
    fast.clawback_credits("u", "p")
    if released_first:
        clock.set(NOW + HOUR)
        fast.release_hold("u", hold)
        fast.add_purchased_credits("u", 100, reference="p2")
    else:
        fast.add_purchased_credits("u", 100, reference="p2")
        clock.set(NOW + HOUR)
        fast.release_hold("u", hold)
    assert (fast.balance("u"), fast.debt("u")) == (100, 0)
    fast.clawback_credits("u", "p2")
    assert (fast.balance("u"), fast.debt("u")) == (0, 0)


def test_attack_5_what_was_written_off_does_not_come_back_free(fast: Credits) -> None:
    set_setting(fast, "shortfall", "write_off")
    fast.add_purchased_credits("u", 100, reference="p")
    hold = fast.hold_credits("u", 60).entry_id
    fast.clawback_credits("u", "p")
    assert fast.release_hold("u", hold).balance == 0


def test_a_renewal_leaves_what_is_held_and_what_comes_back_lapses(fast: Credits) -> None:
    fast.renew_subscription("u", "s", 100, period_start=NOW - 30 * DAY, period_end=NOW)
    part = fast.hold_credits("u", 40).entry_id
    whole = fast.hold_credits("u", 60).entry_id
    fast.renew_subscription("u", "s", 100, period_start=NOW, period_end=NOW + 30 * DAY)
    assert (fast.balance("u"), fast.get_balance("u").held) == (100, 100)
    assert fast.capture_hold("u", part, 30).balance == 100
    assert fast.release_hold("u", whole).balance == 100


def test_ending_a_subscription_leaves_what_is_held(fast: Credits) -> None:
    fast.add_subscription_credits("u", 10, NOW + DAY, reference="s")
    hold = fast.hold_credits("u", 10).entry_id
    fast.expire_subscription_credits("u")
    assert fast.release_hold("u", hold).balance == 0
    assert fast.booked("u")[-2:] == [("release", 10), ("expire", -10)]


def test_extending_moves_the_deadline_from_now(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 5).entry_id
    clock.set(NOW + HOLD_TIME - MICROSECOND)
    receipt = fast.extend_hold("u", hold, expires_in=HOUR, idempotency_key="e")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("extend", 0, 5)
    assert the_hold(fast).expires_at == NOW + HOLD_TIME - MICROSECOND + HOUR
    clock.set(NOW + HOUR)
    assert fast.capture_hold("u", hold).amount == -5


def test_extending_never_shortens(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 5, expires_in=HOUR).entry_id
    fast.extend_hold("u", hold)
    assert the_hold(fast).expires_at == NOW + HOUR


def test_the_time_of_a_hold_is_a_setting(fast: Credits) -> None:
    set_setting(fast, "hold_time", "1 hour")
    fast.grant_credits("u", 10)
    fast.hold_credits("u", 5)
    assert the_hold(fast).expires_at == NOW + HOUR


def test_a_capture_can_be_refunded(fast: Credits, clock: Clock) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    hold = fast.hold_credits("u", 8).entry_id
    capture = fast.capture_hold("u", hold, 6, idempotency_key="job")
    assert fast.refund_spend("u", entry_id=capture.entry_id, amount=2).balance == 6
    assert fast.refund_spend("u", spend_key="job").balance == 10
    with refused(fast, RefundExceedsSpend):
        fast.refund_spend("u", spend_key="job")
    with refused(fast, EntryNotFound):
        fast.refund_spend("u", entry_id=hold)


def test_replays(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10)
    asked: dict[str, Any] = {"expires_in": HOUR, "feature": "video", "reference": "job"}
    hold = fast.hold_credits("u", 8, **asked, idempotency_key="h")
    with replayed(fast, hold) as answers:
        answers.append(fast.hold_credits("u", 8, **asked, idempotency_key="h"))
    first = fast.capture_hold("u", hold.entry_id, 3, final=False, idempotency_key="c1")
    last = fast.capture_hold("u", hold.entry_id, idempotency_key="c2")
    clock.set(NOW + DAY)
    with replayed(fast, first) as answers:
        answers.append(fast.capture_hold("u", hold.entry_id, 3, final=False, idempotency_key="c1"))
    with replayed(fast, last) as answers:
        answers.append(fast.capture_hold("u", hold.entry_id, idempotency_key="c2"))
    with refused(fast, HoldClosed, status="captured"):
        fast.capture_hold("u", hold.entry_id, 3, idempotency_key="c3")


@pytest.mark.parametrize(
    "other", [{"amount": 4}, {"final": False}, {"if_short": "partial"}, {"reference": "x"}]
)
def test_another_capture_under_the_same_key(fast: Credits, other: dict[str, Any]) -> None:
    fast.grant_credits("u", 10)
    hold = fast.hold_credits("u", 8).entry_id
    fast.capture_hold("u", hold, idempotency_key="c")
    with refused(fast, IdempotencyConflict, idempotency_key="c"):
        fast.capture_hold("u", hold, idempotency_key="c", **other)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 7},
        {"expires_in": 2 * HOUR},
        {"feature": "x"},
        {"member": "x"},
        {"reference": "x"},
    ],
)
def test_another_hold_under_the_same_key(fast: Credits, other: dict[str, Any]) -> None:
    fast.grant_credits("u", 10)
    asked: dict[str, Any] = {"amount": 8, "expires_in": HOUR}
    fast.hold_credits("u", **asked, idempotency_key="h")
    with refused(fast, IdempotencyConflict, idempotency_key="h"):
        fast.hold_credits("u", **(asked | other), idempotency_key="h")


def test_releases_and_extensions_replay(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    hold, other = (fast.hold_credits("u", 4).entry_id for _ in range(2))
    extended = fast.extend_hold("u", hold, expires_in=HOUR, idempotency_key="e")
    released = fast.release_hold("u", hold, idempotency_key="r")
    with replayed(fast, extended) as answers:
        answers.append(fast.extend_hold("u", hold, expires_in=HOUR, idempotency_key="e"))
    with replayed(fast, released) as answers:
        answers.append(fast.release_hold("u", hold, idempotency_key="r"))
    with refused(fast, IdempotencyConflict, idempotency_key="r"):
        fast.release_hold("u", other, idempotency_key="r")
    with refused(fast, IdempotencyConflict, idempotency_key="e"):
        fast.extend_hold("u", hold, expires_in=2 * HOUR, idempotency_key="e")


def test_the_limit_counts_what_is_held(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    fast.hold_credits("u", LIMIT)
    assert fast.get_balance("u").settled == LIMIT
    with refused(fast, BalanceLimit, limit=LIMIT, held=LIMIT):
        fast.grant_credits("u", 1)
    fast.release_hold("u", 2)
    assert fast.balance("u") == LIMIT


def test_holds_are_listed_newest_first_in_pages(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    for _ in range(4):
        fast.hold_credits("u", 1)
    fast.release_hold("u", 3)
    assert [hold.hold_id for hold in fast.list_holds("u")] == [5, 4, 2]
    assert [hold.hold_id for hold in fast.list_holds("u", open_only=False)] == [5, 4, 3, 2]
    assert [hold.hold_id for hold in fast.list_holds("u", limit=2)] == [5, 4]
    assert [hold.hold_id for hold in fast.list_holds("u", before=4)] == [2]
    assert fast.list_holds("nobody") == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_amount(),
        *ILLEGAL_TIME,
        *illegal_text("p_feature"),
        *illegal_text("p_member"),
        *ILLEGAL_TAIL,
    ],
)
def test_illegal_arguments_of_a_hold(fast: Credits, argument: str, value: Any) -> None:
    fast.grant_credits("u", 10)
    arguments = {"p_account_id": "u", "p_amount": 1} | {argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("hold_credits", **arguments)


ILLEGAL_HOLD = illegal("p_hold_id", null=None, zero=0, negative=-1)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *ILLEGAL_HOLD,
        *illegal_amount(optional=True),
        *illegal("p_if_short", other="all", empty=""),
        *ILLEGAL_TAIL,
    ],
)
def test_illegal_arguments_of_a_capture(fast: Credits, argument: str, value: Any) -> None:
    fast.grant_credits("u", 10)
    arguments = {"p_account_id": "u", "p_hold_id": fast.hold_credits("u", 5).entry_id}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("capture_hold", **(arguments | {argument: value}))


@pytest.mark.parametrize(
    ("argument", "value"), [*ILLEGAL_ACCOUNT, *ILLEGAL_HOLD, *ILLEGAL_TIME, *ILLEGAL_TAIL]
)
def test_illegal_arguments_of_the_others(fast: Credits, argument: str, value: Any) -> None:
    fast.grant_credits("u", 10)
    arguments = {"p_account_id": "u", "p_hold_id": fast.hold_credits("u", 5).entry_id}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("extend_hold", **(arguments | {argument: value}))
    if argument != "p_expires_in":
        with refused(fast, InvalidArgument, argument=argument):
            fast.call("release_hold", **(arguments | {argument: value}))


def test_nulls_mean_not_given(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    hold = fast.call("hold_credits", p_account_id="u", p_amount=5, p_expires_in=None)
    fast.call("extend_hold", p_account_id="u", p_hold_id=hold.entry_id, p_expires_in=None)
    receipt = fast.call(
        "capture_hold",
        p_account_id="u",
        p_hold_id=hold.entry_id,
        p_amount=None,
        p_final=None,
        p_if_short=None,
    )
    assert (receipt.amount, the_hold(fast).status) == (-5, "captured")
    (listed,) = fast.call("list_holds", p_account_id="u", p_limit=None, p_open_only=False)
    assert listed.hold_id == hold.entry_id
    assert fast.call("list_holds", p_account_id="u", p_open_only=None) == []
    with refused(fast, InvalidArgument, argument="p_limit"):
        fast.call("list_holds", p_account_id="u", p_limit=1001)


def test_what_follows_a_hold_or_a_spend_up_carries_its_member(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 100)
    spend = fast.deduct_credit("u", 5, member="mia").entry_id
    fast.refund_spend("u", entry_id=spend, idempotency_key="r")
    taken, idle, late = (fast.hold_credits("u", 10, member="max").entry_id for _ in range(3))
    fast.extend_hold("u", taken, expires_in=HOUR, idempotency_key="e")
    capture = fast.capture_hold("u", taken, 4, idempotency_key="c").entry_id
    fast.refund_spend("u", entry_id=capture, amount=1)
    fast.release_hold("u", idle, idempotency_key="i")
    for again in (
        fast.refund_spend("u", entry_id=spend, idempotency_key="r"),
        fast.extend_hold("u", taken, expires_in=HOUR, idempotency_key="e"),
        fast.capture_hold("u", taken, 4, idempotency_key="c"),
        fast.release_hold("u", idle, idempotency_key="i"),
    ):
        assert again.is_replay
    clock.set(NOW + DAY)
    fast.expire_due()
    members = {"grant": {None}, "spend": {"mia"}, "refund": {"mia", "max"}}
    members |= {kind: {"max"} for kind in ("hold", "extend", "release", "capture")}
    for kind, expected in members.items():
        assert {entry.member for entry in fast.entries("u") if entry.kind == kind} == expected
    assert [one.about_entry_id for one in fast.entries("u") if one.kind == "release"] == [
        taken,
        idle,
        late,
    ]
