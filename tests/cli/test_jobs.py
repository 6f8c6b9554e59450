"""`pgcredits sweep`, `grants` and `seal`: the jobs as commands."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli import main
from pgcredits.cli.interrupts import Terminated
from pgcredits.worker.jobs import batches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgcredits.worker.jobs import Batch
    from tests.client import Credits
    from tests.clock import Clock

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def run(dsn: str | None, *arguments: str, role: str = "credits_service") -> Result:
    url = make_conninfo(dsn, options=f"-c role={role}") if dsn else None
    return CliRunner(env={"DATABASE_URL": url}).invoke(main, list(arguments))


@pytest.fixture
def due(credits: Credits, clock: Clock) -> None:
    """Five lots that have expired, and six entries that are not sealed."""
    clock.set(NOON)
    for number in range(5):
        credits.grant_credits(f"account {number}", 10, expires_at=NOON + DAY)
    credits.grant_credits("other", 10)
    clock.set(NOON + DAY)


@pytest.mark.usefixtures("due")
class TestSweep:
    def test_everything_that_is_due(self, dsn: str, credits: Credits) -> None:
        done = run(dsn, "sweep", "--limit", "2")
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout == "sweep: 5 accounts, 0 holds, 5 lots, 50 credits\n"
        assert credits.booked("account 4")[-1] == ("expire", -10)

    def test_json(self, dsn: str) -> None:
        done = run(dsn, "sweep", "--limit", "2", "--json")
        assert json.loads(done.stdout) == {
            "job": "sweep",
            "batches": 3,
            "accounts": 5,
            "holds": 0,
            "lots": 5,
            "credits": 50,
            "note": None,
        }

    def test_what_is_locked_is_said(self, dsn: str, credits: Credits) -> None:
        with credits.connect().conn.transaction() as held:
            held.connection.execute("select from credits_private.accounts for update")
            done = run(dsn, "sweep")
        assert done.exit_code == 0
        assert done.stdout.endswith("(accounts locked by others: 5)\n")


@pytest.mark.usefixtures("due")
class TestSeal:
    def test_everything(self, dsn: str, credits: Credits) -> None:
        done = run(dsn, "seal", "--limit", "4")
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout == "seal: 6 accounts, 6 entries\n"
        assert credits.get_seal("other").unsealed == 0

    def test_json(self, dsn: str) -> None:
        found = json.loads(run(dsn, "seal", "--json").stdout)
        assert found.pop("batches") >= 1
        assert found == {"job": "seal", "accounts": 6, "entries": 6, "note": None}

    def test_while_another_session_seals(self, dsn: str, credits: Credits) -> None:
        with credits.connect().conn.transaction() as held:
            held.connection.execute("select credits.seal_due()")
            done = run(dsn, "seal")
        assert (done.exit_code, done.stdout) == (
            0,
            "seal: 0 accounts, 0 entries (another session is sealing)\n",
        )


class TestGrants:
    @pytest.fixture(autouse=True)
    def _scheduled(self, credits: Credits, clock: Clock) -> None:
        clock.set(NOON)
        for number in range(3):
            credits.renew_subscription(
                f"account {number}",
                "year",
                10,
                period_start=NOON,
                period_end=NOON + 5 * DAY,
                grant_every="1 day",
            )
        clock.set(NOON + DAY)

    def test_everything_that_is_due(self, dsn: str, credits: Credits) -> None:
        done = run(dsn, "grants", "--limit", "2")
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout == "grants: 3 accounts, 3 grants, 30 credits\n"
        assert credits.available("account 2") == 10

    def test_json(self, dsn: str) -> None:
        found = json.loads(run(dsn, "grants", "--json").stdout)
        assert found == {
            "job": "grants",
            "batches": 1,
            "accounts": 3,
            "grants": 3,
            "credits": 30,
            "note": None,
        }


@pytest.mark.parametrize("command", ["sweep", "grants", "seal"])
class TestEach:
    @pytest.mark.parametrize(
        ("role", "code"),
        [
            ("credits_service", 0),
            ("credits_admin", 0),
            ("credits_reader", 1),
            ("credits_webhook", 1),
            ("credits_user", 1),
        ],
    )
    def test_who_may(self, dsn: str, command: str, role: str, code: int) -> None:
        done = run(dsn, command, role=role)
        assert done.exit_code == code
        assert ("42501" in done.stderr) == (code == 1)

    def test_without_a_database(self, command: str) -> None:
        done = run(None, command)
        assert done.exit_code == 2
        assert "--database-url" in done.stderr

    def test_a_database_without_the_schema(self, empty_dsn: str, command: str) -> None:
        done = CliRunner(env={"DATABASE_URL": empty_dsn}).invoke(main, [command])
        assert done.exit_code == 1
        assert "pgcredits migrate apply" in done.stderr

    @pytest.mark.parametrize("limit", ["0", "-1", "100001", "many"])
    def test_a_limit_that_is_none(self, command: str, limit: str) -> None:
        assert run("", command, "--limit", limit).exit_code == 2

    def test_no_password_is_printed(self, command: str) -> None:
        for url in ("postgresql://u:hidden-password@127.0.0.1:1/x", "u hidden-password"):
            done = CliRunner(env={"DATABASE_URL": url}).invoke(main, [command, "--json"])
            assert (done.exit_code, done.stdout) == (1, "")
            assert "hidden-password" not in done.output

    @pytest.mark.parametrize("end", [(KeyboardInterrupt, 130), (Terminated, 143)])
    def test_a_signal_leaves_what_is_done(
        self,
        dsn: str,
        credits: Credits,
        monkeypatch: pytest.MonkeyPatch,
        command: str,
        end: tuple[type[BaseException], int],
    ) -> None:
        signal, code = end

        def interrupted(*arguments: Any) -> Iterator[Batch]:
            yield next(batches(*arguments))
            raise signal

        credits.grant_credits("ann", 1)
        monkeypatch.setattr("pgcredits.cli.jobs.batches", interrupted)
        done = run(dsn, command)
        assert (done.exit_code, done.stdout) == (code, "")
        assert done.stderr == "interrupted; what 1 batches have done stays\n"
        assert (credits.get_seal("ann").unsealed == 0) == (command == "seal")


@pytest.mark.usefixtures("due")
def test_a_terminal_gets_a_bar(dsn: str) -> None:
    leader, follower = pty.openpty()
    with (
        subprocess.Popen(
            [sys.executable, "-m", "pgcredits", "seal", "--limit", "2"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=follower,
            env={**os.environ, "DATABASE_URL": dsn, "TERM": "xterm", "COLUMNS": "120"},
            text=True,
        ) as process,
        os.fdopen(leader, "rb") as screen,
    ):
        os.close(follower)
        shown = b""
        try:
            while part := screen.read1():
                shown += part
        except OSError:
            # Linux says EIO when the last process has closed its side.
            pass
        assert process.stdout is not None
        assert process.stdout.read() == "seal: 6 accounts, 6 entries\n"
    assert "6 entries" in shown.decode()
