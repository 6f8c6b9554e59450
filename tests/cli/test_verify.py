"""`pgcredits verify`: what it goes through, what it prints, how it ends."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgcredits import rpc
from pgcredits.cli import main
from pgcredits.cli.interrupts import Terminated
from pgcredits.cli.verify import terminal
from tests.functions.support import DAY, HOUR

if TYPE_CHECKING:
    import psycopg

    from tests.client import Credits
    from tests.clock import Clock

Watcher = Callable[["psycopg.Connection[Any]"], None]
CHAIN = "balance does not follow from the entry before"


def environment(dsn: str, role: str = "credits_reader") -> dict[str, str]:
    """Variables that give the command the rights of a role and no more."""
    return {"DATABASE_URL": make_conninfo(dsn, options=f"-c role={role}")}


def verify(dsn: str, *arguments: str, role: str = "credits_reader") -> Result:
    runner = CliRunner(env=environment(dsn, role))
    return runner.invoke(main, ["verify", *arguments], catch_exceptions=False)


def open_accounts(credits: Credits, *accounts: str) -> None:
    for account in accounts:
        credits.grant_credits(account, 10)
        credits.deduct_credit(account, 3)


def tamper(credits: Credits, *accounts: str) -> None:
    """Change the balance of the spends, behind the trigger that guards the ledger."""
    with credits.conn.transaction():
        credits.conn.execute("set local session_replication_role = replica")
        done = credits.conn.execute(
            "update credits_private.ledger set balance = balance + 1"
            " where account_id = any (%s) and kind = 'spend'",
            (list(accounts),),
        )
    assert done.rowcount == len(accounts)


def lines(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[Watcher], None]:
    """Do something in each page's transaction, after its call."""

    def watch(then: Watcher) -> None:
        def verify_page(conn: psycopg.Connection[Any], **arguments: Any) -> rpc.VerifiedPage:
            page = original(conn, **arguments)
            then(conn)
            return page

        original = rpc.verify_page
        monkeypatch.setattr(rpc, "verify_page", verify_page)

    return watch


class TestEverything:
    def test_a_sound_database(self, dsn: str, credits: Credits) -> None:
        open_accounts(credits, "ann", "bob")
        done = verify(dsn)
        assert (done.exit_code, done.stdout) == (0, "verified 2 accounts: nothing found\n")
        assert done.stderr == ""

    def test_a_database_without_accounts(self, dsn: str) -> None:
        done = verify(dsn, "--json")
        assert done.exit_code == 0
        assert lines(done) == [{"summary": {"accounts": 0, "verified": 0, "findings": 0}}]

    @pytest.mark.corrupts
    def test_a_tampered_one(self, dsn: str, credits: Credits) -> None:
        open_accounts(credits, "ann", "bob", "cid")
        tamper(credits, "bob")
        done = verify(dsn)
        assert done.exit_code == 1
        assert f"bob, entry 2: {CHAIN}: expected 7, found 8\n" in done.stdout
        assert "ann" not in done.stdout
        assert done.stdout.endswith("\nverified 3 accounts: 2 findings\n")
        assert done.stderr == ""

    @pytest.mark.corrupts
    def test_json(self, dsn: str, credits: Credits) -> None:
        open_accounts(credits, "ann", "bob", "cid")
        tamper(credits, "bob", "cid")
        done = verify(dsn, "--json", "--page-size", "1")
        assert done.exit_code == 1
        *findings, summary = lines(done)
        assert {
            "account_id": "bob",
            "violation": CHAIN,
            "entry_id": 2,
            "lot_id": None,
            "expected": "7",
            "actual": "8",
        } in findings
        assert [finding["account_id"] for finding in findings] == ["bob", "bob", "cid", "cid"]
        assert summary == {"summary": {"accounts": 3, "verified": 3, "findings": 4}}

    @pytest.mark.corrupts
    def test_rows_of_an_account_that_is_gone(self, dsn: str, credits: Credits) -> None:
        open_accounts(credits, "ann", "bob", "cid")
        credits.conn.execute("delete from credits_private.accounts where account_id = 'bob'")
        credits.conn.execute("delete from credits_private.lots where account_id = 'cid'")
        done = verify(dsn, "--account", "cid")
        assert "cid, lot 1: granted is not what the ledger says: expected 10, found nothing" in (
            done.stdout
        )
        *findings, summary = lines(verify(dsn, "--json", "--page-size", "1"))
        gone = [(f["account_id"], f["violation"]) for f in findings if f["account_id"] == "bob"]
        assert gone == [
            ("bob", "ledger of an unknown account"),
            ("bob", "lots of an unknown account"),
        ]
        assert summary["summary"]["accounts"] == 2

    @pytest.mark.corrupts
    def test_2500_accounts_in_pages(
        self, dsn: str, credits: Credits, watched: Callable[[Watcher], None]
    ) -> None:
        credits.conn.execute(
            "do $$ begin for n in 1..2500 loop"
            " perform credits.grant_credits('account ' || n, 10); end loop; end $$"
        )
        damaged = ["account 1", "account 1250", "account 2500", "account 999"]
        open_accounts(credits, *damaged)
        tamper(credits, *damaged)
        seen: list[tuple[Any, ...]] = []

        def look(conn: psycopg.Connection[Any]) -> None:
            row = conn.execute(
                "select now(), current_setting('transaction_isolation'),"
                " current_setting('transaction_read_only')"
            ).fetchone()
            assert row is not None
            seen.append(row)

        watched(look)
        done = verify(dsn, "--json", "--page-size", "1000")
        assert done.exit_code == 1
        *findings, summary = lines(done)
        found = [finding["account_id"] for finding in findings if finding["violation"] == CHAIN]
        assert found == damaged
        assert summary["summary"]["accounts"] == summary["summary"]["verified"] == 2500
        assert [rest for _, *rest in seen] == [["repeatable read", "on"]] * 3
        assert len({begun for begun, *_ in seen}) == 3

    def test_it_waits_for_nobody(self, dsn: str, credits: Credits) -> None:
        """Somebody holds every lock that the functions ever take."""
        open_accounts(credits, "ann")
        with credits.connect().conn.transaction() as held:
            held.connection.execute("select from credits_private.accounts for update")
            done = verify(make_conninfo(dsn, options="-c lock_timeout=1ms"))
        assert done.exit_code == 0


class TestOneAccount:
    @pytest.mark.corrupts
    def test_only_that_account_is_verified(self, dsn: str, credits: Credits) -> None:
        open_accounts(credits, "ann", "bob")
        tamper(credits, "bob")
        done = verify(dsn, "--account", "ann")
        assert (done.exit_code, done.stdout) == (0, "verified 1 account: nothing found\n")
        done = verify(dsn, "--account", "bob")
        assert done.exit_code == 1
        assert done.stdout.endswith("verified 1 account: 2 findings\n")

    def test_an_account_that_is_not_there_is_a_mistake(self, dsn: str) -> None:
        done = verify(dsn, "--account", "nobody")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "there is no account 'nobody'" in done.stderr

    @pytest.mark.corrupts
    def test_what_is_left_of_an_account_that_is_gone(self, dsn: str, credits: Credits) -> None:
        open_accounts(credits, "ann")
        credits.conn.execute("delete from credits_private.accounts where account_id = 'ann'")
        done = verify(dsn, "--account", "ann")
        assert done.exit_code == 1
        assert "ann: ledger of an unknown account: expected an account, found none" in done.stdout

    @pytest.mark.corrupts
    def test_an_id_cannot_act_on_a_terminal(self, dsn: str, credits: Credits) -> None:
        open_accounts(credits, "a\x1b[2J\nb")
        tamper(credits, "a\x1b[2J\nb")
        done = verify(dsn)
        assert '"a\\u001b[2J\\nb", entry 2: ' in done.stdout
        assert "\x1b" not in done.stdout


class TestSince:
    @pytest.fixture
    def two(self, credits: Credits, clock: Clock) -> None:
        """Account old had its last entry a week ago, account new an hour ago; both are damaged."""
        now = clock.now()
        clock.set(now - 7 * DAY)
        open_accounts(credits, "old")
        clock.set(now - HOUR)
        open_accounts(credits, "new")
        tamper(credits, "old", "new")

    @pytest.mark.corrupts
    @pytest.mark.usefixtures("two")
    @pytest.mark.parametrize(
        ("since", "verified"),
        [
            ("24h", ["new"]),
            ("30min", []),
            ("8d", ["new", "old"]),
            ("2w", ["new", "old"]),
            ("1970-01-01T00:00:00Z", ["new", "old"]),
            ("8000-01-01T00:00+01:00", []),
        ],
    )
    def test_only_accounts_with_entries_since(
        self, dsn: str, since: str, verified: list[str]
    ) -> None:
        done = verify(dsn, "--since", since, "--json")
        *findings, summary = lines(done)
        assert done.exit_code == (1 if verified else 0)
        assert sorted({finding["account_id"] for finding in findings}) == verified
        assert summary["summary"]["accounts"] == 2
        assert summary["summary"]["verified"] == len(verified)

    def test_the_totals_say_so(self, dsn: str, credits: Credits) -> None:
        open_accounts(credits, "ann", "bob")
        done = verify(dsn, "--since", "8000-01-01T00:00:00Z")
        assert (done.exit_code, done.stdout) == (0, "verified 0 of 2 accounts: nothing found\n")


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--since", "yesterday"], "neither an interval"),
            (["--since", "24"], "neither an interval"),
            (["--since", "-24h"], "neither an interval"),
            (["--since", "2030-01-31T03:00:00"], "no time zone"),
            (["--since", "999999999w"], "before the calendar"),
            (["--since", "24h", "--account", "u"], "exclude each other"),
            (["--page-size", "0"], "1<=x<=10000"),
            (["u"], "unexpected extra argument"),
        ],
    )
    def test_wrong_usage_is_exit_code_2(self, arguments: list[str], said: str) -> None:
        done = verify("postgresql:///x", *arguments)
        assert done.exit_code == 2
        assert said in done.stderr.replace("\n", " ")

    def test_without_a_database(self) -> None:
        done = CliRunner(env={"DATABASE_URL": None}).invoke(main, ["verify"])
        assert done.exit_code == 2
        assert "--database-url" in done.stderr

    def test_what_the_function_refuses_is_exit_code_2(self, dsn: str) -> None:
        done = verify(dsn, "--since", "1969-12-31T00:00:00Z")
        assert done.exit_code == 2
        assert "p_since" in done.stderr
        assert verify(dsn, "--account", "x" * 256).exit_code == 2

    def test_no_password_is_printed(self) -> None:
        for url in (
            "postgresql://u:hidden-password@127.0.0.1:1/x",
            "postgresql://u:hidden-password@127.0.0.1:port/x y",
            "u hidden-password",
        ):
            done = CliRunner(env={"DATABASE_URL": url}).invoke(main, ["verify", "--json"])
            assert (done.exit_code, done.stdout) == (2, "")
            assert done.stderr.startswith("Error: ")
            assert "hidden-password" not in done.output

    def test_a_database_without_the_schema(self, empty_dsn: str) -> None:
        done = CliRunner(env={"DATABASE_URL": empty_dsn}).invoke(main, ["verify"])
        assert done.exit_code == 2
        assert "pgcredits migrate apply" in done.stderr

    @pytest.mark.parametrize(
        ("role", "code"),
        [
            ("credits_reader", 0),
            ("credits_admin", 0),
            ("credits_service", 0),
            ("credits_webhook", 2),
            ("credits_user", 2),
        ],
    )
    def test_who_may(self, dsn: str, credits: Credits, role: str, code: int) -> None:
        open_accounts(credits, "ann")
        for arguments in ([], ["--since", "24h"], ["--account", "ann"]):
            done = verify(dsn, *arguments, role=role)
            assert done.exit_code == code
            assert ("42501" in done.stderr) == (code == 2)


class TestRunsThatDoNotEnd:
    @pytest.mark.corrupts
    def test_a_lost_connection_is_no_result(
        self, dsn: str, credits: Credits, watched: Callable[[Watcher], None]
    ) -> None:
        open_accounts(credits, "ann", "bob", "cid")
        tamper(credits, "ann")

        def lose(conn: psycopg.Connection[Any]) -> None:
            credits.conn.execute("select pg_terminate_backend(%s, 5000)", (conn.info.backend_pid,))

        watched(lose)
        done = verify(dsn, "--json", "--page-size", "1")
        assert done.exit_code == 2
        assert [line for line in lines(done) if "summary" in line] == []
        assert done.stderr.startswith("Error: ")

    @pytest.mark.parametrize(("signal", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
    def test_a_signal_is_no_result(
        self,
        dsn: str,
        credits: Credits,
        watched: Callable[[Watcher], None],
        signal: type[BaseException],
        code: int,
    ) -> None:
        open_accounts(credits, "ann", "bob")

        def interrupt(_conn: psycopg.Connection[Any]) -> None:
            raise signal

        watched(interrupt)
        done = verify(dsn, "--json", "--page-size", "1")
        assert (done.exit_code, done.stdout) == (code, "")
        assert "not every account" in done.stderr


def at_a_terminal(dsn: str, *arguments: str) -> tuple[int, str]:
    """Run the command with stdout and stderr on a terminal; its exit code and what is on it."""
    leader, follower = pty.openpty()
    with (
        subprocess.Popen(
            [sys.executable, "-m", "pgcredits", "verify", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=follower,
            stderr=follower,
            env={**os.environ, **environment(dsn), "TERM": "xterm", "COLUMNS": "120"},
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
        return process.wait(60), shown.decode()


@pytest.mark.corrupts
def test_a_terminal_gets_a_bar_and_a_table(dsn: str, credits: Credits) -> None:
    open_accounts(credits, "ann", "bob", "cid")
    tamper(credits, "bob")
    code, shown = at_a_terminal(dsn, "--page-size", "1")
    assert code == 1
    assert "━" in shown
    assert "3/3" in shown
    table = shown[shown.rindex("violation") :]
    assert [line.split() for line in table.splitlines() if CHAIN in line] == [
        ["bob", *CHAIN.split(), "2", "7", "8"]
    ]
    assert shown.rstrip().endswith("verified 3 accounts: 2 findings")


def test_json_is_json_at_a_terminal_too(dsn: str, credits: Credits) -> None:
    open_accounts(credits, "ann")
    code, shown = at_a_terminal(dsn, "--json")
    assert code == 0
    assert json.loads(shown) == {"summary": {"accounts": 1, "verified": 1, "findings": 0}}


def test_the_table_keeps_its_first_rows_and_counts_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "ROWS", 3)
    monkeypatch.setenv("COLUMNS", "120")
    finding = {
        "account_id": "ann",
        "violation": CHAIN,
        "entry_id": 2,
        "lot_id": None,
        "expected": "7",
        "actual": "8",
    }
    with terminal.Terminal() as shown:
        for _ in range(3):
            shown.show([finding, finding])
        shown.end(9, 9, 6)
    printed = capsys.readouterr().out
    assert printed.count(CHAIN) == 3
    assert printed.endswith(
        "and 3 more: --json shows all of them\nverified 9 accounts: 6 findings\n"
    )


def test_a_password_is_not_in_what_the_database_says(dsn: str) -> None:
    """The server itself refuses: its message names the user and nothing else."""
    given = conninfo_to_dict(dsn)
    wrong = make_conninfo("", **{**given, "user": "nobody-there", "password": "hidden-password"})
    done = CliRunner(env={"DATABASE_URL": wrong}).invoke(main, ["verify"])
    assert done.exit_code == 2
    assert "nobody-there" in done.stderr
    assert "hidden-password" not in done.output
