"""Other sessions: who is in our way, and that we are in nobody's."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits import migrate
from pgcredits.embedded import LocalPostgres
from pgcredits.migrate import lock
from tests.migrations.conftest import Cli, Connection, said, tables, until, waits_for
from tests.migrations.pooler import Pooler
from tests.migrations.test_surroundings import through

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.migrations.tree import Tree


@pytest.fixture
def installed(cli: Cli, tree: Tree) -> Cli:
    assert cli.run("apply").exit_code == 0
    tree.migration("0003_alter", "alter table credits_private.things add third text;")
    return cli


@pytest.fixture
def reader(installed: Cli, other: Connection) -> Connection:
    """Somebody who has read the table, and gone for lunch."""
    other.execute("begin")
    other.execute("select * from credits_private.things")
    return other


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that the server's user may enter, too; those of pytest are for us alone."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def waits_for_table(conn: Connection) -> bool:
    return waits_for(conn, "credits_private.things", "AccessExclusiveLock")


def test_other_readers_are_held_up_no_longer_than_lock_timeout(
    installed: Cli, db: Connection, reader: Connection
) -> None:
    """The ALTER TABLE may block them for a second; the first reader, for as long as he likes."""
    runner = installed.start("apply", "--lock-timeout", "1s", "--retries", "50")
    until(lambda: waits_for_table(db), "the file waits for the reader")
    db.execute("set statement_timeout = '60s'")
    assert db.execute("select count(*) from credits_private.things").fetchone() == (0,)
    state = "select state from pg_stat_activity where pid = %s"
    assert db.execute(state, (reader.info.backend_pid,)).fetchone() == ("idle in transaction",)
    reader.execute("commit")
    _, err = runner.communicate(timeout=60)
    assert runner.returncode == 0, err


def test_whoever_is_in_the_way_is_named(installed: Cli, db: Connection, reader: Connection) -> None:
    runner = installed.start("apply", "--lock-timeout", "0")
    [line] = said(runner, "0003_alter waits for")
    reader.execute("commit")
    runner.communicate(timeout=60)
    assert runner.returncode == 0
    assert line.startswith(
        f"0003_alter waits for process {reader.info.backend_pid}, user {db.info.user}, 'somebody',"
        " idle in transaction, for "
    )
    assert line.endswith(" s: select * from credits_private.things\n")


def test_a_password_in_somebodys_query_is_not_shown(
    installed: Cli, db: Connection, reader: Connection
) -> None:
    reader.execute("select 1 /* alter role app\npassWord 'Tulpe' valid until 'Nelke' */")
    runner = installed.start("apply", "--lock-timeout", "0")
    [line] = said(runner, "0003_alter waits for")
    reader.execute("commit")
    runner.communicate(timeout=60)
    assert line.endswith(" s: select 1 /* alter role app passWord ***\n")


def test_a_prepared_transaction_is_named_as_such(tree: Tree) -> None:
    with LocalPostgres(settings={"max_prepared_transactions": "2"}) as server:
        cli = Cli(server.dsn(), tree.root)
        cli.run("apply")
        tree.migration("0003_alter", "alter table credits_private.things add third text;")
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            conn.execute("begin; lock table credits_private.things; prepare transaction 'lost'")
            runner = cli.start("apply", "--lock-timeout", "0")
            [line] = said(runner, "0003_alter waits for")
            conn.execute("rollback prepared 'lost'")
        runner.communicate(timeout=60)
        assert runner.returncode == 0
        assert line == "0003_alter waits for a prepared transaction: see pg_prepared_xacts\n"


def test_a_run_goes_on_when_no_second_connection_is_to_be_had(
    installed: Cli, db: Connection, reader: Connection
) -> None:
    """The watcher is a convenience."""
    db.execute("create role lonely login connection limit 1 in role credits_owner")
    try:
        dsn = psycopg.conninfo.make_conninfo(installed.dsn, user="lonely")
        runner = Cli(dsn, installed.root).start("apply", "--lock-timeout", "1s", "--retries", "50")
        said(runner, "retry 0003_alter in")
        reader.execute("commit")
        runner.communicate(timeout=60)
        assert runner.returncode == 0
    finally:
        db.execute("drop role lonely")


@pytest.mark.parametrize("function", [migrate.status, migrate.plan, migrate.apply])
def test_a_current_database_costs_one_round_trip_and_no_lock(
    empty_dsn: str, tree: Tree, db: Connection, other: Connection, function: Any
) -> None:
    migrate.apply(empty_dsn, root=tree.root)
    other.execute("select pg_advisory_lock(%s)", (lock.KEY,))
    other.execute("begin")
    # All but reading is shut out; whoever asked for more would wait here for ever.
    other.execute("lock table credits_private.schema_migrations in exclusive mode")
    with Pooler(db.info.host, db.info.port, "session") as pooler:
        found = function(through(pooler, empty_dsn), root=tree.root)
    assert (pooler.connections, pooler.round_trips) == (1, 1)
    assert getattr(found, "is_current", not getattr(found, "applied", ()))


def test_timeouts_of_the_database_do_not_end_a_run(
    installed: Cli, db: Connection, tree: Tree
) -> None:
    """What is set for a role or a database is meant for applications."""
    settings = {
        "statement_timeout": "1min",
        "lock_timeout": "1min",
        "idle_in_transaction_session_timeout": "1ms",
    }
    if db.info.server_version >= 170000:
        settings["transaction_timeout"] = "1min"
    for name, value in settings.items():
        db.execute(f"alter database {db.info.dbname} set {name} = '{value}'".encode())
    names = ", ".join(f"'{name}'" for name in settings)
    tree.migration(
        "0004_sees",
        "do $$ declare v_bad text; begin select string_agg(s.name, ', ')"  # noqa: S608
        f" into v_bad from pg_catalog.pg_settings s where s.name in ({names})"
        " and s.setting <> case s.name when 'lock_timeout' then '2000' else '0' end;"
        " if v_bad <> '' then raise exception '%', v_bad; end if; end $$;",
    )
    result = installed.run("apply")
    assert result.exit_code == 0, result.stderr


def test_a_setting_that_the_platform_fixes_is_done_without(
    installed: Cli, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgcredits.migrate.connection._CHECK_INTERVAL", "no_such_setting")
    result = installed.run("apply")
    assert result.exit_code == 0, result.stderr
    assert tables(db) == {"things"}


def test_a_server_that_vanishes_during_a_file(installed: Cli, db: Connection) -> None:
    with Pooler(db.info.host, db.info.port, "session") as pooler:
        runner = Cli(through(pooler, installed.dsn), installed.root)
        db.execute("begin")
        db.execute("lock table credits_private.things in share mode")
        process = runner.start("apply", "--lock-timeout", "0")
        until(lambda: waits_for_table(db), "the file waits")
    _, err = process.communicate(timeout=60)
    db.execute("rollback")
    assert process.returncode == 8
    assert "[connection_lost]" in err


def test_a_standby_is_recognised(tree: Tree, open_directory: Path) -> None:
    data = open_directory / "data"
    with LocalPostgres(data_dir=data, durable=False) as primary:
        assert Cli(primary.dsn(), tree.root).run("apply").exit_code == 0
    (data / "standby.signal").touch()
    shutil.chown(data / "standby.signal", data.stat().st_uid)
    tree.migration("0003_alter", "alter table credits_private.things add third text;")
    with LocalPostgres(data_dir=data, durable=False) as standby:
        cli = Cli(standby.dsn(), tree.root)
        assert cli.run("status").exit_code == 0
        document = cli.json("apply")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("read_only_server", 8)
    assert "this server is a standby" in problem["message"]
    assert "connect to the primary" in problem["hint"]
