"""Files that cannot run in a transaction: what they leave when they fail, and the way back."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgcredits import migrate
from pgcredits.migrate import connection, sqltext
from pgcredits.migrate.errors import EXIT_CODES
from tests.migrations.conftest import Cli, Connection, recorded, said, until, waits_for
from tests.migrations.pooler import Pooler
from tests.migrations.test_apply import psql
from tests.migrations.test_runners import backends
from tests.migrations.test_surroundings import occupy_two_sessions, through

if TYPE_CHECKING:
    from tests.migrations.tree import Tree

HEAD = "-- Purpose: find things by their text.\n-- migrate: no-transaction\n"
INDEX = (
    f"{HEAD}create unique index concurrently if not exists by_more\n"
    "    on credits_private.things (more);\n"
)


@pytest.fixture
def installed(cli: Cli) -> Cli:
    assert cli.run("apply").exit_code == 0
    return cli


@pytest.fixture
def writer(installed: Cli, other: Connection) -> Connection:
    """Somebody who has written a row and not committed: a concurrent index build waits for him."""
    other.execute("begin")
    other.execute("insert into credits_private.things (thing, more) values (1, 'a')")
    return other


def index_state(conn: Connection) -> bool | None:
    """Whether by_more is valid; None when there is no such index."""
    query = (
        "select indisvalid from pg_index where indexrelid = to_regclass('credits_private.by_more')"
    )
    row = conn.execute(query).fetchone()
    return row[0] if row else None


def row(conn: Connection, number: str) -> tuple[str, bool] | None:
    """State of a recorded file, and whether its time is known."""
    query = (
        "select state, execution_ms is not null from credits_private.schema_migrations"
        " where id = %s"
    )
    return conn.execute(query, (number,)).fetchone()


def log(conn: Connection, number: str) -> list[str]:
    query = (
        "select action from credits_private.schema_migrations_log where migration = %s"
        " order by entry"
    )
    return [action for (action,) in conn.execute(query, (number,)).fetchall()]


def drift(cli: Cli) -> list[str]:
    """What verify says about objects that are not as the runner left them."""
    problems = migrate.verify(cli.dsn, root=cli.root).problems
    return [problem.message for problem in problems if problem.code.startswith("object_")]


def waits_for_writer(conn: Connection) -> bool:
    query = (
        "select 1 from pg_stat_progress_create_index"
        " where phase like 'waiting for writers%' and datname = current_database()"
    )
    return conn.execute(query).fetchone() is not None


def test_an_index_is_built_concurrently_between_transactions(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    tree.migration("0003_index", INDEX)
    tree.migration("0004_next", "create table credits_private.next ();")
    tree.function("credits.count_things", "select 7")
    assert [step["in_transaction"] for step in installed.json("plan")["steps"]] == [False, True]
    assert installed.run("apply").exit_code == 0
    assert index_state(db) is True
    assert row(db, "0003") == ("applied", True)
    assert log(db, "0003") == ["start", "apply"]
    assert installed.run("apply").stdout.count("nothing to do") == 1


def test_functions_come_after_a_last_file_without_a_transaction(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    tree.migration("0003_index", INDEX)
    tree.function("credits.count_things", "select 7")
    ids = [item["id"] for item in installed.json("apply")["applied"]]
    assert ids == ["0003", "functions/api/count_things.sql", "functions/access.sql"]
    assert db.execute("select credits.count_things()").fetchone() == (7,)


def test_it_does_not_time_out_waiting_for_a_lock(
    cli: Cli, tree: Tree, db: Connection, writer: Connection
) -> None:
    """A lock_timeout would leave an invalid index."""
    tree.migration("0003_index", INDEX)
    runner = cli.start("apply", "--lock-timeout", "50ms")
    until(lambda: waits_for_writer(db), "the build waits for the writer")
    query = (
        "select clock_timestamp() - query_start > '200ms' from pg_stat_activity"
        " where query like '%index concurrently%' and pid <> pg_backend_pid()"
        " and datname = current_database()"
    )
    until(lambda: db.execute(query).fetchone() == (True,), "longer than lock_timeout")
    writer.execute("commit")
    _, progress = runner.communicate(timeout=60)
    assert runner.returncode == 0, progress
    assert index_state(db) is True


def test_a_failed_build_stops_everything_until_it_is_repaired(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    db.execute("insert into credits_private.things (thing, more) values (1, 'a'), (2, 'a')")
    tree.migration("0003_index", INDEX)
    tree.migration("0004_next", "create table credits_private.next ();")
    document = installed.json("apply")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("no_transaction_failed", 7)
    assert "0003_index.sql:3:1: ERROR 23505" in problem["message"]
    assert "the index credits_private.by_more is invalid" in problem["message"]
    assert "repair --mark-pending 0003" in problem["hint"]
    assert row(db, "0003") == ("failed", False)
    assert index_state(db) is False

    for _ in range(2):
        document = installed.json("apply")
        [problem] = document["problems"]
        assert (problem["code"], document["exit_code"]) == ("half_applied", 7)
        assert "and failed; the index credits_private.by_more is invalid" in problem["message"]
        assert "repair --mark-pending 0003" in problem["hint"]
    assert "0004" not in recorded(db)

    refused = installed.json("repair", "--mark-applied", "0003", "--reason", "looks done")
    assert refused["problems"][0]["code"] == "cannot_repair"

    db.execute("delete from credits_private.things where thing = 2")
    assert installed.run("repair", "--mark-pending", "0003", "--reason", "twins").exit_code == 0
    done = installed.run("apply")
    assert done.exit_code == 0, done.stderr
    assert "dropped the invalid index credits_private.by_more" in done.stderr
    assert index_state(db) is True
    assert log(db, "0003") == ["start", "fail", "mark pending", "start", "apply"]
    assert recorded(db)[:4] == ["0001", "0002", "0003", "0004"]


@pytest.mark.parametrize("end", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_is_cancelled_on_the_server(
    cli: Cli, tree: Tree, db: Connection, writer: Connection, end: tuple[signal.Signals, int]
) -> None:
    number, code = end
    tree.migration("0003_index", INDEX)
    runner = cli.start("apply", "--json")
    until(lambda: waits_for_writer(db), "the build waits for the writer")
    runner.send_signal(number)
    out, err = runner.communicate(timeout=60)
    assert (runner.returncode, json.loads(out)["exit_code"]) == (code, code)
    assert "0003_index.sql was interrupted and cannot be rolled back" in err
    assert "repair --mark-pending 0003" in err
    assert "Traceback" not in err
    assert not waits_for_writer(db)
    assert row(db, "0003") == ("failed", False)
    writer.execute("commit")
    assert cli.run("apply").exit_code == 7
    assert cli.run("repair", "--mark-pending", "0003", "--reason", "Ctrl-C").exit_code == 0
    assert cli.run("apply").exit_code == 0
    assert index_state(db) is True


@pytest.mark.parametrize(
    "end", [("pg_cancel_backend", "failed"), ("pg_terminate_backend", "running")]
)
def test_a_build_that_cannot_be_recorded(
    cli: Cli, tree: Tree, db: Connection, writer: Connection, end: tuple[str, str]
) -> None:
    """The index is there; only a person can say so now."""
    function, state = end
    tree.migration("0003_index", INDEX)
    runner = cli.start("apply", "--json")
    until(lambda: waits_for_writer(db), "the build waits for the writer")
    with psycopg.connect(cli.dsn) as keeper:
        # Lets the runner change its row, but not what it knows of the catalogue.
        keeper.execute("lock table credits_private.schema_objects in share mode")
        writer.execute("commit")
        wanted = ("credits_private.schema_objects", "RowExclusiveLock")
        until(lambda: waits_for(db, *wanted), "it wants to record the index")
        db.execute(f"select {function}(%s)".encode(), (backends(db)[0],))
        out, err = runner.communicate(timeout=60)
    assert runner.returncode == 7, err
    [problem] = json.loads(out)["problems"]
    assert (problem["code"], problem["id"]) == ("no_transaction_failed", "0003")
    assert "0003_index.sql has run, which cannot be rolled back" in problem["message"]
    assert "repair --mark-applied 0003" in problem["hint"]
    assert row(db, "0003") == (state, False)
    assert index_state(db) is True
    stopped = cli.run("apply")
    assert (stopped.exit_code, "is there and valid" in stopped.stderr) == (7, True)
    assert cli.run("repair", "--mark-applied", "0003", "--reason", "it is").exit_code == 0
    assert "nothing to do" in cli.run("apply").stdout
    assert drift(cli) == []


def test_a_verify_script_that_finds_fault_with_what_has_run(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    tree.migration("0003_index", INDEX)
    (tree.root / "verify").mkdir()
    tree.write("verify/0003_index.sql", "select 1 / 0;")
    document = installed.json("apply")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("no_transaction_failed", 7)
    assert "verify/0003_index.sql:1:1: ERROR 22012" in problem["message"]
    assert "0003_index.sql has run, which cannot be rolled back" in problem["message"]
    assert row(db, "0003") == ("failed", False)


def test_a_second_runner_does_not_take_a_running_file_for_a_failed_one(
    cli: Cli, tree: Tree, db: Connection, writer: Connection
) -> None:
    tree.migration("0003_index", INDEX)
    first = cli.start("apply")
    until(lambda: waits_for_writer(db), "the build waits for the writer")
    second = cli.start("apply")
    said(second, "waiting for another runner: process")
    assert cli.json("status")["problems"][0]["code"] == "half_applied"
    writer.execute("commit")
    assert "applied 1 file" in first.communicate(timeout=60)[0]
    assert "nothing to do" in second.communicate(timeout=60)[0]
    assert (first.returncode, second.returncode) == (0, 0)


def test_the_server_says_what_it_waits_for(
    cli: Cli, tree: Tree, db: Connection, writer: Connection
) -> None:
    """Progress of the build, and who is in its way, from a second connection."""
    tree.migration("0003_index", INDEX)
    runner = cli.start("apply")
    blocker, progress = said(runner, "0003_index waits for", "0003_index: waiting")
    writer.execute("commit")
    runner.communicate(timeout=60)
    assert runner.returncode == 0
    assert blocker.startswith(
        f"0003_index waits for process {writer.info.backend_pid}, user {db.info.user}, 'somebody',"
        " idle in transaction, for "
    )
    assert "insert into credits_private.things" in blocker
    assert progress.startswith("0003_index: waiting for writers before build")


def test_work_that_was_done_by_hand_is_marked_as_applied(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    db.execute("insert into credits_private.things (thing, more) values (1, 'a'), (2, 'a')")
    tree.migration("0003_index", INDEX)
    assert installed.run("apply").exit_code == 7
    db.execute("delete from credits_private.things where thing = 2")
    db.execute("reindex index credits_private.by_more")
    assert installed.run("repair", "--mark-applied", "0003", "--reason", "by hand").exit_code == 0
    assert row(db, "0003") == ("applied", False)
    assert "nothing to do" in installed.run("apply").stdout
    assert drift(installed) == []


def test_verify_knows_the_new_index(installed: Cli, tree: Tree, db: Connection) -> None:
    tree.migration("0003_index", INDEX)
    installed.run("apply")
    assert drift(installed) == []


def test_the_printed_script_does_the_same_through_psql(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    tree.migration("0003_index", INDEX)
    tree.migration("0004_next", "create table credits_private.next ();")
    psql(installed.dsn, stdin=installed.run("plan", "--sql").stdout)
    assert installed.run("status", "--check").exit_code == 0
    assert index_state(db) is True
    assert log(db, "0003") == ["start", "apply"]
    assert drift(installed) == []


def test_a_pooler_that_moves_us_is_refused_before_the_file_is_started(
    installed: Cli, tree: Tree, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.migration("0003_index", INDEX)
    monkeypatch.setattr(connection, "_is_shared", lambda *_: False)
    with Pooler(db.info.host, db.info.port, "transaction", rotates=True) as pooler:
        dsn = through(pooler, installed.dsn)
        occupy_two_sessions(dsn)
        document = Cli(dsn, tree.root).json("apply")
    assert [problem["code"] for problem in document["problems"]] == ["transaction_pooler"]
    assert row(db, "0003") is None
    assert index_state(db) is None


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("0003_two", f"{HEAD}select 1; select 2;", "not_one_statement"),
        ("0003_none", HEAD, "not_one_statement"),
        ("0003_typo", "-- migrate: no-transactions\nselect 1;", "bad_directive"),
        ("0003_cic", INDEX.removeprefix(HEAD), "needs_no_transaction"),
        ("0003_vacuum", "select 1; vacuum credits_private.things;", "needs_no_transaction"),
    ],
)
def test_files_that_cannot_work_are_refused_before_connecting(
    tree: Tree, name: str, text: str, code: str
) -> None:
    tree.migration(name, text)
    document = Cli("host=127.0.0.1 port=1", tree.root).json("apply")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == (code, EXIT_CODES[code])
    assert EXIT_CODES[code] == 2
    assert name in problem["message"]


def test_functions_always_have_a_transaction(tree: Tree) -> None:
    tree.write("functions/api/odd.sql", "-- migrate: no-transaction\nselect 1;")
    document = Cli("host=127.0.0.1 port=1", tree.root).json("apply")
    assert document["problems"][0]["code"] == "bad_directive"


@pytest.mark.parametrize(
    "text",
    [
        "create index concurrently x on t (a)",
        "CREATE UNIQUE INDEX CONCURRENTLY x ON t (a)",
        "drop index concurrently x",
        "reindex index concurrently x",
        "reindex (verbose, concurrently) table t",
        "reindex schema s",
        "vacuum",
        "vacuum (analyze) t",
        "cluster",
        "alter system set work_mem = '1MB'",
        "create database d",
        "drop database d",
        "create tablespace t location '/x'",
        "alter database d set tablespace t",
        "alter table t detach partition p concurrently",
        "create subscription s connection '' publication p",
        "discard all",
    ],
)
def test_what_the_server_refuses_inside_a_transaction(text: str, db: Connection) -> None:
    [statement] = sqltext.statements(text)
    assert sqltext.outside_transaction(statement.tokens) is not None


@pytest.mark.parametrize(
    "text",
    [
        "create index x on t (a)",
        "create table concurrently (a int)",
        "refresh materialized view concurrently v",
        "reindex index x",
        "cluster t using x",
        "alter table t detach partition p",
        "alter database d set work_mem = '1MB'",
        "comment on table t is 'vacuum'",
        "discard plans",
    ],
)
def test_what_the_server_takes_inside_a_transaction(text: str) -> None:
    [statement] = sqltext.statements(text)
    assert sqltext.outside_transaction(statement.tokens) is None


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("create index concurrently i on s.t (a)", ("s", "i")),
        ("create unique index concurrently if not exists i on only s.t (a)", ("s", "i")),
        ('create index concurrently "I x" on "S".t (a)', ("S", "I x")),
        ("create index concurrently on s.t (a)", None),
        ("create index i on s.t (a)", None),
        ("drop index concurrently s.i", None),
        ("vacuum", None),
    ],
)
def test_which_index_a_statement_builds(text: str, index: tuple[str, str] | None) -> None:
    [statement] = sqltext.statements(text)
    assert sqltext.concurrent_index(statement.tokens) == index
