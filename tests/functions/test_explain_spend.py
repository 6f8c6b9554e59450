"""explain_spend says which lots an entry took from, and why in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import EntryNotFound, InvalidArgument
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    NOW,
    illegal,
    refused,
    set_setting,
    unchanged,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def why(credits: Credits, entry_id: int) -> list[tuple[int, int, str]]:
    """Lot, amount and reason of each part of an entry of account u."""
    parts = credits.explain_spend("u", entry_id)
    assert [part.position for part in parts] == list(range(1, len(parts) + 1))
    return [(part.lot_id, part.amount, part.reason) for part in parts]


def moved(credits: Credits, entry_id: int) -> list[tuple[int, int, int, int | None]]:
    """Lot, what it held before and after, and what was given back since."""
    return [
        (part.lot_id, part.left_before, part.left_after, part.given_back)
        for part in credits.explain_spend("u", entry_id)
    ]


def test_priority_then_expiry_then_age(fast: Credits) -> None:
    fast.grant_credits("u", 10, pool="purchased")
    fast.grant_credits("u", 10, pool="purchased")
    fast.grant_credits("u", 10, pool="purchased", expires_at=NOW + DAY)
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 10, pool="subscription", expires_at=NOW + 9 * DAY)
    spend = fast.deduct_credit("u", 45)
    assert why(fast, spend.entry_id) == [
        (5, -10, "priority 10 burns before priority 20 of lot 4"),
        (4, -10, "priority 20 burns before priority 30 of lot 3"),
        (3, -10, "expires before lot 1"),
        (1, -10, "older than lot 2, which expires at the same time"),
        (2, -5, "the last lot with credits"),
    ]
    assert moved(fast, spend.entry_id) == [
        (5, 10, 0, 0),
        (4, 10, 0, 0),
        (3, 10, 0, 0),
        (1, 10, 0, 0),
        (2, 10, 5, 0),
    ]
    first = fast.explain_spend("u", spend.entry_id)[0]
    assert (first.account_id, first.entry_id) == ("u", spend.entry_id)
    assert (first.pool, first.priority, first.expires_at) == (
        "subscription",
        10,
        NOW + 9 * DAY,
    )
    assert fast.explain_spend("u", spend.entry_id)[4].expires_at is None


def test_a_lot_that_was_left_alone_counts_as_the_next_one(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 10, pool="purchased")
    spend = fast.deduct_credit("u", 4)
    assert why(fast, spend.entry_id) == [(1, -4, "priority 20 burns before priority 30 of lot 2")]


def test_spends_from_the_open_lot_alone(fast: Credits) -> None:
    fast.grant_credits("u", 100)
    for number in range(2, 6):
        fast.deduct_credit("u", number)
    assert why(fast, 4) == [(1, -4, "the only lot with credits")]
    assert moved(fast, 4) == [(1, 95, 91, 0)]
    assert moved(fast, 5) == [(1, 91, 86, 0)]


def test_a_lot_that_came_later_is_no_reason(fast: Credits) -> None:
    fast.grant_credits("u", 100)
    fast.deduct_credit("u", 1)
    fast.grant_credits("u", 100, pool="subscription", expires_at=NOW + DAY)
    assert why(fast, 2) == [(1, -1, "the only lot with credits")]


def test_what_was_given_back_is_told_from_the_end(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 10, pool="purchased")
    spend = fast.deduct_credit("u", 16).entry_id
    fast.refund_spend("u", entry_id=spend, amount=4)
    assert [back for *_, back in moved(fast, spend)] == [0, 4]
    refund = fast.refund_spend("u", entry_id=spend, amount=5).entry_id
    assert [back for *_, back in moved(fast, spend)] == [3, 6]
    reason = f"goes back where entry {spend} took it from, its last lot first"
    assert why(fast, refund) == [(2, 2, reason), (1, 3, reason)]
    assert moved(fast, refund) == [(2, 8, 10, None), (1, 0, 3, None)]


def test_a_hold_its_captures_and_its_release(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 20, pool="purchased")
    fast.hold_credits("u", 16)
    assert why(fast, 3) == [
        (1, -10, "priority 20 burns before priority 30 of lot 2"),
        (2, -6, "the last lot with credits"),
    ]
    first = fast.capture_hold("u", 3, 4, final=False).entry_id
    assert why(fast, first) == [(1, -4, "set aside by hold 3")]
    second = fast.capture_hold("u", 3, 15).entry_id
    assert why(fast, second) == [
        (1, -6, "set aside by hold 3"),
        (2, -6, "set aside by hold 3"),
        (2, -3, "the last lot with credits"),
    ]
    assert moved(fast, second)[1:] == [(2, 20, 14, 0), (2, 14, 11, 0)]
    assert moved(fast, 3) == [(1, 10, 0, 0), (2, 20, 14, 0)]
    fast.refund_spend("u", entry_id=second, amount=5)
    assert [back for *_, back in moved(fast, second)] == [0, 2, 3]


def test_a_hold_that_was_given_up_in_part(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 20, pool="purchased")
    fast.hold_credits("u", 16)
    fast.capture_hold("u", 3, 7)
    assert moved(fast, 3) == [(1, 10, 0, 3), (2, 20, 14, 6)]
    assert why(fast, 4) == [
        (2, 6, "given up by hold 3, its last lot first"),
        (1, 10, "given up by hold 3, its last lot first"),
    ]


def test_an_adjustment_chooses_inside_its_pool(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 10, pool="purchased")
    less = fast.adjust_balance("u", "count", "ann", difference=-4, pool="purchased").entry_id
    assert why(fast, less) == [(2, -4, "the only lot with credits")]
    more = fast.adjust_balance("u", "count", "ann", difference=4).entry_id
    assert why(fast, more) == [(more, 4, "granted")]
    assert moved(fast, more) == [(more, 0, 4, None)]


def test_debt_is_lot_0(fast: Credits) -> None:
    fast.add_purchased_credits("u", 50, reference="p", amount_paid=1, currency="eur")
    fast.deduct_credit("u", 40)
    claw = fast.clawback_credits("u", "p").entry_id
    assert why(fast, claw) == [
        (1, -10, "the payment of the lot went back"),
        (0, -40, "had been used: owed from here on"),
    ]
    assert moved(fast, claw) == [(1, 10, 0, 0), (0, 0, 40, None)]
    debt = fast.explain_spend("u", claw)[1]
    assert (debt.pool, debt.priority, debt.expires_at) == (None, None, None)
    grant = fast.add_purchased_credits("u", 30, reference="q").entry_id
    assert why(fast, grant + 1) == [
        (grant, -30, "the only lot with credits"),
        (0, 30, "pays debt"),
    ]
    assert moved(fast, grant + 1)[1] == (0, 40, 10, None)
    fast.clawback_credits("u", "p", target=0)
    assert [reason for *_, reason in why(fast, grant + 2)] == ["no longer owed", "given back"]


def test_what_else_is_booked_has_a_reason_too(fast: Credits, clock: Clock) -> None:
    fast.renew_subscription("u", "pro", 50, period_start=NOW, period_end=NOW + DAY, rollover_cap=20)
    fast.grant_credits("u", 5, expires_at=NOW + HOUR)
    clock.set(NOW + DAY)
    fast.renew_subscription(
        "u", "pro", 50, period_start=NOW + DAY, period_end=NOW + 2 * DAY, rollover_cap=20
    )
    reasons = {
        entry.kind: [reason for *_, reason in why(fast, entry.entry_id)]
        for entry in fast.entries("u")
    }
    assert reasons == {
        "grant": ["granted"],
        "expire": ["the lot had ended"],
        "rollover": ["carried over", "carried over from the lot before"],
    }


def test_credits_that_change_accounts(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10)
    fast.add_purchased_credits("u", 20, reference="p", amount_paid=9, currency="eur")
    fast.transfer_credits("u", "w", 12, idempotency_key="k")
    assert why(fast, 3) == [
        (1, -10, "priority 20 burns before priority 30 of lot 2"),
        (2, -2, "the last lot with credits"),
    ]
    assert [(x.amount, x.reason) for x in fast.explain_spend("w", 1)] == [
        (10, "came from account u")
    ]
    fast.transfer_credits("u", "w", 1, pool="purchased", idempotency_key="one pool")
    assert why(fast, 4) == [(2, -1, "the only lot with credits")]

    spend = fast.deduct_credit("u", 4)
    fast.clawback_credits("u", "p")
    fast.grant_credits("u", 5)
    merge = fast.merge_accounts("u", "w")
    assert why(fast, merge.entry_id) == [
        (merge.entry_id - 1, -5, "goes on in account w"),
        (0, 7, "owed by account w from here on"),
    ]
    reasons = {
        (x.lot_id > 0, x.amount, x.reason)
        for entry in fast.entries("w")
        if entry.kind == "merge"
        for x in fast.explain_spend("w", entry.entry_id)
    }
    assert (False, -7, "was owed by account u") in reasons
    assert (True, 5, "came from account u") in reasons
    refund = fast.refund_spend("u", entry_id=spend.entry_id)
    assert why(fast, refund.entry_id) == [
        (2, 4, f"goes back where entry {spend.entry_id} took it from, its last lot first")
    ]
    assert why(fast, refund.entry_id + 1) == [(2, -4, "goes on in account w")]


def test_credits_that_get_more_time(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 5, expires_at=NOW + HOUR)
    spend = fast.deduct_credit("u", 5).entry_id
    clock.set(NOW + DAY)
    fast.refund_spend("u", entry_id=spend)
    assert [reason for *_, reason in why(fast, 4)] == [
        "given more time in another lot",
        "given back",
    ]


def test_an_expiry_that_changed_since_is_not_taken_for_the_one_of_then(
    fast: Credits, clock: Clock
) -> None:
    """Lot 1 burned first because it expired first; then lot 2 was ended before it."""
    fast.grant_credits("u", 10, pool="subscription", expires_at=NOW + 9 * DAY)
    fast.add_subscription_credits("u", 10, NOW + 20 * DAY, subscription="pro", reference="s")
    spend = fast.deduct_credit("u", 4).entry_id
    assert why(fast, spend) == [(1, -4, "expires before lot 2")]
    clock.set(NOW + DAY)
    fast.expire_subscription_credits("u", subscription="pro")
    assert why(fast, spend) == [
        (1, -4, "expired before lot 2 as things were then; one of them ends otherwise by now")
    ]


@pytest.mark.parametrize("policy", ["debt", "write_off"])
def test_entries_that_move_nothing_have_no_parts(fast: Credits, policy: str) -> None:
    set_setting(fast, "shortfall", policy)
    fast.open_account("u")
    assert fast.explain_spend("u", 1) == []


@pytest.mark.parametrize(("account", "entry"), [("u", 99), ("nobody", 1)])
def test_an_entry_that_is_not_there_is_an_error(fast: Credits, account: str, entry: int) -> None:
    fast.grant_credits("u", 1)
    with refused(fast, EntryNotFound, account_id=account, entry_id=entry):
        fast.explain_spend(account, entry)


@pytest.mark.parametrize(
    ("argument", "value"),
    [*ILLEGAL_ACCOUNT, *illegal("p_entry_id", null=None, zero=0, negative=-1)],
)
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    fast.grant_credits("u", 1)
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("explain_spend", **{"p_account_id": "u", "p_entry_id": 1, argument: value})


def test_reading_writes_nothing(fast: Credits, alice: str) -> None:
    with unchanged(fast):
        assert len(fast.explain_spend(alice, 1)) == 1
