"""Three ways that end the same: `apply`, a bundle through psql, and the script of `plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits import migrate
from tests.migrations.conftest import Cli, Connection, recorded, tables
from tests.migrations.programs import run_psql
from tests.migrations.test_bundle import OBJECTS, ROWS, contents

if TYPE_CHECKING:
    from tests.conftest import Server
    from tests.migrations.tree import Tree

LOG = "select action, migration, checksum from credits_private.schema_migrations_log order by entry"


@pytest.fixture
def tangled(tree: Tree) -> Tree:
    """Functions that cannot be made in the order of their names, and one without anything."""
    tree.write(
        "functions/api/a_first.sql",
        "create or replace function credits.a_first(p_x bigint default credits_private.m_second())"
        " returns bigint begin atomic select credits.z_third(); end",
    )
    tree.write(
        "functions/private/m_second.sql",
        "create or replace function credits_private.m_second()"
        " returns bigint begin atomic select credits.z_third(); end",
    )
    tree.function("credits.z_third", "select count(*) from credits_private.things")
    return tree


def through(way: str, cli: Cli, tree: Tree, start: str | None) -> str:
    """Apply in one of three ways, and return what was said about a failure."""
    if way == "apply":
        result = cli.run("apply")
        return result.stderr if result.exit_code else ""
    text = migrate.bundle(tree.root, start=start)
    if way == "plan":
        text = migrate.plan(cli.dsn, root=tree.root).sql
    path = tree.root.parent / "script.sql"
    path.write_text(text, "utf-8")
    done = run_psql(cli.dsn, path)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr


WAYS = ["apply", "bundle", "plan"]


def test_functions_go_in_in_an_order_that_works(
    pg_server: Server, db: Connection, tangled: Tree
) -> None:
    """The same in all three ways, down to the log."""
    logs, digests = [], []
    for way in WAYS:
        name = f"{db.info.dbname}_{way}"
        db.execute(f"create database {name}".encode())
        try:
            dsn = pg_server.dsn(name)
            cli = Cli(dsn, tangled.root)
            assert through(way, cli, tangled, None) == ""
            assert contents(dsn, "select credits.a_first()") == [(0,)]
            logs.append(contents(dsn, LOG))
            digests.append(contents(dsn, OBJECTS))
        finally:
            db.execute(f"drop database {name} with (force)".encode())
    assert logs[0] == logs[1] == logs[2]
    assert digests[0] == digests[1] == digests[2]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "case",
    [
        (
            "functions/private/things_counted.sql",
            "create or replace function credits_private.things_counted() returns bigint"
            " language sql as 'select no_such from credits_private.things'",
            "no_such",
        ),
        (
            "functions/private/things_counted.sql",
            "create or replace function credits_private.things_counted() returns bigint"
            " language plpgsql as 'begin retrun 1; end'",
            "retrun",
        ),
        (
            "functions/private/things_counted.sql",
            "create or replace function credits_private.things_counted() returns bigint"
            " begin atomic select credits.nowhere(); end",
            "credits.nowhere()",
        ),
        (  # a function whose file did not change uses what is gone now
            "migrations/0003_away.sql",
            "drop table credits_private.things cascade;",
            "credits_private.things",
        ),
        (
            "migrations/0003_stray.sql",
            "do $$ begin"
            " execute 'create function credits_private.stray() returns int"
            " language sql as ''select 1'''; end $$;",
            "credits_private.stray()",
        ),
        (
            "functions/private/things_counted.sql",
            "create or replace function credits_private.things_counted(p_x int) returns bigint"
            " language sql as 'select 1::bigint'",
            "things_counted",
        ),
    ],
    ids=["sql", "plpgsql", "atomic", "table dropped", "stray", "second signature"],
)
def test_what_apply_refuses_at_its_end(
    cli: Cli, db: Connection, tree: Tree, way: str, case: tuple[str, str, str]
) -> None:
    path, text, named = case
    cli.run("apply")
    before = contents(cli.dsn, ROWS), contents(cli.dsn, OBJECTS)
    if not path.startswith("migrations"):
        tree.migration("0003_next", "create table credits_private.third ();")
    tree.write(path, text)
    assert named in through(way, cli, tree, "0002")
    assert (contents(cli.dsn, ROWS), contents(cli.dsn, OBJECTS)) == before
    assert tables(db) == {"things"}


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_body_is_told_by_the_name_of_its_function(cli: Cli, tree: Tree, way: str) -> None:
    tree.function("credits_private.things_counted", "select 1 from credits_private.nothing")
    said = through(way, cli, tree, None)
    assert "things_counted" in said
    assert 'relation "credits_private.nothing" does not exist' in said


@pytest.mark.parametrize("way", WAYS)
def test_verify_scripts_run_and_are_taken_back(
    cli: Cli, db: Connection, tree: Tree, way: str
) -> None:
    (tree.root / "verify").mkdir()
    script = (
        "create table credits_private.scratch ();\n"
        "do $$ begin if exists (select from credits_private.things)"
        " then raise 'there are things'; end if; end $$;"
    )
    tree.write("verify/0002_no_things.sql", script)
    assert through(way, cli, tree, None) == ""
    assert tables(db) == {"things"}
    tree.migration("0003_thing", "insert into credits_private.things values (1);")
    tree.write("verify/0003_no_things.sql", script)
    assert "there are things" in through(way, cli, tree, "0002")
    assert "0003" not in recorded(db)


@pytest.mark.parametrize("way", WAYS)
def test_a_function_that_a_migration_drops_although_it_has_a_file(
    cli: Cli, db: Connection, tree: Tree, way: str
) -> None:
    """It is made again; but `plan` does not know yet that it will be missing, and refuses."""
    cli.run("apply")
    tree.migration("0003_drop", "drop function credits_private.things_counted();")
    said = through(way, cli, tree, "0002")
    if way == "plan":
        assert "functions that are not there any more: credits_private.things_counted" in said
        assert "`migrate apply`" in said
    else:
        assert said == ""
    assert db.execute("select credits.count_things()").fetchone() == (0,)
