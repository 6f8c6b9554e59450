"""Many sessions want the same credits at the same moment: exactly what fits is spent."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import InsufficientCredits, LimitReached
from tests.concurrency.writers import HOUR, NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Running, Sessions


def _all_at_once(
    sessions: Sessions, count: int, call: Callable[[Credits], int]
) -> list[Running[int]]:
    """Start the call in so many sessions while another one holds the account."""
    with sessions.first.conn.transaction(force_rollback=True):
        sessions.first.grant_credits("ann", 1)
        calls = [sessions.start(sessions.open(), call) for _ in range(count)]
        sessions.until_waiting(*calls)
    return calls


@pytest.mark.parametrize("lots", [1, 2, 5, 50], ids="{}_lots".format)
def test_of_32_spends_of_10_from_50_exactly_5_pass(
    credits: Credits, sessions: Sessions, lots: int
) -> None:
    """From one open lot, and where every spend has to add up several lots."""
    for _ in range(lots):
        credits.grant_credits("ann", 50 // lots)
    calls = _all_at_once(sessions, 32, lambda one: one.deduct_credit("ann", 10).balance)
    errors = [call.future.exception(30) for call in calls]
    assert {type(error) for error in errors if error} == {InsufficientCredits}
    left = [call.result() for call, error in zip(calls, errors, strict=True) if error is None]
    assert sorted(left) == [0, 10, 20, 30, 40]
    assert credits.balance("ann") == 0
    assert credits.booked("ann")[lots:] == [("spend", -10)] * 5


def test_twenty_sessions_spend_40_lots_of_10_to_the_last_credit(
    credits: Credits, sessions: Sessions
) -> None:
    for _ in range(40):
        credits.grant_credits("ann", 10)

    def spend_until_refused(one: Credits) -> int:
        spent = 0
        with suppress(InsufficientCredits):
            while True:
                one.deduct_credit("ann")
                spent += 1
        return spent

    calls = _all_at_once(sessions, 20, spend_until_refused)
    assert sum(call.result() for call in calls) == 400
    entries = credits.entries("ann")[40:]
    assert [(entry.kind, entry.amount) for entry in entries] == [("spend", -1)] * 400
    assert [entry.allocations for entry in entries] == [[[1 + n // 10, -1]] for n in range(400)]


def test_spends_and_rows_that_refer_to_the_account_never_deadlock(
    credits: Credits, sessions: Sessions
) -> None:
    """A foreign key takes a lock on the account, too: before the spend in half of the sessions."""
    credits.conn.execute(
        'create table orders (account_id text collate "C" not null'
        " references credits_private.accounts (account_id))"
    )
    credits.grant_credits("ann", 1000)

    def order(one: Credits) -> None:
        one.conn.execute("insert into orders values ('ann')")

    def pay(one: Credits) -> None:
        one.deduct_credit("ann", 1)

    def work(one: Credits, *steps: Callable[[Credits], None]) -> None:
        for _ in range(10):
            with one.conn.transaction():
                for step in steps:
                    step(one)

    try:
        calls = [
            call
            for _ in range(12)
            for call in (
                sessions.start(sessions.open(), lambda one: work(one, order, pay)),
                sessions.start(sessions.open(), lambda one: work(one, pay, order)),
            )
        ]
        for call in calls:
            call.result()
        orders = credits.conn.execute("select count(*) from orders").fetchone()
        assert orders == (240,)
        assert credits.balance("ann") == 760
    finally:
        credits.conn.execute("drop table orders")


def test_a_transaction_that_began_early_and_books_late_is_dated_late(
    credits: Credits, sessions: Sessions
) -> None:
    """So the balance at any moment is that of the last entry that was booked until then."""
    credits.grant_credits("ann", 100)
    early, other = sessions.first, sessions.second
    with early.conn.transaction():
        began = early.conn.execute("select now()").fetchone()
        between = other.deduct_credit("ann", 5)
        late = early.deduct_credit("ann", 10)
    last = other.deduct_credit("ann", 20)
    assert began is not None
    assert began[0] < between.created_at <= late.created_at <= last.created_at
    moments = [(entry.entry_id, entry.created_at) for entry in credits.entries("ann")]
    assert moments == sorted(moments, key=lambda moment: moment[1])
    balances = [entry.balance for entry in credits.entries("ann")]
    assert balances == [100, 95, 85, 65]


def test_balances_can_be_read_while_an_account_is_locked(
    credits: Credits, sessions: Sessions
) -> None:
    """In this thread and in autocommit: if a read waited, the test would never end."""
    credits.grant_credits("ann", 100)
    with sessions.first.conn.transaction():
        sessions.first.deduct_credit("ann", 10)
        calls = [
            sessions.start(sessions.open(), lambda one: one.deduct_credit("ann", 1).balance)
            for _ in range(8)
        ]
        sessions.until_waiting(*calls)
        assert credits.balance("ann") == 100
        assert [lot.remaining for lot in credits.list_lots("ann")] == [100]
        assert credits.booked("ann") == [("grant", 100)]
        assert credits.verify() == []
    assert sorted(call.result() for call in calls) == list(range(82, 90))


@pytest.mark.parametrize("known", [False, True], ids=["new_period", "counted_before"])
def test_t54_of_ten_calls_under_a_cap_of_1_exactly_one_passes(
    credits: Credits, sessions: Sessions, clock: Clock, known: bool
) -> None:
    clock.set(NOON)
    credits.grant_credits("ann", 100)
    credits.set_member_cap("ann", "mia", "hour", 1)
    if not known:
        clock.set(NOON + HOUR)
    calls = _all_at_once(
        sessions, 10, lambda one: one.deduct_credit("ann", 1, member="mia").balance
    )
    errors = [call.future.exception(30) for call in calls]
    assert errors.count(None) == 1
    assert {type(error) for error in errors if error} == {LimitReached}
    (row,) = credits.list_member_usage("ann")
    assert (row.used, row.caps[0]["used"], row.caps[0]["left"]) == (1, 1, 0)


def test_t54_what_was_counted_is_there_after_every_session_is_gone(
    credits: Credits, sessions: Sessions, clock: Clock
) -> None:
    """Counters are rows: they outlive their sessions, and a window is as long as it says."""
    clock.set(NOON)
    credits.grant_credits("ann", 100)
    credits.set_member_cap("ann", "mia", "hour", 5)
    with sessions.open() as one:
        one.deduct_credit("ann", 5, member="mia")
    clock.set(NOON + HOUR - timedelta(microseconds=1))
    with pytest.raises(LimitReached):
        sessions.open().deduct_credit("ann", 1, member="mia")
    clock.set(NOON + HOUR)
    assert sessions.open().deduct_credit("ann", 1, member="mia").balance == 94
