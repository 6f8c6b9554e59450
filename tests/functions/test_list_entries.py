"""list_entries pages through the ledger of an account, newest entry first, filtered or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument, ScanLimit
from tests.functions.support import (
    BIGINT_MAX,
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    MICROSECOND,
    NOW,
    illegal,
    illegal_text,
    refused,
    unchanged,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def u(fast: Credits) -> str:
    """Open an account with entries 1 to 7; another account has some too."""
    fast.grant_credits("u", 10)
    fast.grant_credits("v", 10)
    for _ in range(6):
        fast.deduct_credit("u")
    return "u"


def ids(credits: Credits, **page: Any) -> list[int]:
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


@pytest.mark.parametrize("before", [0, -5, -(2**63)])
def test_there_is_nothing_before_the_first_entry(fast: Credits, u: str, before: int) -> None:
    assert ids(fast, before=before) == []
    assert ids(fast, before=before, kind="spend") == []


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
    assert fast.list_entries("nobody", kind="spend", from_=NOW - DAY, to=NOW) == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal("p_limit", zero=0, negative=-1, too_many=1001),
        *illegal("p_kind", empty="", unknown="spent", upper="SPEND"),
        *illegal_text("p_feature"),
        *illegal_text("p_reference"),
        *illegal_text("p_member"),
        *illegal("p_from", ancient="1969-12-31T23:59:59Z", endless="infinity"),
        *illegal("p_to", ancient="1969-12-31T23:59:59Z", endless="infinity"),
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, u: str, argument: str, value: Any
) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("list_entries", **{"p_account_id": u, argument: value})


@pytest.mark.parametrize("end", [NOW, NOW - MICROSECOND])
def test_a_time_without_length_is_refused(fast: Credits, u: str, end: Any) -> None:
    with refused(fast, InvalidArgument, argument="p_to", allowed="an instant after p_from"):
        fast.list_entries(u, from_=NOW, to=end)


def test_reading_writes_nothing(fast: Credits, alice: str) -> None:
    with unchanged(fast):
        assert len(fast.list_entries(alice)) == 2


class TestFilters:
    @pytest.fixture(autouse=True)
    def ledger(self, fast: Credits, clock: Clock) -> None:
        """Entries of an hour each: a grant, spends of two features, a hold and its release."""
        clock.set(NOW)
        fast.grant_credits("u", 100, reference="welcome")
        for number, (feature, member) in enumerate(
            [("chat", None), ("image", "ann"), ("chat", "bob"), ("chat", "ann")], start=2
        ):
            clock.advance(HOUR)
            spend = fast.deduct_credit("u", 1, feature=feature, member=member, reference="job")
            assert spend.entry_id == number
        clock.advance(HOUR)
        fast.hold_credits("u", 5, feature="chat", expires_in=DAY)
        clock.advance(HOUR)
        fast.release_hold("u", 6)

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"kind": "spend"}, [5, 4, 3, 2]),
            ({"kind": "grant"}, [1]),
            ({"kind": "settle"}, []),
            ({"feature": "chat"}, [6, 5, 4, 2]),
            ({"feature": "Chat"}, []),
            ({"reference": "job"}, [5, 4, 3, 2]),
            ({"reference": "welcome"}, [1]),
            ({"member": "ann"}, [5, 3]),
            ({"kind": "spend", "feature": "chat"}, [5, 4, 2]),
            ({"feature": "chat", "member": "ann"}, [5]),
            ({"feature": "image", "member": "bob"}, []),
            ({"from_": NOW + 2 * HOUR}, [7, 6, 5, 4, 3]),
            ({"from_": NOW + 2 * HOUR + MICROSECOND}, [7, 6, 5, 4]),
            ({"to": NOW + 2 * HOUR}, [2, 1]),
            ({"to": NOW + 2 * HOUR + MICROSECOND}, [3, 2, 1]),
            ({"from_": NOW + HOUR, "to": NOW + 4 * HOUR}, [4, 3, 2]),
            ({"from_": NOW + HOUR, "to": NOW + 4 * HOUR, "feature": "chat"}, [4, 2]),
            ({"from_": NOW + DAY}, []),
            ({"to": NOW}, []),
            ({"from_": NOW, "to": NOW + MICROSECOND}, [1]),
        ],
    )
    def test_only_what_fits_is_listed(
        self, fast: Credits, asked: dict[str, Any], found: list[int]
    ) -> None:
        assert ids(fast, **asked) == found

    def test_a_cursor_goes_through_what_fits(self, fast: Credits) -> None:
        assert ids(fast, feature="chat", limit=2) == [6, 5]
        assert ids(fast, feature="chat", limit=2, before=5) == [4, 2]
        assert ids(fast, feature="chat", limit=2, before=2) == []
        assert ids(fast, to=NOW + 4 * HOUR, limit=2, before=4) == [3, 2]

    def test_a_search_ends_at_its_limit_and_says_where(self, fast: Credits) -> None:
        """The limit is lowered to two entries, so that seven are many."""
        fast.conn.execute(
            "create or replace function credits_private.scan_limit() returns bigint"
            " language sql immutable parallel safe as 'select 2::bigint'"
        )
        assert ids(fast, kind="release") == [7]
        assert ids(fast, kind="spend", before=7) == [5], "a short page: 4 was not looked at"
        with refused(fast, ScanLimit, searched=2, before=6):
            fast.list_entries("u", kind="spend")
        assert ids(fast, kind="spend", before=6) == [5, 4]
        with refused(fast, ScanLimit, searched=2, before=4):
            fast.list_entries("u", kind="hold", before=6)
        assert ids(fast, kind="hold", before=3) == [], "nothing is left: no reason to go on"
        assert ids(fast, kind="hold", from_=NOW + 3 * HOUR, before=6) == []
        assert len(ids(fast)) == 7, "without a filter nothing is searched"


class TestPools:
    def test_each_pool_is_told_with_its_sign(self, fast: Credits) -> None:
        fast.add_purchased_credits("u", 50, reference="p", amount_paid=1, currency="eur")
        fast.grant_credits("u", 20)
        fast.grant_credits("u", 5)
        fast.deduct_credit("u", 40)
        fast.deduct_credit("u", 1)
        fast.freeze_account("u", "look")
        shown = [entry.pools for entry in fast.entries("u")]
        assert shown == [
            {"purchased": 50},
            {"promotional": 20},
            {"promotional": 5},
            {"promotional": -25, "purchased": -15},
            {"purchased": -1},
            {},
        ]

    def test_debt_has_its_own_name(self, fast: Credits) -> None:
        fast.add_purchased_credits("u", 50, reference="p", amount_paid=1, currency="eur")
        fast.deduct_credit("u", 40)
        fast.clawback_credits("u", "p")
        fast.add_purchased_credits("u", 70, reference="q")
        shown = {entry.kind: entry for entry in fast.entries("u")}
        assert shown["clawback"].pools == {"purchased": -10, "debt": -40}
        assert shown["settle"].pools == {"purchased": -40, "debt": 40}
        for entry in shown.values():
            assert sum(entry.pools.values()) == entry.amount

    def test_no_pool_is_called_debt(self, fast: Credits) -> None:
        with pytest.raises(Exception, match="pools_name_is_not_debt"), fast.conn.transaction():
            fast.conn.execute(
                "insert into credits_private.pools values ('debt', 40, true, 'confusing')"
            )


def test_the_kinds_are_those_of_the_ledger(fast: Credits) -> None:
    """The comment on the column names every kind that can be asked for."""
    row = fast.conn.execute(
        "select credits_private.entry_kinds(), col_description(c.oid, a.attnum)"
        "  from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.oid = 'credits_private.ledger'::regclass and a.attname = 'kind'"
    ).fetchone()
    assert row is not None
    kinds, comment = row
    assert sorted(comment.rstrip(".").replace(" or ", ", ").split(", ")) == sorted(kinds)
