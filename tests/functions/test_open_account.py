"""open_account opens an account once, or completes one that a grant has opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import AccountClosed, IdempotencyConflict, InvalidArgument, InvalidState
from tests.functions.support import (
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    NOW,
    illegal,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")


def test_an_account_is_opened_empty(fast: Credits) -> None:
    receipt = fast.open_account("u", kind="organisation", time_zone="Europe/Berlin")
    assert (receipt.entry_id, receipt.kind, receipt.amount) == (1, "open", 0)
    assert (receipt.balance, receipt.allocations, receipt.created_at) == (0, [], NOW)
    assert fast.get_balance("u").status == "active"


@pytest.mark.parametrize("kind", ["user", "organisation", "guest"])
def test_an_account_has_a_kind(fast: Credits, kind: str) -> None:
    fast.open_account("u", kind=kind, metadata={"a": 1})
    row = fast.conn.execute(
        "select a.kind, a.time_zone, a.status, a.metadata from credits_private.accounts a"
    ).fetchall()
    assert row == [(kind, "UTC", "active", {"a": 1})]


def test_opening_again_alike_is_a_replay(fast: Credits) -> None:
    first = fast.open_account("u")
    with replayed(fast, first) as answers:
        answers.append(fast.open_account("u"))


def test_opening_again_otherwise_is_not_possible(fast: Credits) -> None:
    fast.open_account("u")
    with refused(fast, InvalidState, account_id="u", kind="user", time_zone="UTC"):
        fast.open_account("u", kind="guest")
    with refused(fast, InvalidState, account_id="u"):
        fast.open_account("u", time_zone="Europe/Berlin")


def test_an_account_that_a_grant_has_opened_is_completed_once(fast: Credits) -> None:
    fast.grant_credits("u", 5)
    first = fast.open_account("u", kind="guest", time_zone="Asia/Tokyo")
    assert (first.entry_id, first.balance, first.is_replay) == (2, 5, False)
    with replayed(fast, first) as answers:
        answers.append(fast.open_account("u", kind="guest", time_zone="Asia/Tokyo"))
    with refused(fast, InvalidState, account_id="u", kind="guest", time_zone="Asia/Tokyo"):
        fast.open_account("u")


def test_the_same_key_and_request_is_a_replay(fast: Credits) -> None:
    first = fast.open_account("u", reference="r", idempotency_key="k")
    with replayed(fast, first) as answers:
        answers.append(fast.open_account("u", reference="r", idempotency_key="k"))


@pytest.mark.parametrize(
    "other",
    [{"p_kind": "guest"}, {"p_time_zone": "Asia/Tokyo"}, {"p_reference": "s"}],
    ids=["kind", "time_zone", "reference"],
)
def test_the_same_key_with_another_request_is_refused(fast: Credits, other: dict[str, Any]) -> None:
    fast.open_account("u", reference="r", idempotency_key="k")
    request = {"p_account_id": "u", "p_reference": "r", "p_idempotency_key": "k", **other}
    with refused(fast, IdempotencyConflict, idempotency_key="k", entry_id=1):
        fast.call("open_account", **request)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal("p_kind", unknown="robot", empty="", other_case="User"),
        *illegal("p_time_zone", unknown="Mars/Olympus", empty="", offset="+02:00"),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, alice: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("open_account", **{"p_account_id": alice, argument: value})


def test_null_kind_and_time_zone_are_the_defaults(fast: Credits) -> None:
    first = fast.call("open_account", p_account_id="u", p_kind=None, p_time_zone=None)
    with replayed(fast, first) as answers:
        answers.append(fast.open_account("u", kind="user", time_zone="UTC"))


def test_a_frozen_account_may_be_completed(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "frozen")
    assert fast.open_account(alice).kind == "open"


def test_a_closed_account_is_not_completed(fast: Credits, alice: str) -> None:
    set_status(fast, alice, "closed")
    with refused(fast, AccountClosed, account_id=alice):
        fast.open_account(alice)


def test_opening_books_what_has_expired_first(fast: Credits, alice: str) -> None:
    assert fast.open_account(alice).balance == 100
    assert fast.booked(alice) == [("grant", 20), ("grant", 100), ("expire", -20), ("open", 0)]


def test_ids_differ_by_every_byte(fast: Credits) -> None:
    ids = ["u", "U", "u ", "e\u0301", "\u00e9", "x" * 255, "' or 1=1 --"]
    for number, account in enumerate(ids, start=1):
        fast.grant_credits(account, number)
    assert [fast.balance(account) for account in ids] == [1, 2, 3, 4, 5, 6, 7]
