"""deduct_credit spends whole credits in burn order, or refuses and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountFrozen,
    IdempotencyConflict,
    InDebt,
    InsufficientCredits,
    InvalidArgument,
)
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    MICROSECOND,
    MOST_METADATA,
    NOW,
    illegal_amount,
    illegal_text,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from pgcredits.errors import CreditsError
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def test_a_spend_takes_what_it_asks_for(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    receipt = fast.deduct_credit("u", 3, feature="image", reference="job-1", metadata={"w": 512})
    assert (receipt.account_id, receipt.entry_id, receipt.command_id) == ("u", 2, 2)
    assert (receipt.kind, receipt.amount, receipt.allocations) == ("spend", -3, [[1, -3]])
    assert (receipt.balance, receipt.available, receipt.debt) == (7, 7, 0)
    assert receipt.created_at == NOW
    assert not receipt.is_replay
    assert fast.available("u") == 7


def test_a_spend_takes_one_credit_by_default(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    assert fast.deduct_credit("u").amount == -1


def test_the_entry_says_what_the_spend_was_for(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit(
        "u", 3, feature="image", reference="job-1", idempotency_key="k", metadata={"w": 512}
    )
    entry = fast.entries("u")[-1]
    assert (entry.kind, entry.amount, entry.balance, entry.debt) == ("spend", -3, 7, 0)
    assert (entry.feature, entry.reference) == ("image", "job-1")
    assert (entry.idempotency_key, entry.metadata) == ("k", {"w": 512})
    assert entry.allocations == [[1, -3]]
    assert entry.created_at == entry.occurred_at == NOW
    assert entry.actor == fast.conn.info.user


def test_the_last_credit_can_be_spent(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    assert fast.deduct_credit("u", 10).balance == 0
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.deduct_credit("u", 1)


def test_a_spend_across_lots_lists_them_in_burn_order(fast: Credits) -> None:
    fast.add_purchased_credits("u", 5, reference="p")
    fast.grant_credits("u", 5)
    fast.add_subscription_credits("u", 5, NOW + 30 * DAY, reference="s")
    receipt = fast.deduct_credit("u", 12)
    assert receipt.allocations == [[3, -5], [2, -5], [1, -2]]
    assert fast.remaining("u") == [("purchased", 3)]


def test_the_same_key_and_request_is_a_replay(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    first = fast.deduct_credit("u", 3, feature="f", reference="r", idempotency_key="k")
    with replayed(fast, first) as answers:
        answers.append(fast.deduct_credit("u", 3, feature="f", reference="r", idempotency_key="k"))


def test_metadata_is_not_part_of_the_request(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    first = fast.deduct_credit("u", 3, idempotency_key="k", metadata={"try": 1})
    with replayed(fast, first) as answers:
        answers.append(fast.deduct_credit("u", 3, idempotency_key="k", metadata={"try": 2}))
    assert fast.entries("u")[-1].metadata == {"try": 1}


def test_a_spend_across_lots_is_replayed_with_the_same_split(fast: Credits) -> None:
    for _ in range(3):
        fast.grant_credits("u", 5)
    first = fast.deduct_credit("u", 12, idempotency_key="k")
    assert first.allocations == [[1, -5], [2, -5], [3, -2]]
    fast.deduct_credit("u", 1)
    with replayed(fast, first) as answers:
        answers.append(fast.deduct_credit("u", 12, idempotency_key="k"))


def test_a_replay_answers_although_nothing_is_left(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    first = fast.deduct_credit("u", 10, idempotency_key="k")
    with replayed(fast, first) as answers:
        answers.append(fast.deduct_credit("u", 10, idempotency_key="k"))


@pytest.mark.parametrize("status", ["frozen", "closed"])
def test_a_replay_answers_whatever_the_status(fast: Credits, status: str) -> None:
    fast.grant_credits("u", 10)
    first = fast.deduct_credit("u", 4, idempotency_key="k")
    set_status(fast, "u", status)
    with replayed(fast, first) as answers:
        answers.append(fast.deduct_credit("u", 4, idempotency_key="k"))


def test_a_replay_answers_in_debt_and_after_the_lot_has_expired(
    fast: Credits, clock: Clock
) -> None:
    fast.add_purchased_credits("u", 10, reference="p", expires_at=NOW + DAY)
    first = fast.deduct_credit("u", 4, idempotency_key="k")
    fast.clawback_credits("u", "p")
    clock.set(NOW + 2 * DAY)
    with replayed(fast, first) as answers:
        answers.append(fast.deduct_credit("u", 4, idempotency_key="k"))


@pytest.mark.parametrize(
    "other",
    [
        {"p_amount": 4},
        {"p_amount": 3, "p_feature": "g"},
        {"p_amount": 3, "p_feature": None},
        {"p_amount": 3, "p_member": "n"},
        {"p_amount": 3, "p_member": None},
        {"p_amount": 3, "p_reference": "s"},
        {"p_amount": 3, "p_reference": None},
    ],
    ids=["amount", "feature", "no_feature", "member", "no_member", "reference", "no_reference"],
)
@pytest.mark.parametrize("left", [20, 3], ids=["fast_path", "nothing_left"])
def test_the_same_key_with_another_request_is_refused(
    fast: Credits, other: dict[str, Any], left: int
) -> None:
    fast.grant_credits("u", left)
    fast.deduct_credit("u", 3, feature="f", member="m", reference="r", idempotency_key="k")
    request = {"p_account_id": "u", "p_feature": "f", "p_member": "m", "p_reference": "r"}
    request["p_idempotency_key"] = "k"
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=2):
        fast.call("deduct_credit", **{**request, **other})


def test_the_key_of_another_kind_of_command_is_refused(fast: Credits) -> None:
    fast.grant_credits("u", 10, idempotency_key="k")
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=1):
        fast.deduct_credit("u", 10, idempotency_key="k")


def test_two_accounts_may_use_the_same_key(fast: Credits) -> None:
    for account in ("u", "v"):
        fast.grant_credits(account, 10, idempotency_key="g")
        assert not fast.deduct_credit(account, 3, idempotency_key="k").is_replay
        assert fast.balance(account) == 7


def test_keys_are_compared_byte_by_byte(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    for key in ("k", "K", "k ", " k", "e\u0301", "\u00e9", "x" * 255, "\U0001f600" * 255):
        assert not fast.deduct_credit("u", idempotency_key=key).is_replay
    assert fast.balance("u") == 2


def test_a_refusal_is_not_recorded_so_its_key_may_succeed_later(fast: Credits) -> None:
    fast.grant_credits("u", 2)
    with refused(fast, InsufficientCredits, required=3, available=2):
        fast.deduct_credit("u", 3, idempotency_key="k")
    fast.grant_credits("u", 1)
    assert not fast.deduct_credit("u", 3, idempotency_key="k").is_replay
    assert fast.balance("u") == 0


def test_without_a_key_every_call_is_a_spend_of_its_own(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 3)
    fast.deduct_credit("u", 3)
    assert fast.balance("u") == 4


def test_a_spend_beyond_the_balance_is_refused_with_the_figures(fast: Credits, alice: str) -> None:
    with refused(fast, InsufficientCredits, required=101, available=100):
        fast.deduct_credit(alice, 101)


def test_a_spend_never_opens_an_account(fast: Credits) -> None:
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.deduct_credit("nobody", 1)


def test_the_largest_amount_is_a_question_of_balance(fast: Credits) -> None:
    with refused(fast, InsufficientCredits, required=LIMIT, available=0):
        fast.deduct_credit("nobody", LIMIT)
    fast.grant_credits("u", LIMIT)
    assert fast.deduct_credit("u", LIMIT).balance == 0


def test_a_spend_in_debt_is_refused_with_the_debt(fast: Credits) -> None:
    fast.add_purchased_credits("u", 100, reference="p")
    fast.deduct_credit("u", 60)
    fast.grant_credits("u", 500)
    fast.clawback_credits("u", "p")
    with refused(fast, InDebt, required=1, debt=60):
        fast.deduct_credit("u", 1)


def test_a_frozen_account_refuses_spends(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "frozen")
    with refused(fast, AccountFrozen, account_id=alice):
        fast.deduct_credit(alice, 1)


@pytest.mark.parametrize(
    ("status", "error"), [("frozen", AccountFrozen), ("closed", AccountClosed)]
)
def test_the_status_is_asked_where_the_open_lot_would_do(
    fast: Credits, status: str, error: type[CreditsError]
) -> None:
    """Nothing is due here and no lot is crossed: the short way of a spend refuses by itself."""
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 1)
    set_status(fast, "u", status)
    with refused(fast, error, account_id="u"):
        fast.deduct_credit("u", 1)


def test_a_closed_account_refuses_spends(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        fast.deduct_credit(alice, 1)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_amount(),
        *illegal_text("p_feature"),
        *illegal_text("p_member"),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("deduct_credit", **{"p_account_id": alice, "p_amount": 1, argument: value})


def test_texts_of_255_characters_are_legal(fast: Credits) -> None:
    account = "\u00e4" * 255
    fast.grant_credits(account, 2)
    long = "\u00f6" * 255
    fast.deduct_credit(account, 1, feature=long, member=long, reference=long, idempotency_key=long)
    assert fast.balance(account) == 1


def test_metadata_of_16384_bytes_is_legal(fast: Credits) -> None:
    fast.grant_credits("u", 1)
    metadata = {"x": "y" * MOST_METADATA}
    fast.deduct_credit("u", metadata=metadata)
    assert fast.entries("u")[-1].metadata == metadata


def test_credits_are_spendable_until_the_instant_of_expiry(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY - MICROSECOND)
    assert fast.deduct_credit("u", 4).balance == 6
    clock.set(NOW + DAY)
    with refused(fast, InsufficientCredits, required=1, available=0):
        fast.deduct_credit("u", 1)


def test_a_lot_without_credits_left_does_not_block_the_next_one(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 3, expires_at=NOW + DAY)
    fast.grant_credits("u", 3)
    fast.deduct_credit("u", 3)
    clock.set(NOW + 2 * DAY)
    assert fast.deduct_credit("u", 2).allocations == [[2, -2]]
    assert fast.booked("u") == [("grant", 3), ("grant", 3), ("spend", -3), ("spend", -2)]


def test_a_spend_books_what_has_expired_first(fast: Credits, alice: str) -> None:
    receipt = fast.deduct_credit(alice, 30)
    assert fast.booked(alice) == [("grant", 20), ("grant", 100), ("expire", -20), ("spend", -30)]
    assert (receipt.entry_id, receipt.command_id, receipt.balance) == (4, 4, 70)


def test_a_clock_that_goes_back_never_dates_an_entry_before_the_last_one(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 10)
    clock.set(NOW - DAY)
    receipt = fast.deduct_credit("u", 1)
    assert receipt.created_at == NOW
    assert fast.entries("u")[-1].occurred_at == NOW - DAY  # by the clock as it is
