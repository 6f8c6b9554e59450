"""expire_subscription_credits ends live subscription lots now and touches nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import AccountNotFound, IdempotencyConflict, InvalidArgument
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    NOW,
    REFUND_GRACE,
    illegal_text,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

END = NOW + 30 * DAY


@pytest.fixture
def u(fast: Credits) -> str:
    """Open an account with lots of two subscriptions, a gift and a pack."""
    fast.add_subscription_credits("u", 40, END, subscription="pro", reference="pro-1")
    fast.add_subscription_credits("u", 30, END, subscription="team", reference="team-1")
    fast.grant_credits("u", 20)
    fast.add_purchased_credits("u", 10, reference="p")
    return "u"


def test_one_subscription_ends(fast: Credits, u: str) -> None:
    receipt = fast.expire_subscription_credits(
        u, subscription="pro", reference="r", metadata={"a": 1}
    )
    assert (receipt.kind, receipt.amount, receipt.allocations) == ("expire", -40, [[1, -40]])
    assert (receipt.balance, receipt.available) == (60, 60)
    assert fast.pools(u) == {"subscription": 30, "promotional": 20, "purchased": 10}
    entry = fast.entries(u)[-1]
    assert (entry.reference, entry.metadata, entry.occurred_at) == ("r", {"a": 1}, NOW)


def test_all_subscriptions_end_when_none_is_named(fast: Credits, u: str) -> None:
    receipt = fast.expire_subscription_credits(u)
    assert (receipt.amount, receipt.allocations) == (-70, [[1, -40], [2, -30]])
    assert fast.pools(u) == {"promotional": 20, "purchased": 10}


def test_the_ended_lot_shows_when_it_ended(fast: Credits, u: str, clock: Clock) -> None:
    ended_at = clock.advance(DAY)
    fast.expire_subscription_credits(u, subscription="pro")
    (lot,) = [lot for lot in fast.list_lots(u, live_only=False) if lot.lot_id == 1]
    assert (lot.remaining, lot.is_live, lot.expires_at) == (0, False, ended_at)


def test_ending_nothing_books_an_entry_of_nothing(fast: Credits, u: str) -> None:
    receipt = fast.expire_subscription_credits(u, subscription="unknown")
    assert (receipt.kind, receipt.amount, receipt.allocations) == ("expire", 0, [])
    assert fast.balance(u) == 100


def test_ending_twice_ends_once(fast: Credits, u: str) -> None:
    assert fast.expire_subscription_credits(u).amount == -70
    assert fast.expire_subscription_credits(u).amount == 0


def test_what_was_spent_is_not_taken_again(fast: Credits, u: str) -> None:
    fast.deduct_credit(u, 55)
    receipt = fast.expire_subscription_credits(u)
    assert (receipt.amount, receipt.allocations) == (-15, [[2, -15]])


def test_the_same_key_and_request_is_a_replay(fast: Credits, u: str) -> None:
    first = fast.expire_subscription_credits(u, subscription="pro", idempotency_key="k")
    fast.add_subscription_credits(u, 5, END, subscription="pro", reference="pro-2")
    with replayed(fast, first) as answers:
        answers.append(fast.expire_subscription_credits(u, subscription="pro", idempotency_key="k"))


@pytest.mark.parametrize(
    "other",
    [
        {"p_subscription": "team"},
        {"p_subscription": None},
        {"p_reason": "cancelled"},
        {"p_reference": "r"},
    ],
    ids=["subscription", "all", "reason", "reference"],
)
def test_the_same_key_with_another_request_is_refused(
    fast: Credits, u: str, other: dict[str, Any]
) -> None:
    fast.expire_subscription_credits(u, subscription="pro", idempotency_key="k")
    request = {"p_account_id": u, "p_subscription": "pro", "p_idempotency_key": "k", **other}
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=5):
        fast.call("expire_subscription_credits", **request)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_subscription", longest=127),
        *illegal_text("p_reason"),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("expire_subscription_credits", **{"p_account_id": alice, argument: value})


def test_an_unknown_account_is_not_found(fast: Credits) -> None:
    with refused(fast, AccountNotFound, account_id="nobody"):
        fast.expire_subscription_credits("nobody")


@pytest.mark.parametrize(("status", "ended"), [("frozen", 70), ("closed", 0)])
def test_it_goes_on_whatever_the_status(fast: Credits, u: str, status: str, ended: int) -> None:
    set_status(fast, u, status)
    assert fast.expire_subscription_credits(u).amount == -ended


def test_what_has_expired_on_its_own_keeps_its_own_date(
    fast: Credits, u: str, clock: Clock
) -> None:
    clock.set(END + 10 * DAY)
    assert fast.expire_subscription_credits(u).amount == 0
    assert fast.booked(u)[4:] == [("expire", -40), ("expire", -30), ("expire", 0)]
    assert fast.entries(u)[4].occurred_at == END + 3 * DAY


def test_a_refund_after_the_end_has_grace_from_then_on(fast: Credits, u: str, clock: Clock) -> None:
    spend = fast.deduct_credit(u, 10)
    fast.expire_subscription_credits(u)
    clock.advance(DAY)
    fast.refund_spend(u, entry_id=spend.entry_id)
    (lot,) = [lot for lot in fast.list_lots(u) if lot.origin == "restoration"]
    assert (lot.remaining, lot.expires_at) == (10, NOW + REFUND_GRACE)
