"""One file for psql, equal in effect to `apply`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner

from pgcredits import migrate
from pgcredits.cli.migrate import migrate as command
from pgcredits.migrate import lock
from tests.migrations.conftest import Cli, Connection, recorded, tables
from tests.migrations.programs import dumped, run_psql
from tests.migrations.tree import Tree, filled

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (
    "select id, kind, name, checksum, state, applied_by, runner_version, body"
    " from credits_private.schema_migrations order by id"
)
OBJECTS = "select object, digest from credits_private.schema_objects order by object"


def contents(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(query.encode()).fetchall()


def written(path: Path, root: Path | None = None, start: str | None = None) -> Path:
    path.write_text(migrate.bundle(root, start=start), "utf-8")
    return path


def complaint(dsn: str, file: Path) -> str:
    """What psql says; it must have stopped."""
    done = run_psql(dsn, file)
    assert done.returncode == 3, done.stdout
    return done.stderr


def assert_same(dsn: str, released_dsn: str) -> None:
    """Nothing tells an install by bundle from one by the runner."""
    assert contents(dsn, ROWS) == contents(released_dsn, ROWS)
    assert contents(dsn, OBJECTS) == contents(released_dsn, OBJECTS)
    assert dumped(dsn) == dumped(released_dsn)
    assert migrate.verify(dsn).problems == ()
    assert migrate.status(dsn).is_current
    assert migrate.apply(dsn).applied == ()


def test_through_psql_it_is_what_apply_does(
    empty_dsn: str, released_dsn: str, tmp_path: Path
) -> None:
    done = run_psql(empty_dsn, written(tmp_path / "bundle.sql"))
    assert (done.returncode, done.stderr) == (0, "")
    assert_same(empty_dsn, released_dsn)


def send(dsn: str, text: str, how: str) -> list[str]:
    """Hand the whole text to the driver, and return the notices."""
    notices: list[str] = []
    with psycopg.connect(dsn, autocommit=how != "in a transaction") as conn:
        conn.add_notice_handler(lambda diagnostic: notices.append(str(diagnostic.message_primary)))
        if how == "extended protocol":
            with conn.pipeline():
                conn.execute(text.encode())
        else:
            conn.execute(text.encode())
    return notices


DRIVERS = ["simple query", "extended protocol", "in a transaction"]


@pytest.mark.parametrize("how", DRIVERS)
def test_a_driver_or_an_editor_that_sends_it_does_the_same(
    empty_dsn: str, released_dsn: str, how: str
) -> None:
    assert send(empty_dsn, migrate.bundle(), how) == []
    assert_same(empty_dsn, released_dsn)


STOP = ("-v", "ON_ERROR_STOP=1")
GO_ON = ("-v", "ON_ERROR_ROLLBACK=on")
OPTIONS = [(), ("-1",), STOP, ("-1", *STOP), GO_ON, ("-1", *GO_ON), ("-1", *STOP, *GO_ON)]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_psql_may_be_called_in_any_way(
    cli: Cli, db: Connection, tree: Tree, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """It happens wholly; after a refusal, or an error near the end, not at all."""
    tree.migration("0003_bad", "create table credits_private.third (); select no_such_column;")
    done = run_psql(cli.dsn, written(tmp_path / "bad.sql", tree.root), options)
    assert "no_such_column" in done.stderr
    assert db.execute("select from pg_namespace where nspname = 'credits'").fetchall() == []

    tree.remove("migrations/0003_bad.sql")
    done = run_psql(cli.dsn, written(tmp_path / "good.sql", tree.root), options)
    assert (done.returncode, done.stderr) == (0, "")
    assert migrate.status(cli.dsn, root=tree.root).is_current
    before = contents(cli.dsn, ROWS), contents(cli.dsn, OBJECTS)

    tree.migration("0003_next", "create table credits_private.third ();")
    for start in (None, "0001"):  # it is for another state
        done = run_psql(cli.dsn, written(tmp_path / "wrong.sql", tree.root, start), options)
        assert "this bundle is for a database" in done.stderr
        assert (contents(cli.dsn, ROWS), contents(cli.dsn, OBJECTS)) == before
    assert tables(db) == {"things"}


@pytest.mark.parametrize("how", DRIVERS)
def test_a_refusal_through_a_driver_changes_nothing(
    cli: Cli, db: Connection, tree: Tree, how: str
) -> None:
    cli.run("apply")
    before = contents(cli.dsn, ROWS)
    tree.migration("0003_next", "create table credits_private.third ();")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        send(cli.dsn, migrate.bundle(tree.root), how)
    assert contents(cli.dsn, ROWS) == before
    assert tables(db) == {"things"}


def test_it_leaves_a_transaction_around_it_as_it_was(
    db: Connection, tree: Tree, tmp_path: Path
) -> None:
    """A tool writes its own record afterwards, in the same transaction and as the same role."""
    names = ("search_path", "lock_timeout", "datestyle", "timezone", "check_function_bodies")
    state = "select current_user, " + ", ".join(f"current_setting('{name}')" for name in names)
    for setting in ("search_path = tool", "lock_timeout = '7s'", "datestyle = 'German'"):
        db.execute(f"set {setting}".encode())
    db.execute("create schema tool; create table tool.history ()")
    before = db.execute(state.encode()).fetchone()
    with db.transaction():
        db.execute(migrate.bundle(tree.root).encode())
        assert db.execute(state.encode()).fetchone() == before
        db.execute("insert into history default values")
    assert db.execute(state.encode()).fetchone() == before
    assert migrate.status(db.info.dsn, root=tree.root).is_current


def test_a_role_that_was_taken_before_stays_taken(
    db: Connection, tree: Tree, tmp_path: Path
) -> None:
    db.execute("create role steward superuser")
    try:
        db.execute("set role steward")
        db.execute(migrate.bundle(tree.root).encode())
        assert db.execute("select current_user").fetchone() == ("steward",)
    finally:
        db.execute("reset role; drop owned by steward; drop role steward")


@pytest.mark.parametrize("start", [file.id for file in migrate.discover().versioned])
def test_from_each_migration_on(
    empty_dsn: str, released_dsn: str, tmp_path: Path, start: str
) -> None:
    migrate.apply(empty_dsn, to=start)
    done = run_psql(empty_dsn, written(tmp_path / "bundle.sql", start=start))
    assert (done.returncode, done.stderr) == (0, "")
    assert_same(empty_dsn, released_dsn)


def test_what_was_changed_by_hand_stays_known(
    cli: Cli, db: Connection, tree: Tree, tmp_path: Path
) -> None:
    cli.run("apply")
    db.execute("alter table credits_private.things alter column more set not null")
    tree.migration("0003_next", "create table credits_private.third ();")
    assert run_psql(cli.dsn, written(tmp_path / "b.sql", tree.root, "0002")).returncode == 0
    named = {p.id for p in migrate.verify(cli.dsn, root=tree.root).problems if "object" in p.code}
    assert named == {"column credits_private.things.more"}


def test_records_of_files_that_are_gone_are_deleted(
    cli: Cli, db: Connection, tree: Tree, tmp_path: Path
) -> None:
    cli.run("apply")
    tree.remove("functions/api/count_things.sql")
    tree.remove("functions/private/things_counted.sql")
    tree.access("select 1;")
    tree.migration(
        "0003_drop",
        "drop function credits.count_things(); drop function credits_private.things_counted();",
    )
    done = run_psql(cli.dsn, written(tmp_path / "b.sql", tree.root, "0002"))
    assert (done.returncode, done.stderr) == (0, "")
    assert recorded(db) == ["0001", "0002", "0003", "bootstrap.sql", "functions/access.sql"]
    assert migrate.status(cli.dsn, root=tree.root).is_current


# It stops before it changes anything.


def test_not_twice(cli: Cli, db: Connection, tree: Tree, tmp_path: Path) -> None:
    cli.run("apply")
    text = complaint(cli.dsn, written(tmp_path / "b.sql", tree.root))
    assert "pgcredits is here already" in text
    assert "bundle --from" in text


@pytest.mark.parametrize("to", [None, "0001"])
def test_not_onto_another_state(cli: Cli, tree: Tree, tmp_path: Path, to: str | None) -> None:
    if to:
        migrate.apply(cli.dsn, root=tree.root, to=to)
    text = complaint(cli.dsn, written(tmp_path / "b.sql", tree.root, "0002"))
    assert "this bundle is for a database at migration 0002" in text


def test_not_onto_other_texts(cli: Cli, tree: Tree, tmp_path: Path) -> None:
    cli.run("apply")
    tree.migration("0002_more", "select 'edited';")
    text = complaint(cli.dsn, written(tmp_path / "b.sql", tree.root, "0002"))
    assert "as this release has it" in text


def test_not_while_a_runner_is_at_work(
    cli: Cli, db: Connection, other: Connection, tree: Tree, tmp_path: Path
) -> None:
    other.execute("select pg_advisory_lock(%s)", (lock.KEY,))
    assert "a migration runner is at work" in complaint(
        cli.dsn, written(tmp_path / "b.sql", tree.root)
    )
    assert db.execute("select from pg_namespace where nspname = 'credits'").fetchall() == []


def test_a_file_that_fails_leaves_nothing(
    cli: Cli, db: Connection, tree: Tree, tmp_path: Path
) -> None:
    tree.migration("0003_bad", "select no_such_column;")
    assert "no_such_column" in complaint(cli.dsn, written(tmp_path / "b.sql", tree.root))
    assert db.execute("select from pg_namespace where nspname = 'credits'").fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "create function credits_private.stray() returns int language sql as 'select 1'",
        "create function credits.count_things(int) returns int language sql as 'select 1'",
    ],
)
def test_functions_that_apply_would_refuse(
    cli: Cli, db: Connection, tree: Tree, tmp_path: Path, statement: str
) -> None:
    cli.run("apply")
    db.execute(statement.encode())
    tree.migration("0003_next", "create table credits_private.third ();")
    text = complaint(cli.dsn, written(tmp_path / "b.sql", tree.root, "0002"))
    assert "functions that no file defines, or with two signatures" in text
    assert tables(db) == {"things"}


def test_functions_of_a_newer_package(cli: Cli, db: Connection, tree: Tree, tmp_path: Path) -> None:
    cli.run("apply")
    db.execute(
        "update credits_private.schema_migrations set runner_version = '99.1.0'"
        " where id = 'functions/api/count_things.sql'"
    )
    tree.function("credits.count_things", "select 7")
    text = complaint(cli.dsn, written(tmp_path / "b.sql", tree.root, "0002"))
    assert "the database has functions of pgcredits 99.1.0, and this bundle is of" in text
    assert db.execute("select credits.count_things()").fetchone() == (0,)
    asked = tmp_path / "asked.sql"
    arguments = ["--directory", str(tree.root), "bundle", "--from", "0002", "-o", str(asked)]
    assert CliRunner().invoke(command, [*arguments, "--allow-downgrade"]).exit_code == 0
    assert run_psql(cli.dsn, asked).returncode == 0
    assert db.execute("select credits.count_things()").fetchone() == (7,)


# The command.


@pytest.fixture
def alone(tmp_path: Path) -> Tree:
    return filled(tmp_path / "alone")


def run(tree: Tree, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, ["--directory", str(tree.root), "bundle", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_no_database_is_needed(alone: Tree, tmp_path: Path) -> None:
    code, text, _ = run(alone)
    assert (code, text) == (0, migrate.bundle(alone.root))
    target = tmp_path / "out.sql"
    assert run(alone, "-o", str(target)) == (0, f"wrote {target}\n", "")
    assert target.read_text("utf-8") == text


@pytest.mark.parametrize("start", ["0003", "1", "functions/access.sql"])
def test_from_a_number_that_is_none(alone: Tree, start: str) -> None:
    code, text, complaints = run(alone, "--from", start)
    assert (code, text) == (2, "")
    assert f"there is no migration {start}; the newest is 0002" in complaints


def test_a_file_that_cannot_run_in_a_transaction(alone: Tree) -> None:
    alone.migration(
        "0003_index",
        "-- migrate: no-transaction\n"
        "create index concurrently i on credits_private.things (thing);",
    )
    code, text, complaints = run(alone)
    assert (code, text) == (2, "")
    assert "[not_in_bundle]" in complaints
    assert run(alone, "--from", "0003")[0] == 0


def test_a_target_that_cannot_be_written(alone: Tree, tmp_path: Path) -> None:
    code, _, complaints = run(alone, "-o", str(tmp_path / "no" / "such" / "directory.sql"))
    assert code == 2
    assert "[not_writable]" in complaints
