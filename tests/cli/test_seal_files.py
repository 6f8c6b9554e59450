"""`pgcredits seal export` and `pgcredits seal check`."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits import rpc
from pgcredits.cli import main
from pgcredits.cli.interrupts import Terminated

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client import Credits

REWRITTEN = "history is not the one whose head was exported"
CHANGED = "entry is not what was sealed"


def seal(dsn: str | None, *arguments: object, role: str = "credits_reader") -> Result:
    url = make_conninfo(dsn, options=f"-c role={role}") if dsn else None
    return CliRunner(env={"DATABASE_URL": url}).invoke(main, ["seal", *map(str, arguments)])


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "heads.jsonl"


@pytest.fixture
def sealed(credits: Credits) -> None:
    """Three accounts with sealed entries; one of them has another entry that is not sealed."""
    for account in ("ann", "bob", "cid ☃"):
        credits.grant_credits(account, 100)
        credits.deduct_credit(account, 1)
    while credits.seal_due().has_more:
        pass
    credits.deduct_credit("bob", 1)


@pytest.fixture
def exported(dsn: str, sealed: None, file: Path) -> Path:
    assert seal(dsn, "export", file).exit_code == 0
    return file


@pytest.mark.usefixtures("sealed")
class TestExport:
    def test_the_heads_of_all_accounts(self, dsn: str, credits: Credits, file: Path) -> None:
        done = seal(dsn, "export", file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout == (
            f"exported 3 heads, SHA-256 {digest}; 1 entries of these accounts are not sealed yet\n"
        )
        title, *heads, summary = lines(file.read_text("utf-8"))
        assert title["format"] == "pgcredits seals 1"
        assert [(head["account_id"], head["entry_id"]) for head in heads] == [
            ("ann", 2),
            ("bob", 2),
            ("cid ☃", 2),
        ]
        assert heads[0]["hash"] == credits.get_seal("ann").hash
        assert summary == {"summary": {"accounts": 3}}

    def test_pages(
        self, dsn: str, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        whole = tmp_path / "whole"
        seal(dsn, "export", whole)
        for size in (1, 2, 3):
            monkeypatch.setattr("pgcredits.cli.seal.export_file._PAGE", size)
            assert seal(dsn, "export", file).exit_code == 0
            assert file.read_text().splitlines()[1:] == whole.read_text().splitlines()[1:]
            file.unlink()

    def test_json(self, dsn: str, file: Path) -> None:
        done = seal(dsn, "export", file, "--json")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert json.loads(done.stdout) == {"accounts": 3, "unsealed": 1, "sha256": digest}

    def test_to_stdout(self, dsn: str) -> None:
        done = seal(dsn, "export", "-")
        assert done.exit_code == 0
        assert len(lines(done.stdout)) == 5
        digest = hashlib.sha256(done.stdout_bytes).hexdigest()
        assert done.stderr.startswith(f"exported 3 heads, SHA-256 {digest}")

    def test_an_export_is_never_overwritten(self, dsn: str, file: Path) -> None:
        file.write_text("evidence")
        done = seal(dsn, "export", file)
        assert done.exit_code == 2
        assert "never overwritten" in done.stderr
        assert file.read_text() == "evidence"

    def test_a_place_that_is_not_there(self, dsn: str, tmp_path: Path) -> None:
        done = seal(dsn, "export", tmp_path / "none" / "heads")
        assert done.exit_code == 1
        assert "cannot write" in done.stderr

    @pytest.mark.parametrize(("signal", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
    def test_interrupted_it_leaves_no_file(
        self,
        dsn: str,
        file: Path,
        monkeypatch: pytest.MonkeyPatch,
        signal: type[BaseException],
        code: int,
    ) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise signal

        monkeypatch.setattr(rpc, "list_seals", interrupted)
        done = seal(dsn, "export", file)
        assert (done.exit_code, done.stdout) == (code, "")
        assert not file.exists()

    def test_without_rights(self, dsn: str, file: Path) -> None:
        done = seal(dsn, "export", file, role="credits_user")
        assert done.exit_code == 1
        assert "42501" in done.stderr
        assert not file.exists()

    def test_a_database_without_seals(self, dsn: str, credits: Credits, file: Path) -> None:
        credits.conn.execute("delete from credits_private.seals")
        assert seal(dsn, "export", file).stdout.startswith("exported 0 heads")
        assert seal(dsn, "check", file).exit_code == 0


class TestCheck:
    def test_nothing_was_changed(self, dsn: str, credits: Credits, exported: Path) -> None:
        credits.deduct_credit("ann", 5)
        while credits.seal_due().has_more:
            pass
        done = seal(dsn, "check", exported)
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout == "verified 3 accounts: nothing found\n"

    @pytest.mark.corrupts
    def test_a_changed_entry(self, dsn: str, credits: Credits, exported: Path) -> None:
        credits.conn.execute("set session_replication_role = replica")
        credits.conn.execute(
            "update credits_private.ledger set reference = 'x'"
            " where account_id = 'bob' and entry_id = 1"
        )
        done = seal(dsn, "check", exported, "--page-size", 1)
        assert done.exit_code == 1
        assert f"bob, entry 1: {CHANGED}: expected " in done.stdout
        assert done.stdout.endswith("\nverified 3 accounts: 1 finding\n")

    @pytest.mark.corrupts
    def test_entries_and_seals_that_were_rewritten(
        self, dsn: str, credits: Credits, exported: Path
    ) -> None:
        credits.conn.execute("set session_replication_role = replica")
        credits.conn.execute(
            "update credits_private.ledger set reference = 'x' where account_id = 'bob'"
        )
        credits.conn.execute("delete from credits_private.seals where account_id = 'bob'")
        credits.conn.execute("update credits_private.sealing set pass_at = '-infinity'")
        while credits.seal_due().has_more:
            pass
        assert credits.get_seal("bob").unsealed == 0
        assert credits.verify() == []
        done = seal(dsn, "check", exported, "--json")
        assert done.exit_code == 1
        finding, summary = lines(done.stdout)
        assert (finding["account_id"], finding["entry_id"]) == ("bob", 2)
        assert finding["violation"] == REWRITTEN
        assert summary == {"summary": {"accounts": 3, "verified": 3, "findings": 1}}

    def test_it_reads_only_and_waits_for_nobody(
        self, dsn: str, credits: Credits, exported: Path
    ) -> None:
        with credits.connect().conn.transaction() as held:
            held.connection.execute("select credits.seal_due()")
            held.connection.execute("select from credits_private.accounts for update")
            done = seal(make_conninfo(dsn, options="-c lock_timeout=1ms"), "check", exported)
        assert done.exit_code == 0

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("empty", "cut off"),
            ("without summary", "cut off"),
            ("in the middle of a line", "line 5: not JSON"),
            ("without title", "line 1: not a file of `seal export`"),
            ("array", "line 1: not a JSON object"),
            ("entry as text", "line 2: not a head"),
            ("entry as truth", "line 2: not a head"),
            ("without hash", "line 2: not a head"),
            ("more", "line 6: something follows"),
            ("other count", "does not count the 3"),
            ("without a head", "does not count the 2"),
        ],
    )
    def test_a_file_that_is_not_whole(
        self, dsn: str, exported: Path, change: str, said: str
    ) -> None:
        text = exported.read_text("utf-8")
        rows = text.splitlines(keepends=True)
        changed = {
            "empty": "",
            "without summary": "".join(rows[:-1]),
            "in the middle of a line": text[:-20],
            "without title": "".join(rows[1:]),
            "array": "[]\n",
            "entry as text": text.replace('"entry_id": 2', '"entry_id": "2"'),
            "entry as truth": text.replace('"entry_id": 2', '"entry_id": true'),
            "without hash": text.replace('"hash"', '"hush"'),
            "more": text + rows[-1],
            "other count": text.replace('"accounts": 3', '"accounts": 4'),
            "without a head": "".join(row for row in rows if "bob" not in row),
        }
        exported.write_text(changed[change], "utf-8")
        done = seal(dsn, "check", exported)
        assert (done.exit_code, done.stdout) == (2, "")
        assert said in done.stderr

    def test_bytes_that_are_no_text(self, dsn: str, exported: Path) -> None:
        exported.write_bytes(b"\xff\xfe")
        done = seal(dsn, "check", exported)
        assert done.exit_code == 2
        assert "not UTF-8" in done.stderr

    def test_heads_that_the_database_refuses(self, dsn: str, exported: Path) -> None:
        exported.write_text(exported.read_text("utf-8").replace('"entry_id": 2', '"entry_id": 0'))
        done = seal(dsn, "check", exported)
        assert done.exit_code == 2
        assert "p_heads[0].entry_id" in done.stderr

    @pytest.mark.parametrize(("signal", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
    def test_a_signal_is_no_result(
        self,
        dsn: str,
        exported: Path,
        monkeypatch: pytest.MonkeyPatch,
        signal: type[BaseException],
        code: int,
    ) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise signal

        monkeypatch.setattr(rpc, "verify_seals", interrupted)
        done = seal(dsn, "check", exported, "--json")
        assert (done.exit_code, done.stdout) == (code, "")

    @pytest.mark.parametrize(
        ("role", "code"), [("credits_reader", 0), ("credits_admin", 0), ("credits_webhook", 2)]
    )
    def test_who_may(self, dsn: str, exported: Path, role: str, code: int) -> None:
        assert seal(dsn, "check", exported, role=role).exit_code == code

    def test_a_file_that_is_not_there(self, dsn: str, file: Path) -> None:
        done = seal(dsn, "check", file)
        assert done.exit_code == 2
        assert "does not exist" in done.stderr


def test_options_of_the_job_are_not_taken_for_those_of_a_command(dsn: str, file: Path) -> None:
    done = seal(dsn, "--limit", 5, "export", file)
    assert done.exit_code == 2
    assert "give options after the command export" in done.stderr
