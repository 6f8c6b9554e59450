"""list_entries pages through the ledger of an account, newest entry first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from tests.functions.support import BIGINT_MAX, ILLEGAL_ACCOUNT, illegal, refused, unchanged

if TYPE_CHECKING:
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def u(fast: Credits) -> str:
    """Open an account with entries 1 to 7; another account has some too."""
    fast.grant_credits("u", 10)
    fast.grant_credits("v", 10)
    for _ in range(6):
        fast.deduct_credit("u")
    return "u"


def ids(credits: Credits, **page: int) -> list[int]:
    return [entry.entry_id for entry in credits.list_entries("u", **page)]


def test_the_newest_entry_comes_first(fast: Credits, u: str) -> None:
    assert ids(fast) == [7, 6, 5, 4, 3, 2, 1]
    assert {entry.account_id for entry in fast.list_entries(u)} == {"u"}


def test_a_page_begins_before_the_last_entry_seen(fast: Credits, u: str) -> None:
    assert ids(fast, limit=3) == [7, 6, 5]
    assert ids(fast, limit=3, before=5) == [4, 3, 2]
    assert ids(fast, limit=3, before=2) == [1]
    assert ids(fast, limit=3, before=1) == []


def test_a_new_entry_does_not_move_the_pages(fast: Credits, u: str) -> None:
    ids(fast, limit=3)
    fast.deduct_credit(u)
    assert ids(fast, limit=3, before=5) == [4, 3, 2]


@pytest.mark.parametrize("before", [0, -5])
def test_there_is_nothing_before_the_first_entry(fast: Credits, u: str, before: int) -> None:
    assert ids(fast, before=before) == []


def test_a_cursor_beyond_the_end_is_the_newest_page(fast: Credits, u: str) -> None:
    assert ids(fast, before=BIGINT_MAX, limit=2) == [7, 6]


def test_the_allocations_of_a_spend_from_the_open_lot_are_shown(fast: Credits, u: str) -> None:
    assert fast.list_entries(u, limit=1)[0].allocations == [[1, -1]]


def test_a_page_has_100_entries_by_default(fast: Credits, u: str) -> None:
    for _ in range(100):
        fast.grant_credits(u, 1)
    assert len(ids(fast)) == 100
    assert len(ids(fast, limit=1000)) == 107
    assert len(fast.call("list_entries", p_account_id=u, p_limit=None)) == 100


def test_an_unknown_account_has_no_entries(fast: Credits) -> None:
    assert fast.list_entries("nobody") == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [*ILLEGAL_ACCOUNT, *illegal("p_limit", zero=0, negative=-1, too_many=1001)],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, u: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("list_entries", **{"p_account_id": u, argument: value})


def test_reading_writes_nothing(fast: Credits, alice: str) -> None:
    with unchanged(fast):
        assert len(fast.list_entries(alice)) == 2
