"""erase_metadata: what the caller wrote beside the entries goes, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import AccountNotFound, IdempotencyConflict, InvalidArgument
from tests.functions.support import (
    DAY,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    NOW,
    contents,
    illegal_text,
    refused,
    replayed,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

NOTE = {"name": "Ann", "mail": "ann@example.com"}


@pytest.fixture
def u(fast: Credits) -> str:
    """Open an account with metadata on the account, on entries of the fast and of the slow path."""
    for account in ("u", "v"):
        fast.open_account(account, metadata=NOTE)
        fast.grant_credits(account, 50, metadata=NOTE)
        fast.deduct_credit(account, 5, metadata=NOTE, idempotency_key="job", reference="r")
        fast.hold_credits(account, 5, metadata=NOTE)
        fast.deduct_credit(account, 5)
    return "u"


def test_metadata_goes_and_everything_else_stays(fast: Credits, u: str) -> None:
    before = contents(fast.conn)
    receipt = fast.erase_metadata(u, "request of 2030-01-01", reference="ticket-1")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("erase", 0, 35)
    after = contents(fast.conn)
    said = '"metadata": {"mail": "ann@example.com", "name": "Ann"}'
    for relation, gone in {"accounts": 1, "ledger": 4}.items():
        erased = [
            line.replace(said, '"metadata": null') if '"account_id": "u"' in line else line
            for line in before.pop(relation)
        ]
        assert sum(said in line for line in after[relation]) == gone
        new = [line for line in after.pop(relation) if line not in erased]
        assert [line.count('"kind": "erase"') for line in new] == [1] * (relation == "ledger")
    assert after == before
    entry = fast.entries(u)[-1]
    assert (entry.request, entry.reference) == ({"reason": "request of 2030-01-01"}, "ticket-1")
    assert [hold.metadata for hold in fast.list_holds(u)] == [None]
    assert [hold.metadata for hold in fast.list_holds("v")] == [NOTE]


def test_keys_still_answer(fast: Credits, u: str) -> None:
    fast.erase_metadata(u, "x")
    again = fast.deduct_credit(u, 5, metadata=NOTE, idempotency_key="job", reference="r")
    assert again.is_replay


def test_again_is_harmless_and_recorded(fast: Credits, u: str) -> None:
    fast.erase_metadata(u, "x")
    entries = fast.entries(u)
    fast.erase_metadata(u, "x")
    assert fast.entries(u)[:-1] == entries
    fast.deduct_credit(u, 1, metadata=NOTE)
    fast.erase_metadata(u, "x")
    assert {entry.metadata is None for entry in fast.entries(u)} == {True}


def test_a_replay_erases_nothing(fast: Credits, u: str) -> None:
    receipt = fast.erase_metadata(u, "x", idempotency_key="k")
    fast.deduct_credit(u, 1, metadata=NOTE)
    with replayed(fast, receipt) as answers:
        answers.append(fast.erase_metadata(u, "x", idempotency_key="k"))
    assert fast.entries(u)[-1].metadata == NOTE
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        fast.erase_metadata(u, "y", idempotency_key="k")


def test_whatever_the_state_of_the_account(fast: Credits, u: str, clock: Clock) -> None:
    fast.grant_credits(u, 10, expires_at=NOW + DAY, metadata=NOTE)
    clock.set(NOW + DAY)
    fast.freeze_account(u, "x", metadata=NOTE)
    fast.erase_metadata(u, "frozen")
    assert [kind for kind, _ in fast.booked(u)[-4:]] == ["release", "expire", "freeze", "erase"]
    fast.unfreeze_account(u, "x")
    fast.merge_accounts(u, "v", if_holds="release", metadata=NOTE)
    fast.erase_metadata(u, "merged")
    assert {entry.metadata is None for entry in fast.entries(u)} == {True}
    assert any(entry.metadata for entry in fast.entries("v"))
    fast.close_account("v", "x", if_credits="forfeit", metadata=NOTE)
    fast.erase_metadata("v", "closed")
    assert {entry.metadata is None for entry in fast.entries("v")} == {True}


def test_an_unknown_account(fast: Credits) -> None:
    with refused(fast, AccountNotFound, account_id="nobody"):
        fast.erase_metadata("nobody", "x")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_reason", required=True),
        *(one for one in ILLEGAL_TAIL if one.values[0] != "p_metadata"),
    ],
)
def test_illegal_arguments(fast: Credits, argument: str, value: Any) -> None:
    fast.open_account("u")
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("erase_metadata", **({"p_account_id": "u", "p_reason": "x"} | {argument: value}))
