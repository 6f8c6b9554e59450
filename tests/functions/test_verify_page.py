"""verify_page goes through all accounts in pages; together they find what verify finds, once."""

# ruff: noqa: S608 - the relations are constants of this module.

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from pgcredits.migrate import files
from pgcredits.rpc import Finding
from tests.functions.support import (
    DAY,
    MICROSECOND,
    NOW,
    illegal,
    illegal_text,
    refused,
    unchanged,
)

if TYPE_CHECKING:
    from pgcredits.rpc import VerifiedPage
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("fast", "now")

ACCOUNTS = ["a", "b", "b!", "ba", "c", "Ü", "ü"]


@pytest.fixture
def seven(fast: Credits) -> Credits:
    """Seven accounts with a payment and a spend each."""
    for account in ACCOUNTS:
        fast.add_purchased_credits(account, 10, reference=f"p-{account}")
        fast.deduct_credit(account, 3)
    return fast


def damage(credits: Credits, *statements: str) -> None:
    """Change rows behind the trigger that guards the ledger."""
    credits.conn.execute("set local session_replication_role = replica")
    for statement in statements:
        assert credits.conn.execute(statement.encode()).rowcount >= 1


def pages(credits: Credits, limit: int, since: datetime | None = None) -> list[VerifiedPage]:
    found = [credits.verify_page(limit=limit, since=since)]
    while found[-1].has_more:
        found.append(credits.verify_page(limit=limit, after=found[-1].last_account_id, since=since))
    return found


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (8, [7])])
def test_pages_go_through_every_account_once(seven: Credits, limit: int, sizes: list[int]) -> None:
    with unchanged(seven):
        found = pages(seven, limit)
    assert [page.accounts for page in found] == [page.verified for page in found] == sizes
    ends = [sum(sizes[: number + 1]) - 1 for number in range(len(sizes))]
    assert [page.last_account_id for page in found] == [sorted(ACCOUNTS)[end] for end in ends]
    assert [page.has_more for page in found] == [True] * (len(sizes) - 1) + [False]
    assert [page.findings for page in found] == [[]] * len(sizes)


def test_without_accounts_the_first_page_is_the_last(fast: Credits) -> None:
    page = fast.verify_page()
    assert (page.accounts, page.verified, page.last_account_id, page.has_more) == (
        0,
        0,
        None,
        False,
    )


def test_after_the_last_account_nothing_is_left(seven: Credits) -> None:
    page = seven.verify_page(after="ü")
    assert (page.accounts, page.last_account_id, page.has_more) == (0, None, False)


def test_the_number_of_accounts_is_an_estimate(seven: Credits) -> None:
    seven.conn.execute("analyze credits_private.accounts")
    assert seven.verify_page(limit=1).estimated_accounts == len(ACCOUNTS)


@pytest.mark.corrupts
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_find_what_verify_finds_and_each_once(seven: Credits, limit: int) -> None:
    """Damage inside accounts, and rows without one: before, between, right after, after all."""
    gone = ("0", "a\x01", "b\x01", "b ", "ba\x01", "d", "üü")
    for account in gone:
        seven.add_purchased_credits(account, 5, reference=f"p-{account}")
    names = ", ".join(f"'{account}'" for account in gone)
    damage(
        seven,
        f"delete from credits_private.accounts where account_id in ({names})",
        "update credits_private.ledger set balance = 99"
        " where account_id in ('a', 'ba', 'ü') and entry_id = 1",
        "update credits_private.payments set target = 1, clawed = 1 where account_id = 'b'",
        "delete from credits_private.payments where account_id = 'c'",
    )
    whole = seven.verify()
    assert {finding.account_id for finding in whole} == {"a", "b", "ba", "c", "ü", *gone}
    found = [Finding(**finding) for page in pages(seven, limit) for finding in page.findings]
    assert sorted(map(repr, found)) == sorted(map(repr, whole))


@pytest.mark.corrupts
def test_rows_are_found_where_no_account_is_left(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    damage(fast, "delete from credits_private.accounts")
    page = fast.verify_page()
    assert {finding["violation"] for finding in page.findings} == {
        "ledger of an unknown account",
        "lots of an unknown account",
        "payments of an unknown account",
    }
    assert not page.has_more


class TestSince:
    @pytest.fixture
    def two(self, fast: Credits, clock: Clock) -> Credits:
        """Account old had its last entry at NOW, account new a day later; both are damaged."""
        fast.grant_credits("old", 5)
        fast.grant_credits("new", 5)
        clock.set(NOW + DAY)
        fast.deduct_credit("new", 1)
        fast.grant_credits("gone", 5)
        damage(
            fast,
            "update credits_private.ledger set balance = 6 where entry_id = 1",
            "delete from credits_private.accounts where account_id = 'gone'",
        )
        return fast

    @pytest.mark.corrupts
    @pytest.mark.parametrize(
        ("since", "verified"),
        [
            (NOW, {"old", "new"}),
            (NOW + MICROSECOND, {"new"}),
            (NOW + DAY, {"new"}),
            (NOW + DAY + MICROSECOND, set()),
        ],
    )
    @pytest.mark.parametrize("limit", [1, 100])
    def test_only_accounts_with_entries_since_are_verified(
        self, two: Credits, since: datetime, verified: set[str], limit: int
    ) -> None:
        found = pages(two, limit, since)
        assert sum(page.accounts for page in found) == 2
        assert sum(page.verified for page in found) == len(verified)
        findings = [finding for page in found for finding in page.findings]
        assert {finding["account_id"] for finding in findings} == verified

    @pytest.mark.corrupts
    def test_an_account_without_entries_had_none_since(self, fast: Credits) -> None:
        fast.conn.execute(
            "insert into credits_private.accounts (account_id, created_at) values ('u', now())"
        )
        page = fast.verify_page(since=datetime(1970, 1, 1, tzinfo=UTC))
        assert (page.accounts, page.verified) == (1, 0)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal("p_limit", zero=0, negative=-1, above_most=10_001),
        *illegal_text("p_after"),
        *illegal(
            "p_since",
            before_1970=datetime(1969, 12, 31, tzinfo=UTC),
            infinity="infinity",
        ),
    ],
)
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("verify_page", **{argument: value})


def test_no_check_is_left_out() -> None:
    """Every private verify_… function is part of what verify and verify_page do."""
    functions = files.sql_root() / "functions"
    private = {path.stem for path in (functions / "private").glob("verify_*.sql")}
    checks = private - {"verify_accounts", "verify_orphans"}
    assert len(checks) >= 3
    accounts = (functions / "private" / "verify_accounts.sql").read_text("utf-8")
    assert {check for check in checks if f"credits_private.{check}(" not in accounts} == set()
    for name in ("verify", "verify_page"):
        body = (functions / "api" / f"{name}.sql").read_text("utf-8")
        assert "credits_private.verify_accounts(" in body
        assert "credits_private.verify_orphans(" in body
