"""Sealing beside everything else: nobody waits for it, and it misses nothing that commits late."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.concurrency.writers import NOON

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture
def stocked(credits: Credits) -> Credits:
    """Three accounts, all of whose entries are sealed."""
    for account in ("ann", "bob", "cid"):
        credits.grant_credits(account, 1000)
    seal(credits)
    return credits


def seal(credits: Credits) -> int:
    """Seal until nothing is left; how many entries."""
    entries = 0
    while (batch := credits.seal_due()).has_more:
        entries += batch.entries
    return entries + batch.entries


def unsealed(credits: Credits, account: str) -> int:
    return credits.get_seal(account).unsealed or 0


def at_once(credits: Credits, value: str = "at_once") -> None:
    credits.conn.execute(
        "update credits_private.settings set value = %s where setting = 'sealing'", (value,)
    )


class TestNobodyWaits:
    """In autocommit and in the thread of the test: whoever waited would never end."""

    def test_a_spend_does_not_wait_for_sealing(self, stocked: Credits, sessions: Sessions) -> None:
        stocked.deduct_credit("ann", 1)
        with sessions.first.conn.transaction():
            assert sessions.first.seal_due().entries == 1
            sessions.second.deduct_credit("ann", 1)
            sessions.second.grant_credits("dora", 1)
        assert unsealed(stocked, "ann") == 1
        assert seal(stocked) == 2

    def test_sealing_does_not_wait_for_a_spend(self, stocked: Credits, sessions: Sessions) -> None:
        stocked.deduct_credit("ann", 1)
        with sessions.first.conn.transaction():
            sessions.first.deduct_credit("ann", 1)
            assert sessions.second.seal_due().entries == 1
        assert seal(stocked) == 1

    def test_one_session_seals_at_a_time(self, stocked: Credits, sessions: Sessions) -> None:
        stocked.deduct_credit("ann", 1)
        with sessions.first.conn.transaction():
            assert not sessions.first.seal_due().is_busy
            other = sessions.second.seal_due()
            assert (other.is_busy, other.entries, other.has_more) == (True, 0, False)
        assert not sessions.second.seal_due().is_busy

    def test_verify_does_not_wait(self, stocked: Credits, sessions: Sessions) -> None:
        stocked.deduct_credit("ann", 1)
        with sessions.first.conn.transaction():
            sessions.first.seal_due()
            assert sessions.second.verify() == []


class TestWhatCommitsLate:
    @pytest.mark.parametrize("passes", [1, 2, 3, 5])
    def test_it_is_sealed_by_the_next_pass(
        self, stocked: Credits, sessions: Sessions, clock: Clock, passes: int
    ) -> None:
        """Its entry is older than all that the passes meanwhile have been about."""
        with sessions.first.conn.transaction():
            sessions.first.deduct_credit("ann", 1)
            for number in range(1, passes + 1):
                clock.set(NOON + number * 2 * MINUTE)
                stocked.deduct_credit("bob", 1)
                assert seal(stocked) == 1
        assert unsealed(stocked, "ann") == 1
        clock.set(NOON + (passes + 1) * 2 * MINUTE)
        assert seal(stocked) == 1

    def test_several_that_overlap(self, stocked: Credits, sessions: Sessions, clock: Clock) -> None:
        """There is always one that runs, and each is sealed after its end all the same."""
        one, other = sessions.first, sessions.second
        for number in range(4):
            with one.conn.transaction():
                one.deduct_credit("ann" if number % 2 else "bob", 1)
                clock.set(NOON + (2 * number + 1) * 2 * MINUTE)
                seal(stocked)
                other.conn.execute("begin")
                other.deduct_credit("bob" if number % 2 else "ann", 1)
            clock.set(NOON + (2 * number + 2) * 2 * MINUTE)
            seal(stocked)
            other.conn.execute("commit")
        clock.set(NOON + 20 * MINUTE)
        seal(stocked)
        assert unsealed(stocked, "ann") == unsealed(stocked, "bob") == 0

    def test_a_day_late_it_is_sealed_by_a_walk(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        with sessions.first.conn.transaction():
            sessions.first.deduct_credit("ann", 1)
            for quarter in range(1, 12):
                clock.set(NOON + quarter * 15 * MINUTE)
                assert seal(stocked) == 0
        assert unsealed(stocked, "ann") == 1
        for quarter in range(12, 17):
            clock.set(NOON + quarter * 15 * MINUTE)
            seal(stocked)
        assert unsealed(stocked, "ann") == 0

    def test_sealing_in_somebody_elses_transaction_moves_no_mark(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        """That transaction is older than some whose entries its clock would claim to cover."""
        with sessions.first.conn.transaction():
            sessions.first.deduct_credit("bob", 1)
            sessions.second.conn.execute("begin")
            sessions.second.deduct_credit("ann", 1)
            clock.set(NOON + 2 * MINUTE)
            assert sessions.first.seal_due().entries == 1
        for number in range(2, 5):
            clock.set(NOON + number * 2 * MINUTE)
            seal(stocked)
        sessions.second.conn.execute("commit")
        clock.set(NOON + 10 * MINUTE)
        assert seal(stocked) == 1


def test_a_clock_that_goes_back_hides_nothing(
    stocked: Credits, sessions: Sessions, clock: Clock
) -> None:
    clock.set(NOON + 60 * MINUTE)
    assert seal(stocked) == 0
    clock.set(NOON - 120 * MINUTE)
    stocked.grant_credits("dora", 5)
    assert seal(stocked) == 1
    clock.set(NOON - 119 * MINUTE)
    stocked.deduct_credit("dora", 5)
    assert seal(stocked) == 1


class TestAtOnce:
    def test_an_entry_is_sealed_with_its_transaction(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        at_once(stocked)
        with sessions.first.conn.transaction(force_rollback=True):
            sessions.first.deduct_credit("ann", 1)
            assert unsealed(sessions.first, "ann") == 0
        stocked.deduct_credit("ann", 2)
        assert unsealed(stocked, "ann") == 0
        assert stocked.get_seal("ann").entry_id == 2
        assert stocked.verify() == []

    def test_two_spends_in_a_row_are_chained(self, stocked: Credits, sessions: Sessions) -> None:
        at_once(stocked)
        race = sessions.race(
            lambda one: one.deduct_credit("ann", 1), lambda one: one.deduct_credit("ann", 1)
        )
        assert race.waited
        assert stocked.get_seal("ann").entry_id == 3

    def test_a_chain_that_a_job_works_on_is_left_to_it(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.deduct_credit("ann", 1)
        at_once(stocked)
        with sessions.first.conn.transaction():
            assert sessions.first.seal_due().entries == 1
            sessions.second.deduct_credit("ann", 1)
        assert unsealed(stocked, "ann") == 1
        sessions.second.deduct_credit("ann", 1)
        assert unsealed(stocked, "ann") == 0

    def test_a_job_leaves_a_chain_to_the_spend_that_works_on_it(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        """And comes back to it, should every such spend be rolled back in the end."""
        stocked.deduct_credit("ann", 1)
        stocked.deduct_credit("bob", 1)
        at_once(stocked)
        for number in range(1, 6):
            with sessions.first.conn.transaction(force_rollback=True):
                sessions.first.deduct_credit("ann", 1)
                clock.set(NOON + 2 * number * MINUTE)
                seal(sessions.second)
        assert unsealed(stocked, "bob") == 0
        assert unsealed(stocked, "ann") == 1
        clock.set(NOON + 12 * MINUTE)
        assert seal(stocked) == 1

    def test_the_setting_waits_for_the_batch_that_is_sealed(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.deduct_credit("ann", 1)
        race = sessions.race(lambda one: one.seal_due(), at_once)
        assert race.waited
        stocked.deduct_credit("ann", 1)
        assert unsealed(stocked, "ann") == 0

    def test_a_job_locks_few_chains_in_one_batch(self, credits: Credits) -> None:
        credits.conn.execute(
            "do $$ begin for n in 1..501 loop perform credits.grant_credits('a' || n, 1);"
            " end loop; end $$"
        )
        at_once(credits)
        first = credits.seal_due()
        assert (first.accounts, first.has_more) == (500, True)
        assert seal(credits) == 1
