"""Work that ends before its commit: savepoints, timeouts, cancellation, a lost connection."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import AdminShutdown, LockNotAvailable, QueryCanceled

from pgcredits.errors import CreditsError, InsufficientCredits
from tests.concurrency.writers import NOON, WRITERS, On, Stage
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions


@pytest.fixture
def stage(credits: Credits, clock: Clock) -> Stage:
    return Stage(credits, clock)


@pytest.fixture
def bought(credits: Credits, clock: Clock) -> Credits:
    clock.set(NOON)
    credits.add_purchased_credits("ann", 100, reference="pack")
    return credits


class TestSavepoint:
    def test_a_spend_undone_by_its_caller_leaves_no_gap(self, bought: Credits) -> None:
        with bought.conn.transaction():
            first = bought.deduct_credit("ann", 10)
            with bought.conn.transaction(force_rollback=True):
                undone = bought.deduct_credit("ann", 20, idempotency_key="job")
            second = bought.deduct_credit("ann", 30, idempotency_key="job")
        assert undone.entry_id == second.entry_id == first.entry_id + 1
        assert not second.is_replay
        assert bought.booked("ann") == [("grant", 100), ("spend", -10), ("spend", -30)]

    def test_a_refusal_undone_by_its_caller_breaks_nothing(self, bought: Credits) -> None:
        with bought.conn.transaction():
            with pytest.raises(InsufficientCredits), bought.conn.transaction():
                bought.deduct_credit("ann", 101)
            bought.deduct_credit("ann", 100)
        assert bought.balance("ann") == 0

    @pytest.mark.parametrize("situation", ["unknown", "overdue"])
    def test_every_command_can_be_undone(
        self, credits: Credits, stage: Stage, situation: str
    ) -> None:
        for undone in WRITERS:
            account = stage.account(situation)
            with credits.conn.transaction():
                with suppress(CreditsError), credits.conn.transaction():
                    WRITERS[undone](credits, account)
                    raise psycopg.Rollback
                answer = WRITERS["purchase"](credits, account)
            got = stage.seen(account, answer)
            assert got == stage.serially(situation, "purchase"), undone


class TestWaiting:
    @pytest.mark.parametrize(
        ("setting", "error"),
        [("lock_timeout", LockNotAvailable), ("statement_timeout", QueryCanceled)],
    )
    def test_a_timeout_writes_nothing(
        self, sessions: Sessions, stage: Stage, setting: str, error: type[psycopg.Error]
    ) -> None:
        sessions.second.conn.execute(f"set {setting} = '20ms'")
        for writer in WRITERS:
            account = stage.account("stocked")
            with sessions.first.conn.transaction():
                answer = WRITERS["spend"](sessions.first, account)
                with pytest.raises(error):
                    WRITERS[writer](sessions.second, account)
            assert stage.seen(account, answer) == stage.serially("stocked", "spend"), writer

    @pytest.mark.parametrize(
        ("signal", "error"),
        [("pg_cancel_backend", QueryCanceled), ("pg_terminate_backend", AdminShutdown)],
    )
    def test_a_waiter_that_is_stopped_writes_nothing(
        self, sessions: Sessions, stage: Stage, signal: str, error: type[psycopg.Error]
    ) -> None:
        for writer in WRITERS:
            account = stage.account("stocked")
            with sessions.first.conn.transaction():
                answer = WRITERS["spend"](sessions.first, account)
                call = sessions.start(sessions.open(), On(writer, account))
                sessions.until_waiting(call)
                sessions.first.conn.execute(f"select {signal}(%s)", (call.session.pid,))
                with pytest.raises(error):
                    call.result()
            assert stage.seen(account, answer) == stage.serially("stocked", "spend"), writer

    def test_a_holder_that_dies_leaves_nothing_and_lets_the_waiter_in(
        self, credits: Credits, sessions: Sessions, stage: Stage
    ) -> None:
        account = stage.account("stocked")
        with suppress(psycopg.OperationalError), sessions.first.conn.transaction():
            WRITERS["renew"](sessions.first, account)
            call = sessions.start(sessions.second, On("spend", account))
            sessions.until_waiting(call)
            credits.conn.execute("select pg_terminate_backend(%s)", (sessions.first.pid,))
        answer = call.result()
        assert sessions.first.conn.closed
        assert stage.seen(account, answer) == stage.serially("stocked", "spend")

    def test_a_waiter_whose_client_has_gone_may_have_committed_and_is_replayed(
        self, sessions: Sessions, bought: Credits
    ) -> None:
        lost = sessions.open()
        with sessions.first.conn.transaction():
            sessions.first.grant_credits("ann", 1)
            lost.conn.pgconn.send_query(
                b"select credits.deduct_credit('ann', 10, p_idempotency_key => 'job')"
            )
            wait_until(lambda: bool(sessions.blockers(lost)), "the spend waits")
            lost.conn.close()
        wait_until(lambda: bought.balance("ann") == 91, "the spend is booked")
        again = bought.deduct_credit("ann", 10, idempotency_key="job")
        assert again.is_replay
        assert bought.balance("ann") == 91
