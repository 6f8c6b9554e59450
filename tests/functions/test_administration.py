"""What administrators do by hand: freeze, unfreeze and close accounts, correct balances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotEmpty,
    AccountNotFound,
    BalanceLimit,
    IdempotencyConflict,
    InDebt,
    InsufficientCredits,
    InvalidArgument,
)
from tests.functions.support import (
    BIGINT_MAX,
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    NOW,
    illegal,
    illegal_text,
    refused,
    replayed,
    set_setting,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

ILLEGAL_REASON = illegal_text("p_reason", required=True)
CALLS = ("freeze_account", "unfreeze_account", "close_account")


def test_a_frozen_account_spends_nothing_and_takes_everything_else(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    fast.deduct_credit("u", 4, idempotency_key="k")
    receipt = fast.freeze_account("u", "dispute", reference="ticket-1", metadata={"a": 1})
    assert (receipt.kind, receipt.amount, receipt.balance) == ("freeze", 0, 6)
    assert fast.get_balance("u").status == "frozen"
    entry = fast.entries("u")[-1]
    assert (entry.request, entry.reference) == ({"reason": "dispute"}, "ticket-1")
    with refused(fast, AccountFrozen, account_id="u"):
        fast.deduct_credit("u")
    fast.grant_credits("u", 5)
    fast.refund_spend("u", spend_key="k")
    fast.clawback_credits("u", "p", target=3)
    assert fast.balance("u") == 12


def test_an_unfrozen_account_spends_again(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.freeze_account("u", "dispute")
    assert fast.unfreeze_account("u", "won").kind == "unfreeze"
    assert fast.deduct_credit("u", 10).balance == 0


def test_a_status_that_is_there_already_is_recorded(fast: Credits) -> None:
    fast.open_account("u")
    fast.unfreeze_account("u", "nothing")
    fast.freeze_account("u", "first")
    fast.freeze_account("u", "second")
    assert [kind for kind, _ in fast.booked("u")] == ["open", "unfreeze", "freeze", "freeze"]
    assert fast.get_balance("u").status == "frozen"


def test_an_empty_account_is_closed(fast: Credits) -> None:
    fast.grant_credits("u", 5)
    fast.deduct_credit("u", 5)
    receipt = fast.close_account("u", "asked for")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("close", 0, 0)
    assert fast.get_balance("u").status == "closed"
    for call in (fast.deduct_credit, fast.grant_credits, fast.hold_credits):
        with refused(fast, AccountClosed, account_id="u"):
            call("u", 1)
    for name in CALLS:
        with refused(fast, AccountClosed, account_id="u"):
            fast.call(name, p_account_id="u", p_reason="again")


def test_what_is_left_refuses_the_closing(fast: Credits) -> None:
    fast.grant_credits("u", 5)
    fast.hold_credits("u", 5)
    with refused(fast, AccountNotEmpty, account_id="u", balance=0, held=5, debt=0):
        fast.close_account("u", "x")
    fast.release_hold("u", 2)
    with refused(fast, AccountNotEmpty, balance=5, held=0):
        fast.close_account("u", "x")


def test_promotional_credits_beside_a_debt_refuse_the_closing(fast: Credits) -> None:
    fast.add_purchased_credits("u", 50, reference="p")
    fast.deduct_credit("u", 50)
    fast.clawback_credits("u", "p")
    fast.grant_credits("u", 20)
    with refused(fast, AccountNotEmpty, balance=-30, held=0, debt=50):
        fast.close_account("u", "x")
    assert fast.close_account("u", "x", if_credits="forfeit").debt == 50


def test_what_has_expired_does_not_count(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 5, expires_at=NOW + DAY)
    clock.set(NOW + DAY)
    fast.close_account("u", "x")
    assert fast.booked("u") == [("grant", 5), ("expire", -5), ("close", 0)]


def test_forfeiting_releases_holds_and_books_breakage(fast: Credits) -> None:
    fast.grant_credits("u", 5, expires_at=NOW + DAY)
    fast.add_purchased_credits("u", 10, reference="p", amount_paid=100, currency="eur")
    fast.hold_credits("u", 7)
    receipt = fast.close_account("u", "x", if_credits="forfeit")
    assert (receipt.balance, receipt.available) == (0, 0)
    assert fast.booked("u")[3:] == [("close", 0), ("release", 7), ("expire", -15)]
    assert (fast.list_lots("u"), fast.list_holds("u")) == ([], [])
    # Who used nothing owes nothing.
    assert fast.clawback_credits("u", "p").debt == 0


@pytest.mark.parametrize("grace", ["7 days", "0"])
def test_what_comes_back_to_a_closed_account_lapses(
    fast: Credits, clock: Clock, grace: str
) -> None:
    set_setting(fast, "refund_grace", grace)
    fast.add_purchased_credits("u", 100, reference="p", expires_at=NOW + 30 * DAY)
    fast.deduct_credit("u", 30)
    fast.clawback_credits("u", "p")
    fast.add_purchased_credits("u", 40, reference="q")
    clock.set(NOW + DAY)
    fast.close_account("u", "x", if_credits="forfeit")
    receipt = fast.clawback_credits("u", "p", target=0)
    assert (receipt.balance, receipt.available, receipt.debt) == (0, 0, 0)
    assert fast.list_lots("u") == []
    # All money goes back after all: of both packs nothing was used but the 30 that were spent.
    assert fast.clawback_credits("u", "p").debt == 0
    assert fast.clawback_credits("u", "q").debt == 30


def test_a_correction_upwards_is_a_lot(fast: Credits) -> None:
    fast.open_account("u")
    receipt = fast.adjust_balance(
        "u", "goodwill", "ann", difference=5, pool="purchased", expires_at=NOW + DAY
    )
    assert (receipt.kind, receipt.amount, receipt.balance) == ("adjust", 5, 5)
    (lot,) = fast.list_lots("u")
    assert (lot.pool, lot.expires_at, lot.remaining) == ("purchased", NOW + DAY, 5)
    request = fast.entries("u")[-1].request
    assert request is not None
    assert (request["reason"], request["person"]) == ("goodwill", "ann")
    fast.adjust_balance("u", "more", "ann", difference=1)
    assert fast.pools("u") == {"purchased": 5, "promotional": 1}


def test_a_correction_downwards_burns_in_order_or_in_one_pool(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    fast.grant_credits("u", 5)
    fast.adjust_balance("u", "wrong import", "ann", difference=-7)
    assert fast.pools("u") == {"purchased": 8}
    fast.grant_credits("u", 5)
    fast.adjust_balance("u", "wrong import", "ann", difference=-3, pool="purchased")
    assert fast.pools("u") == {"promotional": 5, "purchased": 5}


def test_nothing_is_taken_below_zero(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    fast.grant_credits("u", 5)
    with refused(fast, InsufficientCredits, required=16, available=15):
        fast.adjust_balance("u", "x", "ann", difference=-16)
    for difference in (-6, -16):
        with refused(fast, InsufficientCredits, required=-difference, available=5):
            fast.adjust_balance("u", "x", "ann", difference=difference, pool="promotional")


@pytest.mark.parametrize(("target", "amount"), [(12, 2), (10, 0), (3, -7), (0, -10)])
def test_to_a_target(fast: Credits, target: int, amount: int) -> None:
    fast.grant_credits("u", 10)
    receipt = fast.adjust_balance("u", "count", "ann", target=target)
    assert (receipt.amount, receipt.balance) == (amount, target)


def test_a_target_settles_the_debt_with_a_paying_pool(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    fast.deduct_credit("u", 10)
    fast.clawback_credits("u", "p")
    with refused(fast, InDebt):
        fast.adjust_balance("u", "x", "ann", difference=-1)
    receipt = fast.adjust_balance("u", "forgiven", "ann", target=0, pool="purchased")
    assert (receipt.amount, receipt.balance, receipt.debt) == (10, 0, 0)


def test_a_frozen_account_can_be_corrected_and_a_closed_one_not(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    fast.freeze_account("u", "x")
    assert fast.adjust_balance("u", "x", "ann", difference=-10).balance == 0
    fast.close_account("u", "x")
    with refused(fast, AccountClosed):
        fast.adjust_balance("u", "x", "ann", difference=1)


def test_the_limit(fast: Credits) -> None:
    fast.grant_credits("u", 1)
    with refused(fast, BalanceLimit, limit=LIMIT):
        fast.adjust_balance("u", "x", "ann", difference=LIMIT)
    assert fast.adjust_balance("u", "x", "ann", target=LIMIT).balance == LIMIT


def test_a_target_that_needs_more_than_a_lot_may_hold(fast: Credits) -> None:
    fast.add_purchased_credits("u", LIMIT, reference="p")
    fast.deduct_credit("u", LIMIT)
    fast.clawback_credits("u", "p")
    with refused(fast, BalanceLimit, limit=LIMIT, debt=LIMIT):
        fast.adjust_balance("u", "x", "ann", target=LIMIT, pool="purchased")


def test_an_unknown_account(fast: Credits) -> None:
    for name in CALLS:
        with refused(fast, AccountNotFound, account_id="nobody"):
            fast.call(name, p_account_id="nobody", p_reason="x")
    with refused(fast, AccountNotFound, account_id="nobody"):
        fast.adjust_balance("nobody", "x", "ann", difference=1)


@pytest.mark.parametrize("name", [*CALLS, "adjust_balance"])
def test_replays(fast: Credits, name: str) -> None:
    fast.open_account("u")
    asked: dict[str, Any] = {"p_account_id": "u", "p_reason": "x", "p_idempotency_key": "k"}
    if name == "adjust_balance":
        asked |= {"p_person": "ann", "p_difference": 1}
    receipt = fast.call(name, **asked)
    with replayed(fast, receipt) as answers:
        answers.append(fast.call(name, **asked))
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        fast.call(name, **(asked | {"p_reason": "y"}))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("argument", "value"), [*ILLEGAL_ACCOUNT, *ILLEGAL_REASON, *ILLEGAL_TAIL])
def test_illegal_arguments_of_a_status(fast: Credits, name: str, argument: str, value: Any) -> None:
    fast.open_account("u")
    with refused(fast, InvalidArgument, argument=argument):
        fast.call(name, **({"p_account_id": "u", "p_reason": "x"} | {argument: value}))


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *ILLEGAL_REASON,
        *illegal_text("p_person", required=True),
        *illegal("p_difference", null=None, zero=0, above=LIMIT + 1, below=-LIMIT - 1),
        *illegal("p_difference", most=BIGINT_MAX, least=-BIGINT_MAX - 1),
        *illegal("p_pool", unknown="gold", empty=""),
        *ILLEGAL_TAIL,
    ],
)
def test_illegal_arguments_of_a_correction(fast: Credits, argument: str, value: Any) -> None:
    fast.open_account("u")
    asked = {"p_account_id": "u", "p_reason": "x", "p_person": "ann", "p_difference": 1}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("adjust_balance", **(asked | {argument: value}))


def test_illegal_targets_and_times(fast: Credits) -> None:
    fast.open_account("u")
    for target in (-1, LIMIT + 1):
        with refused(fast, InvalidArgument, argument="p_target"):
            fast.adjust_balance("u", "x", "ann", target=target)
    with refused(fast, InvalidArgument, argument="p_difference"):
        fast.adjust_balance("u", "x", "ann", target=1, difference=1)
    with refused(fast, InvalidArgument, argument="p_expires_at"):
        fast.adjust_balance("u", "x", "ann", difference=1, expires_at=NOW)


@pytest.mark.parametrize("value", ["", "all"])
def test_an_illegal_fate_of_what_is_left(fast: Credits, value: str) -> None:
    fast.open_account("u")
    with refused(fast, InvalidArgument, argument="p_if_credits"):
        fast.close_account("u", "x", if_credits=value)
