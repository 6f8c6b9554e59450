"""The jobs against a real database."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgcredits.demo import events
from pgcredits.worker.jobs import JOBS, batches, connect, measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgcredits.worker.jobs import Batch
    from tests.client import Credits
    from tests.clock import Clock

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(
    dsn: str, name: str, limit: int | None = None, role: str = "credits_service"
) -> tuple[list[Batch], Mapping[str, float]]:
    """Run a job as a member of the role; its batches and its figures afterwards."""
    job = JOBS[name]
    with connect(job, make_conninfo(dsn, options=f"-c role={role}")) as conn:
        done = list(batches(job, conn, limit))
        figures = measure(job, conn)
    assert figures.keys() == job.figures.keys()
    return done, figures


def test_a_job_is_called_what_it_is_registered_as() -> None:
    assert all(name == job.name for name, job in JOBS.items())
    assert all(job.interval >= 1 for job in JOBS.values())


class TestSweep:
    @pytest.fixture(autouse=True)
    def _due(self, credits: Credits, clock: Clock) -> None:
        clock.set(NOON)
        for number in range(5):
            credits.grant_credits(f"account {number}", 10, expires_at=NOON + HOUR)
        credits.grant_credits("holder", 10)
        credits.hold_credits("holder", 5, expires_in=HOUR / 2)
        clock.set(NOON + 2 * HOUR)

    @pytest.mark.parametrize("role", ["credits_service", "credits_admin"])
    def test_until_nothing_is_left(self, dsn: str, credits: Credits, role: str) -> None:
        done, figures = run(dsn, "sweep", 2, role)
        assert len(done) == 3
        assert sum(batch.done["lots"] for batch in done) == 5
        assert sum(batch.done["credits"] for batch in done) == 50
        assert sum(batch.done["holds"] for batch in done) == 1
        assert figures == {"due_lots": 0, "due_holds": 0, "oldest_due_seconds": 0}
        assert credits.booked("account 3")[-1] == ("expire", -10)

    def test_what_others_have_locked_is_left_for_the_next_run(
        self, dsn: str, credits: Credits
    ) -> None:
        with credits.connect().conn.transaction() as held:
            held.connection.execute(
                "select from credits_private.accounts where account_id = 'holder' for update"
            )
            done, figures = run(dsn, "sweep")
            assert sum(batch.done["lots"] for batch in done) == 5
            assert done[-1].note == "accounts locked by others: 1"
            assert figures == {"due_lots": 0, "due_holds": 1, "oldest_due_seconds": 5400}
        done, figures = run(dsn, "sweep")
        assert (done[0].done["holds"], figures["due_holds"]) == (1, 0)


class TestGrants:
    @pytest.fixture(autouse=True)
    def _due(self, credits: Credits, clock: Clock) -> None:
        clock.set(NOON)
        for number in range(5):
            credits.renew_subscription(
                f"account {number}",
                "year",
                10,
                period_start=NOON,
                period_end=NOON + 300 * HOUR,
                grant_every="1 day",
            )
        clock.set(NOON + 49 * HOUR)

    @pytest.mark.parametrize("role", ["credits_service", "credits_admin"])
    def test_until_nothing_is_left(self, dsn: str, credits: Credits, role: str) -> None:
        with connect(JOBS["grants"], dsn) as conn:
            assert measure(JOBS["grants"], conn) == {
                "due_grants": 5,
                "oldest_grant_seconds": 25 * 3600,
            }
        done, figures = run(dsn, "grants", 2, role)
        assert [batch.done["accounts"] for batch in done] == [2, 2, 1]
        assert sum(batch.done["grants"] for batch in done) == 10
        assert sum(batch.done["credits"] for batch in done) == 100
        assert figures == {"due_grants": 0, "oldest_grant_seconds": 0}
        assert credits.available("account 3") == 10

    def test_what_others_have_locked_is_left_for_the_next_run(
        self, dsn: str, credits: Credits
    ) -> None:
        with credits.connect().conn.transaction() as held:
            held.connection.execute(
                "select from credits_private.accounts where account_id = 'account 1' for update"
            )
            done, figures = run(dsn, "grants")
            assert sum(batch.done["grants"] for batch in done) == 8
            assert figures == {"due_grants": 1, "oldest_grant_seconds": 25 * 3600}
        done, figures = run(dsn, "grants")
        assert (done[0].done["grants"], figures["due_grants"]) == (2, 0)


class TestSeal:
    @pytest.fixture(autouse=True)
    def _entries(self, credits: Credits, clock: Clock) -> None:
        clock.set(NOON)
        for number in range(5):
            credits.grant_credits(f"account {number}", 10)

    @pytest.mark.parametrize("role", ["credits_service", "credits_admin"])
    def test_until_nothing_is_left(
        self, dsn: str, credits: Credits, clock: Clock, role: str
    ) -> None:
        done, figures = run(dsn, "seal", 2, role)
        assert sum(batch.done["entries"] for batch in done) == 5
        assert credits.get_seal("account 4").unsealed == 0
        assert figures == {"unsealed_seconds": 0}
        clock.set(NOON + HOUR / 60)
        run(dsn, "seal")
        assert run(dsn, "seal")[1] == {"unsealed_seconds": 0}

    def test_how_long_nobody_has_sealed(self, dsn: str, clock: Clock) -> None:
        with connect(JOBS["seal"], dsn) as conn:
            assert measure(JOBS["seal"], conn) == {"unsealed_seconds": math.inf}
            run(dsn, "seal")
            run(dsn, "seal")
            clock.set(NOON + HOUR)
            assert measure(JOBS["seal"], conn) == {"unsealed_seconds": 3600}

    def test_two_at_once(self, dsn: str, credits: Credits) -> None:
        with credits.connect().conn.transaction() as held:
            held.connection.execute("select credits.seal_due()")
            (batch,), _ = run(dsn, "seal")
        assert batch.note == "another session is sealing"
        assert not any(batch.done.values())


class TestStripe:
    def test_retry(self, dsn: str, credits: Credits) -> None:
        done, figures = run(dsn, "stripe-retry")
        assert [batch.done for batch in done] == [{"events": 0, "failed": 0}]
        assert figures == {"stripe_failed_events": 0, "stripe_parked_events": 0}
        unknown = events.checkout_completed(
            account="ann", credits=5, amount=100, payment_intent="pi_1", created=1_795_000_000
        )
        for column in ("credits", "credits_frozen"):
            unknown["data"]["object"]["metadata"].pop(column, None)
        outcome = credits.ingest_stripe_event(events.body(unknown), livemode=True)
        expected = {"failed": 0, "parked": 0} | {outcome.outcome: 1}
        _, figures = run(dsn, "stripe-retry")
        assert figures == {f"stripe_{name}_events": expected[name] for name in ("failed", "parked")}

    def test_purge(self, dsn: str) -> None:
        done, figures = run(dsn, "stripe-purge")
        assert [batch.done for batch in done] == [{"closed": 0, "purged": 0}]
        assert figures == {}


def test_a_batch_that_hangs_is_ended(
    dsn: str, credits: Credits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgcredits.worker.jobs.STATEMENT_TIMEOUT", 0.05)
    credits.grant_credits("ann", 10)
    with credits.connect().conn.transaction() as held:
        held.connection.execute(
            "insert into credits_private.seals (account_id, entry_id, version, hash)"
            " values ('ann', 1, 1, '')"
        )
        with pytest.raises(psycopg.errors.QueryCanceled):
            run(dsn, "seal")
        held.connection.execute("delete from credits_private.seals")
