"""Several runners at once, runners that wait, and runners that are killed."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits import migrate
from pgcredits.migrate import history, lock
from tests.migrations.conftest import (
    Cli,
    Connection,
    recorded,
    said,
    tables,
    until,
    waits_for,
)

if TYPE_CHECKING:
    from tests.migrations.tree import Tree

GATED = "create table credits_private.third ();\nlock table public.gate in share mode;"


@pytest.fixture
def gate(tree: Tree, other: Connection) -> Connection:
    """0003 creates a table, then waits for this session, which is in a transaction."""
    tree.migration("0003_gated", GATED)
    other.execute("create table public.gate ()")
    other.execute("grant all on public.gate to public")
    other.execute("begin")
    other.execute("lock table public.gate in access exclusive mode")
    return other


def backends(conn: Connection) -> list[int]:
    query = (
        "select pid from pg_stat_activity"
        " where application_name like 'pgcredits migrate%' and datname = current_database()"
    )
    return [row[0] for row in conn.execute(query).fetchall()]


def is_waiting_at_gate(conn: Connection) -> bool:
    return waits_for(conn, "public.gate", "ShareLock")


def test_a_database_that_another_runner_installs_while_we_look(empty_dsn: str, tree: Tree) -> None:
    class Looking(psycopg.Connection[Any]):
        def execute(self, query: Any, *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
            if query == history._TABLE_EXISTS:  # the first look has found nothing
                migrate.apply(empty_dsn, root=tree.root)
            return super().execute(query, *arguments, **options)

    with Looking.connect(empty_dsn, autocommit=True) as conn:
        assert "0002" in history.read(conn).rows


@pytest.mark.parametrize("count", [2, 20])
def test_many_runners_on_one_empty_database(cli: Cli, db: Connection, count: int) -> None:
    runners = [cli.start("apply", "--json") for _ in range(count)]
    outputs = [runner.communicate(timeout=120) for runner in runners]
    assert [runner.returncode for runner in runners] == [0] * count, outputs
    applied = [item["id"] for out, _ in outputs for item in json.loads(out)["applied"]]
    assert sorted(applied) == recorded(db)
    assert len(applied) == 6


def test_a_runner_tells_who_has_the_lock_and_gives_up(
    cli: Cli, db: Connection, other: Connection
) -> None:
    other.execute("select pg_advisory_lock(%s)", (lock.KEY,))
    result = cli.run("apply", "--lock-wait", "100ms")
    assert result.exit_code == 5
    assert "waiting for another runner: process" in result.stderr
    assert f"process {other.info.backend_pid}, user {db.info.user}, 'somebody'" in result.stderr
    assert "[lock_held]" in result.stderr
    assert db.execute("select from pg_namespace where nspname = 'credits'").fetchall() == []


def test_a_runner_that_waited_finds_the_work_done(
    cli: Cli, db: Connection, gate: Connection
) -> None:
    first = cli.start("apply", "--lock-timeout", "60s")
    until(lambda: is_waiting_at_gate(db), "the first runner stands at the gate")
    second = cli.start("apply", "--lock-wait", "60s")
    until(lambda: len(backends(db)) == 2, "the second runner is connected")
    [line] = said(second, "waiting for another runner: process")
    assert "pgcredits migrate" in line
    gate.execute("commit")
    assert "applied 7 files" in first.communicate(timeout=60)[0]
    assert "nothing to do" in second.communicate(timeout=60)[0]
    assert (first.returncode, second.returncode) == (0, 0)


def test_waiting_runners_keep_no_snapshot(cli: Cli, db: Connection, other: Connection) -> None:
    other.execute("select pg_advisory_lock(%s)", (lock.KEY,))
    runner = cli.start("apply")
    said(runner, "waiting")
    [pid] = backends(db)
    query = "select state, xact_start from pg_stat_activity where pid = %s"
    until(lambda: db.execute(query, (pid,)).fetchone() == ("idle", None), "idle between two polls")
    other.execute("select pg_advisory_unlock(%s)", (lock.KEY,))
    runner.communicate(timeout=60)
    assert runner.returncode == 0


def test_lock_timeout_gives_up_and_leaves_nothing(
    cli: Cli, db: Connection, gate: Connection
) -> None:
    result = cli.run("apply", "--lock-timeout", "50ms", "--retries", "2")
    assert result.exit_code == 5
    assert "retry 0003_gated in" in result.stderr
    assert "[lock_timeout] gave up after 2 tries" in result.stderr
    assert "0003_gated.sql:2:1: ERROR 55P03" in result.stderr
    assert tables(db) == {"things"}
    assert "0003" not in recorded(db)
    until(lambda: not backends(db), "the session has gone")
    gate.execute("commit")
    assert cli.run("apply").exit_code == 0


def test_a_lock_on_the_history_itself(
    cli: Cli, db: Connection, tree: Tree, other: Connection
) -> None:
    cli.run("apply")
    tree.migration("0003_next", "create table credits_private.third ();")
    other.execute("begin")
    other.execute("lock table credits_private.schema_migrations in exclusive mode")
    result = cli.run("apply", "--lock-timeout", "50ms", "--retries", "2")
    assert result.exit_code == 5
    assert "[lock_timeout] gave up after 2 tries: 0003_next: canceling" in result.stderr
    assert tables(db) == {"things"}


def test_readers_do_not_wait_while_the_bootstrap_runs_again(
    cli: Cli, tree: Tree, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.run("apply")
    monkeypatch.setattr(history, "LOCK_TIMEOUT", "50ms")
    held = (
        "select relation::regclass::text, mode from pg_locks where pid = pg_backend_pid()"
        " and relation in (select oid from pg_class where relname like 'schema%' and relkind = 'r'"
        " and relnamespace = 'credits_private'::regnamespace)"
    )
    with other.transaction():
        other.execute((tree.root / "bootstrap.sql").read_bytes())
        assert other.execute(held).fetchall() == []
        assert cli.run("status", "--check").exit_code == 0


def test_a_history_that_somebody_has_locked_against_readers(
    cli: Cli, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.run("apply")
    monkeypatch.setattr(history, "LOCK_TIMEOUT", "50ms")
    with other.transaction():
        other.execute("lock table credits_private.schema_migrations in access exclusive mode")
        for command in ("status", "plan", "apply", "verify"):
            document = cli.json(command)
            assert document["exit_code"] == 5
            [problem] = document["problems"]
            assert problem["code"] == "lock_timeout"
            who = (
                f"process {other.info.backend_pid}, user postgres, 'somebody', idle in transaction"
            )
            assert f"cannot be read, because {who} has locked it" in problem["message"]
    assert cli.run("status", "--check").exit_code == 0


def test_a_file_is_tried_again_until_the_lock_is_free(
    cli: Cli, db: Connection, gate: Connection
) -> None:
    runner = cli.start("apply", "--lock-timeout", "50ms", "--retries", "8")
    said(runner, "retry 0003_gated")
    gate.execute("commit")
    out, err = runner.communicate(timeout=60)
    assert runner.returncode == 0, err
    assert "applied 7 files" in out


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_a_runner_stopped_in_mid_file_leaves_nothing(
    cli: Cli, db: Connection, gate: Connection, number: signal.Signals, code: int
) -> None:
    runner = cli.start("apply", "--lock-timeout", "0", "--json")
    until(lambda: is_waiting_at_gate(db), "the runner stands at the gate")
    runner.send_signal(number)
    out, err = runner.communicate(timeout=60)
    assert runner.returncode == code
    if code > 0:
        document = json.loads(out)
        assert document["exit_code"] == code
        assert [item["id"] for item in document["applied"]] == ["bootstrap.sql", "0001", "0002"]
        assert len(document["problems"]) == 1
        assert "rolled back" in err
        assert "Traceback" not in err
    until(lambda: not backends(db), "the server has noticed")
    assert tables(db) == {"things"}
    assert recorded(db) == ["0001", "0002", "bootstrap.sql"]
    gate.execute("commit")
    assert cli.run("apply").exit_code == 0
    assert tables(db) == {"things", "third"}


def test_a_runner_whose_session_is_ended(cli: Cli, db: Connection, gate: Connection) -> None:
    runner = cli.start("apply", "--lock-timeout", "0")
    until(lambda: is_waiting_at_gate(db), "the runner stands at the gate")
    db.execute("select pg_terminate_backend(%s)", (backends(db)[0],))
    _, err = runner.communicate(timeout=60)
    assert runner.returncode == 8
    assert "[connection_lost]" in err
    assert "Traceback" not in err
    assert tables(db) == {"things"}


def test_databases_of_one_server_can_be_installed_at_once(
    cli: Cli, db: Connection, tree: Tree
) -> None:
    """The roles are made once for all of them."""
    names = [f"{db.info.dbname}_{number}" for number in range(4)]
    dsns = [psycopg.conninfo.make_conninfo(cli.dsn, dbname=name) for name in names]
    for name in names:
        db.execute(f"create database {name}".encode())
    try:
        runners = [Cli(dsn, tree.root).start("apply") for dsn in dsns]
        results: list[Any] = [(r.communicate(timeout=60), r.returncode) for r in runners]
        assert [code for _, code in results] == [0] * 4, results
    finally:
        for name in names:
            db.execute(f"drop database if exists {name} with (force)".encode())


def test_exit_code_of_a_process_is_the_one_of_the_command(cli: Cli) -> None:
    runner = cli.start("status", "--check")
    runner.communicate(timeout=60)
    assert runner.returncode == 3
