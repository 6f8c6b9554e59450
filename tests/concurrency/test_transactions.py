"""Spends inside the caller's own transactions."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from psycopg.errors import DeadlockDetected, UniqueViolation

from pgcredits.errors import InsufficientCredits

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.concurrency.sessions import Sessions


@pytest.fixture
def shop(credits: Credits) -> Credits:
    """An application with a table of its own, and accounts of 100 credits."""
    credits.conn.execute("create table jobs (job text primary key, entry_id bigint not null)")
    for account in ("ann", "bob"):
        credits.grant_credits(account, 100)
    return credits


def _jobs(shop: Credits) -> list[tuple[str, int]]:
    return shop.conn.execute("select job, entry_id from jobs order by job").fetchall()


def _spend_then_write(session: Credits, amount: int) -> None:
    with session.conn.transaction():
        receipt = session.deduct_credit("ann", amount)
        session.conn.execute("insert into jobs values ('a', %s)", (receipt.entry_id,))


def _write_then_spend(session: Credits, amount: int) -> None:
    with session.conn.transaction():
        session.conn.execute("insert into jobs values ('a', 0)")
        session.deduct_credit("ann", amount)


class TestRowOfTheCaller:
    def test_the_row_and_its_spend_commit_together(self, shop: Credits, sessions: Sessions) -> None:
        with sessions.first.conn.transaction():
            receipt = sessions.first.deduct_credit("ann", 10)
            sessions.first.conn.execute("insert into jobs values ('a', %s)", (receipt.entry_id,))
            assert _jobs(shop) == []
            assert shop.balance("ann") == 100
        assert _jobs(shop) == [("a", 2)]
        assert shop.balance("ann") == 90

    def test_the_spend_goes_when_the_row_fails(self, shop: Credits) -> None:
        shop.conn.execute("insert into jobs values ('a', 0)")
        with pytest.raises(UniqueViolation):
            _spend_then_write(shop, 10)
        assert shop.balance("ann") == 100

    def test_the_row_goes_when_the_spend_is_refused(self, shop: Credits) -> None:
        with pytest.raises(InsufficientCredits):
            _write_then_spend(shop, 101)
        assert _jobs(shop) == []

    def test_the_spend_may_be_part_of_the_statement_that_writes_the_row(
        self, shop: Credits
    ) -> None:
        shop.conn.execute(
            "insert into jobs select 'a', s.entry_id from credits.deduct_credit('ann', 10) as s"
        )
        with pytest.raises(UniqueViolation):
            shop.conn.execute(
                "insert into jobs select 'a', s.entry_id from credits.deduct_credit('ann', 10) s"
            )
        assert shop.balance("ann") == 90


def test_two_accounts_in_opposite_order_deadlock_and_one_side_is_undone(
    shop: Credits, sessions: Sessions
) -> None:
    both_hold_one = Barrier(2)

    def spend(session: Credits, *accounts: str) -> None:
        with session.conn.transaction():
            session.deduct_credit(accounts[0], 10)
            session.conn.execute("insert into jobs values (%s, 0)", (accounts[0],))
            both_hold_one.wait(30)
            session.deduct_credit(accounts[1], 10)

    calls = [
        sessions.start(sessions.first, lambda one: spend(one, "ann", "bob")),
        sessions.start(sessions.second, lambda one: spend(one, "bob", "ann")),
    ]
    errors = [call.future.exception(30) for call in calls]
    assert [type(error) for error in errors if error] == [DeadlockDetected]
    assert len(_jobs(shop)) == 1
    assert (shop.balance("ann"), shop.balance("bob")) == (90, 90)


def test_two_accounts_in_the_same_order_do_not_deadlock(shop: Credits, sessions: Sessions) -> None:
    def spend(session: Credits) -> None:
        with session.conn.transaction():
            session.deduct_credit("ann", 5)
            session.deduct_credit("bob", 5)

    calls = [sessions.start(sessions.open(), spend) for _ in range(16)]
    for call in calls:
        call.result()
    assert (shop.balance("ann"), shop.balance("bob")) == (20, 20)


def test_a_row_that_refers_to_the_account_does_not_wait_for_a_spend(
    shop: Credits, sessions: Sessions
) -> None:
    """The lock is FOR NO KEY UPDATE: it leaves the key-share lock of a foreign key alone."""
    shop.conn.execute(
        'create table orders (account_id text collate "C" not null'
        " references credits_private.accounts (account_id))"
    )
    try:
        with sessions.first.conn.transaction():
            sessions.first.deduct_credit("ann", 10)
            sessions.second.conn.execute("insert into orders values ('ann')")
    finally:
        shop.conn.execute("drop table orders")


def test_a_refusal_leaves_the_session_usable(shop: Credits) -> None:
    with pytest.raises(InsufficientCredits):
        shop.deduct_credit("ann", 101)
    assert shop.deduct_credit("ann", 100).balance == 0
