"""list_lots pages through the lots of an account in the order in which they burn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from tests.functions.support import DAY, ILLEGAL_ACCOUNT, NOW, illegal, refused, unchanged

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def u(fast: Credits) -> str:
    """Open an account whose lots burn in the order 6, 4, 2, 3, 1, 5."""
    fast.add_purchased_credits("u", 10, reference="p1", expires_at=NOW + DAY)
    fast.grant_credits("u", 10, expires_at=NOW + 5 * DAY)
    fast.grant_credits("u", 10)
    fast.grant_credits("u", 10, expires_at=NOW + 4 * DAY)
    fast.add_purchased_credits("u", 10, reference="p2", expires_at=NOW + DAY)
    fast.add_subscription_credits("u", 10, NOW + 30 * DAY, reference="s")
    return "u"


def ids(credits: Credits, **page: Any) -> list[int]:
    return [lot.lot_id for lot in credits.list_lots("u", **page)]


def test_lots_are_in_burn_order(fast: Credits, u: str) -> None:
    assert ids(fast) == [6, 4, 2, 3, 1, 5]
    spent = fast.deduct_credit(u, 60)
    assert spent.allocations == [[lot, -10] for lot in [6, 4, 2, 3, 1, 5]]


def test_a_page_begins_after_the_last_lot_seen(fast: Credits, u: str) -> None:
    assert ids(fast, limit=4) == [6, 4, 2, 3]
    assert ids(fast, limit=4, after=3) == [1, 5]
    assert ids(fast, limit=4, after=5) == []


def test_a_cursor_stays_good_when_its_lot_is_used_up(fast: Credits, u: str) -> None:
    assert ids(fast, limit=2) == [6, 4]
    fast.deduct_credit(u, 25)
    assert ids(fast, limit=2, after=4) == [2, 3]


def test_what_is_left_of_the_open_lot_is_shown(fast: Credits, u: str) -> None:
    fast.deduct_credit(u, 4)
    first, second, *_ = fast.list_lots(u)
    assert (first.lot_id, first.granted, first.remaining) == (6, 10, 6)
    assert second.remaining == 10


def test_only_live_lots_unless_asked_for_all(fast: Credits, u: str, clock: Clock) -> None:
    fast.deduct_credit(u, 15)
    clock.set(NOW + DAY)
    assert ids(fast) == [4, 2, 3]
    assert ids(fast, live_only=False) == [6, 4, 2, 3, 1, 5]
    live = {lot.lot_id: lot.is_live for lot in fast.list_lots(u, live_only=False)}
    assert live == {6: False, 4: True, 2: True, 3: True, 1: False, 5: False}


def test_a_lot_past_its_expiry_shows_its_credits_until_they_are_booked(
    fast: Credits, u: str, clock: Clock
) -> None:
    clock.set(NOW + DAY)
    unbooked = {lot.lot_id: lot for lot in fast.list_lots(u, live_only=False)}[1]
    assert (unbooked.remaining, unbooked.is_live) == (10, False)
    fast.expire_due()
    booked = {lot.lot_id: lot for lot in fast.list_lots(u, live_only=False)}[1]
    assert (booked.remaining, booked.is_live) == (0, False)


def test_null_arguments_are_the_defaults(fast: Credits, u: str) -> None:
    page = fast.call("list_lots", p_account_id=u, p_limit=None, p_after=None, p_live_only=None)
    assert [lot.lot_id for lot in page] == [6, 4, 2, 3, 1, 5]


def test_an_unknown_account_has_no_lots(fast: Credits) -> None:
    assert fast.list_lots("nobody", live_only=False) == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [*ILLEGAL_ACCOUNT, *illegal("p_limit", zero=0, negative=-1, too_many=1001)],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, u: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("list_lots", **{"p_account_id": u, argument: value})


def test_reading_writes_nothing(fast: Credits, alice: str) -> None:
    with unchanged(fast):
        assert len(fast.list_lots(alice)) == 1
