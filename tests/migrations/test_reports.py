"""The document of a run: what was committed is in it, whatever ended the run; and why."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits import migrate
from pgcredits.cli.interrupts import Terminated
from pgcredits.migrate import outside, runner
from pgcredits.migrate.report import Done
from tests.migrations.conftest import Cli, Connection, recorded, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.migrations.tree import Tree


@pytest.fixture
def installed(cli: Cli) -> Cli:
    assert cli.run("apply").exit_code == 0
    return cli


@pytest.fixture
def claimed(installed: Cli, tree: Tree, other: Connection) -> Connection:
    """Somebody is about to write the row of 0004, so nobody else can; 0003 is free."""
    tree.migration("0003_next", "create table credits_private.next ();")
    tree.migration("0004_last", "create table credits_private.last ();")
    other.execute("begin")
    other.execute(
        "insert into credits_private.schema_migrations"
        " (id, kind, name, checksum, runner_version, body)"
        " select '0004', m.kind, m.name, m.checksum, '', ''"
        " from credits_private.schema_migrations m where m.id = '0001'"
    )
    return other


def ids(document: dict[str, Any]) -> list[str]:
    return [item["id"] for item in document["applied"]]


def codes(document: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in document["problems"]]


def test_a_lock_in_the_way_of_the_runner_itself(
    installed: Cli, claimed: Connection, db: Connection
) -> None:
    result = installed.run("apply", "--json", "--lock-timeout", "50ms", "--retries", "2")
    document = json.loads(result.stdout)
    assert (ids(document), codes(document)) == (["0003"], ["lock_timeout"])
    assert document["exit_code"] == result.exit_code == 5
    assert "retry 0004_last in" in result.stderr
    assert "gave up after 2 tries: 0004_last" in document["problems"][0]["message"]
    assert document["problems"][0]["hint"]
    assert tables(db) == {"things", "next"}
    once = installed.run("apply", "--lock-timeout", "50ms", "--retries", "1")
    assert "gave up after 1 try: 0004_last" in once.stderr


def test_a_call_is_told_what_was_committed(installed: Cli, claimed: Connection, tree: Tree) -> None:
    done = Done()
    with pytest.raises(migrate.MigrateError) as caught:
        migrate.apply(installed.dsn, root=tree.root, lock_timeout=0.05, tries=1, done=done)
    assert [item.id for item in caught.value.applied] == ["0003"]
    assert tuple(done.applied) == caught.value.applied


@pytest.mark.parametrize(
    "end",
    [
        ("_end", KeyboardInterrupt, "interrupted", 130),
        ("_end", Terminated, "terminated", 143),
        ("_tell", KeyboardInterrupt, "interrupted", 130),
    ],
)
def test_a_signal_just_after_a_commit(
    installed: Cli,
    tree: Tree,
    db: Connection,
    monkeypatch: pytest.MonkeyPatch,
    end: tuple[str, type[BaseException], str, int],
) -> None:
    """What the server has committed is reported, although the answer never reached us."""
    moment, signal, code, exit_code = end
    tree.migration("0003_next", "create table credits_private.next ();")
    db.execute("create function credits.extra() returns int language sql as 'select 1'")
    tree.function("credits.count_things", "select 3")
    original = getattr(runner.Runner, moment)

    def interrupted(*arguments: Any) -> None:
        original(*arguments)
        raise signal

    monkeypatch.setattr(runner.Runner, moment, interrupted)
    document = installed.json("apply", "--prune")
    assert (codes(document), document["exit_code"]) == ([code], exit_code)
    assert "what was not committed has been rolled back" in document["problems"][0]["message"]
    assert ids(document) == ["0003", "functions/api/count_things.sql", "functions/access.sql"]
    assert document["pruned"] == ["credits.extra()"]
    assert "0003" in recorded(db)


def test_a_signal_before_a_commit(
    installed: Cli, tree: Tree, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.migration("0003_next", "create table credits_private.next ();")

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner.Runner, "_end", interrupted)
    document = installed.json("apply")
    assert (ids(document), codes(document)) == ([], ["interrupted"])
    assert "0003" not in recorded(db)


def test_a_signal_just_after_a_file_without_a_transaction(
    installed: Cli, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.migration("0003_alone", "-- migrate: no-transaction\nvacuum credits_private.things;")
    original = outside._record

    def interrupted(*arguments: Any) -> None:
        original(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(outside, "_record", interrupted)
    document = installed.json("apply")
    assert (ids(document), codes(document)) == (["0003"], ["interrupted"])
    assert "repair" not in document["problems"][0]["message"]
    assert installed.run("status", "--check").exit_code == 0


def test_a_bug_has_a_document_too(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr(migrate.inspect, "compare", broken)
    document = cli.json("status")
    assert (codes(document), document["exit_code"]) == (["unexpected"], 1)
    assert "RuntimeError: oops" in document["problems"][0]["message"]


# Wrong usage.


@pytest.mark.parametrize(
    ("arguments", "command", "text"),
    [
        (("apply", "--sideways"), "apply", "No such option"),
        (("apply", "--retries", "0"), "apply", "--retries"),
        (("repair", "--mark-pending", "0001"), "repair", "--reason"),
        (("repair", "--reason", "x"), "repair", "one of --accept-checksum"),
        (("verify", "--accept"), "verify", "--accept and --reason need each other"),
        (("aply",), "migrate", "No such command"),
    ],
)
def test_wrong_usage_has_a_document(
    cli: Cli, arguments: tuple[str, ...], command: str, text: str
) -> None:
    document = cli.json(*arguments)
    assert (document["command"], codes(document), document["exit_code"]) == (command, ["usage"], 2)
    assert text in document["problems"][0]["message"]
    assert text in cli.run(*arguments, "--json").stderr
    assert cli.run(*arguments).stdout == ""


def test_wrong_usage_of_the_group_has_a_document(cli: Cli) -> None:
    document = cli.json("--directory", "/no/such/place", "status")
    assert (codes(document), document["exit_code"]) == (["usage"], 2)


def test_scripts_come_in_a_document(cli: Cli, tree: Tree) -> None:
    """So that whoever asks for JSON gets JSON from every command, failures included."""
    bundle = cli.json("bundle")
    assert bundle["sql"] == cli.run("bundle").stdout
    plan = cli.json("plan", "--sql")
    assert plan["sql"].strip() == cli.run("plan", "--sql").stdout.strip()
    assert "sql" not in cli.json("plan")
    assert codes(cli.json("bundle", "--from", "0007")) == ["no_such_migration"]
    tree.migration("0009_gap", "select 1;")
    assert codes(cli.json("plan", "--sql")) == codes(cli.json("bundle")) == ["number_gap"]


# Questions on a terminal.


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: where the user types, and where the command reads."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def answer(cli: Cli, terminal: tuple[int, int], text: str, *arguments: str) -> tuple[int, str, str]:
    """Run a command at a terminal where somebody types that."""
    ours, theirs = terminal
    os.write(ours, text.encode())
    done = subprocess.run(
        [sys.executable, "-m", "pgcredits.cli.migrate", *cli.arguments(*arguments)],
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_no_is_an_answer(cli: Cli, db: Connection, terminal: tuple[int, int]) -> None:
    code, out, err = answer(cli, terminal, "n\n")
    assert code == 130
    assert "transaction 1" in out
    assert "stopped: nothing was changed" in err
    assert "rolled back" not in err
    assert db.execute("select from pg_namespace where nspname = 'credits'").fetchall() == []


def test_yes_is_an_answer(cli: Cli, db: Connection, terminal: tuple[int, int]) -> None:
    code, out, _ = answer(cli, terminal, "y\n")
    assert (code, "applied 6 files" in out) == (0, True)


def test_pruning_asks(installed: Cli, db: Connection, terminal: tuple[int, int]) -> None:
    db.execute("create function credits.extra() returns int language sql as 'select 1'")
    exists = "select from pg_proc where proname = 'extra'"
    code, _, err = answer(installed, terminal, "n\n", "apply", "--prune")
    assert (code, "Drop the functions" in err) == (130, True)
    assert len(db.execute(exists).fetchall()) == 1
    code, _, err = answer(installed, terminal, "", "apply", "--prune", "--yes")
    assert (code, "Drop the functions" in err) == (0, False)
    assert db.execute(exists).fetchall() == []
