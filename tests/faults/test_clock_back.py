"""The clock of the server steps back an hour.

Decisions use the clock as it is; an entry is never dated before the one in front of it; and what
was booked as expired stays so.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, islice, pairwise
from threading import Event
from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import CreditsError, InsufficientCredits
from tests.concurrency.sessions import ask
from tests.concurrency.writers import NOON, SITUATIONS, SWEEP, WRITERS, On, price_pages

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions

HOUR = timedelta(hours=1)
HALF = HOUR / 2
SPENDERS, MOVES = 6, 60


def _assert_dates_in_order(credits: Credits, account: str) -> None:
    entries = credits.entries(account)
    assert [entry.entry_id for entry in entries] == [*range(1, len(entries) + 1)]
    assert all(one.created_at <= two.created_at for one, two in pairwise(entries)), entries


@pytest.mark.parametrize("situation", sorted(SITUATIONS))
def test_no_command_is_dated_before_the_last_one(
    fast: Credits, clock: Clock, situation: str
) -> None:
    """Every command an hour before what is booked already; then the clock is right again."""
    clock.set(NOON - HOUR)
    price_pages(fast)
    for number, writer in enumerate(WRITERS | SWEEP):
        account = f"account-{number:02d}"
        clock.set(NOON)
        SITUATIONS[situation](fast, account)
        known = len(fast.entries(account))
        clock.set(NOON - HOUR)
        answer = ask(On(writer, account), fast)
        booked = fast.entries(account)[known:]
        assert not (booked and isinstance(answer, CreditsError)), writer
        assert all(entry.created_at >= NOON for entry in booked if known), writer
        clock.set(NOON + HOUR)
        ask(On("grant", account), fast)
        ask(On("spend once", account), fast)
        _assert_dates_in_order(fast, account)


def test_what_is_past_due_and_not_booked_can_be_spent_again(fast: Credits, clock: Clock) -> None:
    clock.set(NOON)
    fast.grant_credits("ann", 10, expires_at=NOON + HALF)
    clock.set(NOON + HALF)
    assert fast.available("ann") == 0
    with pytest.raises(InsufficientCredits):
        fast.deduct_credit("ann", 1)
    clock.advance(-HOUR)
    assert fast.available("ann") == 10
    assert fast.deduct_credit("ann", 4).created_at == NOON
    clock.set(NOON + HALF)
    fast.expire_due()
    clock.advance(-HOUR)
    assert fast.expire_due().credits == 0
    assert fast.booked("ann") == [("grant", 10), ("spend", -4), ("expire", -6)]
    assert fast.available("ann") == 0
    with pytest.raises(InsufficientCredits):
        fast.deduct_credit("ann", 1)


def test_a_grant_that_ends_before_the_last_entry_is_spendable_until_then(
    fast: Credits, clock: Clock
) -> None:
    clock.set(NOON)
    fast.grant_credits("ann", 5)
    clock.set(NOON - HOUR)
    lot = fast.grant_credits("ann", 10, expires_at=NOON - HALF)
    assert lot.created_at == NOON
    assert fast.available("ann") == 15
    assert fast.deduct_credit("ann", 3).allocations == [[lot.entry_id, -3]]
    clock.set(NOON - HALF)
    assert fast.available("ann") == 5
    assert fast.deduct_credit("ann", 5).balance == 0
    expiry = fast.entries("ann")[-2]
    assert (expiry.kind, expiry.amount, expiry.occurred_at) == ("expire", -7, NOON - HALF)
    assert expiry.created_at == NOON


@pytest.mark.parametrize("if_expired", ["grace", "lapse"])
def test_a_refund_an_hour_before_its_spend_mints_nothing(
    fast: Credits, clock: Clock, if_expired: str
) -> None:
    """The lot was booked as expired and, by the clock, is alive again."""
    clock.set(NOON)
    fast.grant_credits("ann", 10, expires_at=NOON + HALF)
    spend = fast.deduct_credit("ann", 4)
    clock.set(NOON + HALF)
    fast.expire_due()
    clock.set(NOON - HALF)
    fast.refund_spend("ann", entry_id=spend.entry_id, if_expired=if_expired)
    assert fast.available("ann") == fast.balance("ann") == 4
    clock.set(NOON + 30 * 24 * HOUR)
    assert fast.available("ann") == 0
    fast.expire_due()
    assert sum(amount for _, amount in fast.booked("ann")) == 0
    _assert_dates_in_order(fast, "ann")


def test_spends_of_many_sessions_while_the_clock_goes_to_and_fro(
    credits: Credits, clock: Clock, sessions: Sessions
) -> None:
    clock.set(NOON)
    credits.grant_credits("ann", 1_000_000)
    done = Event()

    def work(session: Credits) -> int:
        """Spend 15 and grant 2 again and again; return how often."""
        rounds = 0
        while rounds == 0 or not done.is_set():
            session.grant_credits("ann", 2, expires_at=NOON + 2 * HOUR)
            for _ in range(5):
                session.deduct_credit("ann", 3)
            rounds += 1
        return rounds

    calls = [sessions.start(sessions.open(), work) for _ in range(SPENDERS)]
    try:
        for step in islice(cycle([-HOUR, HALF, -HALF, HOUR]), MOVES):
            clock.set(NOON + step)
    finally:
        done.set()
    rounds = sum(call.result() for call in calls)
    _assert_dates_in_order(credits, "ann")
    assert credits.entries("ann")[-1].balance == 1_000_000 - 13 * rounds
