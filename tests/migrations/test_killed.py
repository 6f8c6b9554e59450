"""``kill -9`` of the runner in each phase, then again: the same catalogue as without it."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits.embedded import find_bindir
from pgcredits.migrate import lock
from tests.migrations.conftest import Cli, Connection, said, until, waits_for
from tests.migrations.test_outside import INDEX, index_state, row, waits_for_writer
from tests.migrations.test_runners import backends, is_waiting_at_gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.migrations.tree import Tree

GATE = "\nlock table public.gate in share mode;\n"


def make_gate(conn: Connection) -> None:
    conn.execute("create table if not exists public.gate ()")
    conn.execute("grant all on public.gate to public")


@pytest.fixture
def gate(db: Connection, other: Connection) -> Connection:
    """Files with GATE wait here until this session commits."""
    make_gate(db)
    other.execute("begin")
    other.execute("lock table public.gate in access exclusive mode")
    return other


@pytest.fixture
def undisturbed(cli: Cli, db: Connection) -> Iterator[Cli]:
    """The same files for another database, where nobody is in the way."""
    name = f"{db.info.dbname}_undisturbed"
    db.execute(f"create database {name}".encode())
    dsn = psycopg.conninfo.make_conninfo(cli.dsn, dbname=name)
    try:
        with psycopg.connect(dsn, autocommit=True) as conn:
            make_gate(conn)
        make_gate(db)
        yield Cli(dsn, cli.root)
    finally:
        db.execute(f"drop database {name} with (force)".encode())


def catalogue(cli: Cli) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What pg_dump says about the schema, and what is recorded."""
    done = subprocess.run(
        [find_bindir() / "pg_dump", "--schema-only", "--dbname", cli.dsn],
        capture_output=True,
        text=True,
        check=True,
    )
    # pg_dump puts a random word into these lines.
    lines = [
        s for s in done.stdout.splitlines() if not s.startswith(("\\restrict", "\\unrestrict"))
    ]
    with psycopg.connect(cli.dsn) as conn:
        recorded = conn.execute(
            "select id, kind, name, checksum, state, body from credits_private.schema_migrations"
            " order by id"
        ).fetchall()
    assert len(lines) > 100
    return lines, recorded


def wants_history(conn: Connection) -> bool:
    return waits_for(conn, "credits_private.schema_migrations", "RowExclusiveLock")


def kill(cli: Cli, db: Connection, *arguments: str) -> None:
    """Start a runner, kill it at the gate, and wait until the server has noticed."""
    runner = cli.start("apply", "--lock-timeout", "0", *arguments)
    until(lambda: is_waiting_at_gate(db), "the runner stands at the gate")
    runner.kill()
    runner.communicate(timeout=60)
    assert runner.returncode == -9
    until(lambda: not backends(db), "the server has noticed")


@pytest.fixture(params=[(), ("--single-transaction",)])
def options(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    return found


@pytest.fixture(
    params=[
        "bootstrap.sql",
        "migrations/0002_more.sql",
        "functions/private/things_counted.sql",
        "functions/access.sql",
    ]
)
def gated(request: pytest.FixtureRequest, tree: Tree) -> None:
    """One of the files waits at the gate."""
    path = request.param
    tree.write(path, (tree.root / path).read_text() + GATE)


@pytest.mark.usefixtures("gated")
def test_killed_inside_a_file(
    cli: Cli, undisturbed: Cli, db: Connection, gate: Connection, options: tuple[str, ...]
) -> None:
    kill(cli, db, *options)
    gate.execute("commit")
    again = cli.run("apply")
    assert again.exit_code == 0, again.stderr
    assert undisturbed.run("apply").exit_code == 0
    assert catalogue(cli) == catalogue(undisturbed)


def test_killed_while_it_writes_the_history(
    cli: Cli, undisturbed: Cli, tree: Tree, db: Connection, gate: Connection
) -> None:
    assert cli.run("apply").exit_code == 0
    tree.migration("0003_next", "create table credits_private.next ();")
    tree.function("credits.count_things", "select 3")
    gate.execute("lock table credits_private.schema_migrations in share mode")
    runner = cli.start("apply", "--lock-timeout", "0")
    until(lambda: wants_history(db), "it wants to write the history")
    runner.kill()
    runner.communicate(timeout=60)
    until(lambda: not backends(db), "the server has noticed")
    gate.execute("commit")
    assert cli.run("apply").exit_code == 0
    assert undisturbed.run("apply").exit_code == 0
    assert catalogue(cli) == catalogue(undisturbed)


def test_killed_while_it_waits_for_another_runner(
    cli: Cli, undisturbed: Cli, tree: Tree, db: Connection, gate: Connection
) -> None:
    path = "migrations/0002_more.sql"
    tree.write(path, (tree.root / path).read_text() + GATE)
    first = cli.start("apply", "--lock-timeout", "0")
    until(lambda: is_waiting_at_gate(db), "the first runner stands at the gate")
    second = cli.start("apply")
    said(second, "waiting for another runner")
    second.kill()
    second.communicate(timeout=60)
    gate.execute("commit")
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert undisturbed.run("apply").exit_code == 0
    assert catalogue(cli) == catalogue(undisturbed)


@pytest.mark.parametrize("end", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("line", ["waiting for another runner", "retry 0002_more in"])
def test_stopped_between_statements(
    cli: Cli, tree: Tree, gate: Connection, line: str, end: tuple[signal.Signals, int]
) -> None:
    """While it waits for the lock of the runners, or for its next try."""
    number, code = end
    path = "migrations/0002_more.sql"
    tree.write(path, (tree.root / path).read_text() + GATE)
    if line.startswith("waiting"):
        gate.execute("select pg_advisory_lock(%s)", (lock.KEY,))
    runner = cli.start("apply", "--lock-timeout", "1ms", "--retries", "50")
    said(runner, line)
    runner.send_signal(number)
    _, err = runner.communicate(timeout=60)
    assert runner.returncode == code
    assert "interrupted\nwhat was not committed has been rolled back" in err
    assert "Traceback" not in err
    gate.execute("commit; select pg_advisory_unlock_all()")
    assert cli.run("apply").exit_code == 0


def test_killed_during_a_concurrent_index_build(
    cli: Cli, undisturbed: Cli, tree: Tree, db: Connection, other: Connection
) -> None:
    assert cli.run("apply").exit_code == 0
    tree.migration("0003_index", INDEX)
    tree.function("credits.count_things", "select 3")
    other.execute("begin")
    other.execute("insert into credits_private.things values (1, 'a')")
    runner = cli.start("apply")
    until(lambda: waits_for_writer(db), "the build waits for the writer")
    runner.kill()
    runner.communicate(timeout=60)
    until(lambda: not backends(db), "the server has noticed")
    other.execute("commit")
    assert row(db, "0003") == ("running", False)
    assert index_state(db) is False
    stopped = cli.run("apply")
    assert stopped.exit_code == 7
    assert "has not finished; the index credits_private.by_more is invalid" in stopped.stderr
    assert cli.run("repair", "--mark-pending", "0003", "--reason", "killed").exit_code == 0
    assert cli.run("apply").exit_code == 0
    assert undisturbed.run("apply").exit_code == 0
    assert catalogue(cli) == catalogue(undisturbed)


def test_killed_between_a_concurrent_index_build_and_its_record(
    cli: Cli, undisturbed: Cli, tree: Tree, db: Connection, other: Connection
) -> None:
    assert cli.run("apply").exit_code == 0
    tree.migration("0003_index", INDEX)
    other.execute("begin")
    other.execute("insert into credits_private.things values (1, 'a')")
    runner = cli.start("apply")
    until(lambda: waits_for_writer(db), "the build waits for the writer")
    with psycopg.connect(cli.dsn) as keeper:
        keeper.execute("lock table credits_private.schema_migrations in share mode")
        other.execute("commit")
        until(lambda: wants_history(db), "it wants to write the history")
        runner.kill()
        runner.communicate(timeout=60)
        until(lambda: not backends(db), "the server has noticed")
    assert row(db, "0003") == ("running", False)
    stopped = cli.run("apply")
    assert stopped.exit_code == 7
    assert "the index credits_private.by_more is there and valid" in stopped.stderr
    assert cli.run("repair", "--mark-applied", "0003", "--reason", "killed late").exit_code == 0
    assert "nothing to do" in cli.run("apply").stdout
    assert undisturbed.run("apply").exit_code == 0
    assert catalogue(cli) == catalogue(undisturbed)
