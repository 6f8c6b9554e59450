"""What `apply` can be asked to do: a part, late files, one transaction, a rehearsal, tidying up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits import migrate
from pgcredits.migrate.errors import EXIT_CODES
from tests.migrations.conftest import Cli, Connection, recorded, tables

if TYPE_CHECKING:
    from tests.migrations.tree import Tree


@pytest.fixture
def installed(cli: Cli) -> Cli:
    assert cli.run("apply").exit_code == 0
    return cli


def rows(conn: Connection, query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query.encode()).fetchall()


def transactions(conn: Connection) -> set[str]:
    return {
        row[0] for row in rows(conn, "select xmin::text from credits_private.schema_migrations")
    }


def routines(conn: Connection) -> set[str]:
    query = (
        "select oid::regprocedure::text from pg_proc"
        " where pronamespace in ('credits'::regnamespace, 'credits_private'::regnamespace)"
    )
    return {row[0] for row in rows(conn, query)}


def test_a_part_leaves_the_functions_for_later(cli: Cli, db: Connection) -> None:
    document = cli.json("apply", "--to", "0001")
    assert [item["id"] for item in document["applied"]] == ["bootstrap.sql", "0001"]
    pending = [item["id"] for item in document["pending"]]
    assert pending[0] == "0002"
    assert "functions/access.sql" in pending
    assert recorded(db) == ["0001", "bootstrap.sql"]
    assert "nothing to do, 4 left: 0002" in cli.run("apply", "--to", "0001").stdout
    whole = cli.json("apply", "--to", "0002")
    assert (len(whole["applied"]), whole["pending"]) == (4, [])


def test_a_part_up_to_nowhere(cli: Cli, db: Connection) -> None:
    document = cli.json("apply", "--to", "0009")
    assert document["problems"][0]["code"] == "no_such_migration"
    assert document["exit_code"] == 2
    assert rows(db, "select from pg_namespace where nspname like 'credits%'") == []


def test_a_file_that_was_left_out_is_applied_when_asked(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    tree.migration("0003_late", "create table credits_private.late ();")
    tree.migration("0004_next", "create table credits_private.next ();")
    installed.run("apply")
    db.execute("delete from credits_private.schema_migrations where id = '0003'")
    db.execute("drop table credits_private.late")
    refused = installed.json("apply")
    assert refused["problems"][0]["code"] == "out_of_order"
    assert "--allow-out-of-order" in refused["problems"][0]["hint"]
    document = installed.json("apply", "--allow-out-of-order")
    assert [item["id"] for item in document["applied"]] == ["0003"]
    assert tables(db) == {"things", "late", "next"}


def test_everything_in_one_transaction(cli: Cli, tree: Tree, db: Connection) -> None:
    tree.migration(
        "0001_things", "create table credits_private.things (thing bigint); set work_mem = '77MB';"
    )
    tree.migration(
        "0003_sees",
        "create table credits_private.seen as select current_setting('work_mem') as memory,"
        " current_setting('search_path') as path, current_user::text as who;",
    )
    result = cli.run("apply", "--single-transaction")
    assert result.exit_code == 0, result.stderr
    assert len(transactions(db)) == 1
    [(memory, path, who)] = rows(db, "select * from credits_private.seen")
    assert memory != "77MB"
    assert (path, who) == ('""', "credits_owner")
    assert "nothing to do" in cli.run("apply").stdout


def test_one_transaction_is_all_or_nothing(cli: Cli, tree: Tree, db: Connection) -> None:
    tree.migration("0003_bad", "select no_such_column;")
    document = cli.json("apply", "--single-transaction")
    assert (document["exit_code"], document["applied"]) == (6, [])
    assert rows(db, "select from pg_namespace where nspname like 'credits%'") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-- migrate: no-transaction\nvacuum;", "it cannot run in a transaction"),
        ("alter type credits_private.mood add value 'sad';", "ALTER TYPE … ADD VALUE"),
    ],
)
def test_what_cannot_share_a_transaction(
    installed: Cli, tree: Tree, db: Connection, text: str, reason: str
) -> None:
    tree.migration("0003_first", "create table credits_private.first ();")
    tree.migration("0004_odd", text)
    document = installed.json("apply", "--single-transaction")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("not_in_one_transaction", 2)
    assert "0004_odd.sql is pending" in problem["message"]
    assert reason in problem["message"]
    assert tables(db) == {"things"}


def test_a_rehearsal_changes_nothing_and_tells_the_locks(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    db.execute("create table public.customers (customer bigint primary key)")
    db.execute("insert into public.customers select generate_series(1, 1000)")
    db.execute("analyze public.customers")
    db.execute("grant references on public.customers to credits_owner")
    db.execute("grant all on public.customers to credits_owner")
    tree.migration("0003_alter", "alter table credits_private.things add third text;")
    tree.migration(
        "0004_link",
        "create table credits_private.links (customer bigint references public.customers);"
        " alter table credits_private.things add fourth text;",
    )
    tree.function("credits.count_things", "select count(t.third) from credits_private.things t")
    before = rows(db, "select id, checksum, applied_at from credits_private.schema_migrations")
    document = installed.json("apply", "--dry-run")
    assert (document["exit_code"], document["dry_run"]) == (0, True)
    locks = {
        item["id"]: [(lock["mode"], lock["table"], lock["rows"]) for lock in item["locks"]]
        for item in document["applied"]
    }
    # The second file finds the first one's lock in its hands already.
    assert locks["0003"] == [("AccessExclusive", "credits_private.things", None)]
    assert locks["0004"] == [("ShareRowExclusive", "public.customers", 1000)]
    assert locks["functions/api/count_things.sql"] == []
    assert rows(db, "select id, checksum, applied_at from credits_private.schema_migrations") == (
        before
    )
    assert tables(db) == {"things"}

    shown = installed.run("apply", "--dry-run")
    assert "would have applied 4 files" in shown.stdout
    assert "rolled back" in shown.stdout
    assert "0004_link.sql: ShareRowExclusive on public.customers, about 1000 rows" in shown.stdout
    assert "0003_alter.sql: AccessExclusive on credits_private.things, never analysed" in (
        shown.stdout
    )
    assert "would apply 0003_alter" in shown.stderr
    assert installed.run("status", "--check").exit_code == 3


def test_a_rehearsal_of_an_installation(cli: Cli, db: Connection) -> None:
    result = cli.run("apply", "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert "no locks on tables that were there before" in result.stdout
    assert rows(db, "select from pg_namespace where nspname like 'credits%'") == []


def test_a_rehearsal_finds_what_fails(installed: Cli, tree: Tree) -> None:
    tree.migration(
        "0003_bad",
        "create table credits_private.third (a int,"
        " constraint third_once unique (a) deferrable initially deferred);\n"
        "insert into credits_private.third values (1), (1);",
    )
    result = installed.run("apply", "--dry-run")
    assert result.exit_code == 6
    assert "ERROR 23505" in result.stderr


def test_a_rehearsal_leaves_out_what_cannot_be_rolled_back(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    tree.migration("0003_vacuum", "-- migrate: no-transaction\nvacuum credits_private.things;")
    tree.migration("0004_next", "create table credits_private.next ();")
    result = installed.run("apply", "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert "0003_vacuum.sql: not run, it cannot be rolled back" in result.stdout
    assert "0003" not in recorded(db)


def test_the_line_of_a_file_tells_its_locks(installed: Cli, tree: Tree) -> None:
    tree.migration("0003_alter", "alter table credits_private.things add third text;")
    tree.migration("0004_alter", "alter table credits_private.things add fourth text;")
    [first, second] = installed.run("apply").stderr.splitlines()
    for line in (first, second):
        assert line.endswith(" ms (locks: AccessExclusive credits_private.things)")


def test_leftovers_are_dropped_when_asked(installed: Cli, tree: Tree, db: Connection) -> None:
    db.execute("create function credits.extra(p_x text) returns int language sql as 'select 1'")
    db.execute("create function credits.\"Extra\"() returns int language sql as 'select 1'")
    db.execute("create procedure credits_private.deed() language sql as 'select 1'")
    tree.remove("functions/api/count_things.sql")
    tree.access("select 1;")
    assert installed.run("apply").exit_code == 4
    result = installed.run("apply", "--prune")
    assert result.exit_code == 0, result.stderr
    assert "dropped credits.extra(text)" in result.stderr
    assert "dropped 4 functions" in result.stdout
    assert routines(db) == {"credits_private.things_counted()"}
    pruned = rows(
        db,
        "select migration from credits_private.schema_migrations_log where action = 'prune'",
    )
    assert ("credits.extra(text)",) in pruned
    assert migrate.status(installed.dsn, root=tree.root).is_current


def test_the_signature_of_the_file_is_the_one_that_stays(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    """An overload that somebody made by hand, and one that an older file has left."""
    db.execute(
        "create function credits.count_things(p_x text) returns bigint language sql as 'select 1'"
    )
    assert installed.run("apply").exit_code == 4
    document = installed.json("apply", "--prune")
    assert document["pruned"] == ["credits.count_things(text)"]
    assert "credits.count_things()" in routines(db)
    tree.function("credits.count_things", "select p_at_least", "p_at_least bigint default 7")
    tree.access("select 1;")
    document = installed.json("apply", "--prune")
    assert document["pruned"] == ["credits.count_things()"]
    assert rows(db, "select credits.count_things()") == [(7,)]


def test_a_leftover_that_is_needed_is_not_dropped(installed: Cli, db: Connection) -> None:
    db.execute("create function credits.extra() returns int language sql as 'select 1'")
    db.execute("create view public.report as select credits.extra()")
    document = installed.json("apply", "--prune")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("leftover_function", 4)
    assert "view public.report depends on function credits.extra()" in problem["message"]
    assert "credits.extra()" in routines(db)


def test_pruning_in_a_rehearsal(installed: Cli, db: Connection) -> None:
    db.execute("create function credits.extra() returns int language sql as 'select 1'")
    result = installed.run("apply", "--prune", "--dry-run")
    assert "would drop credits.extra()" in result.stderr
    assert "credits.extra()" in routines(db)


def test_functions_that_a_migration_broke(installed: Cli, tree: Tree, db: Connection) -> None:
    """Bodies are checked again although their files have not changed."""
    tree.migration("0003_break", "alter table credits_private.things rename to stuff;")
    document = installed.json("apply")
    [problem] = document["problems"]
    assert (problem["code"], problem["id"]) == (
        "migration_failed",
        "functions/private/things_counted.sql",
    )
    assert document["exit_code"] == EXIT_CODES["migration_failed"] == 6
    assert "things_counted.sql:4:28: ERROR 42P01" in problem["message"]
    assert tables(db) == {"things"}


def test_functions_that_need_each_other(cli: Cli, tree: Tree, db: Connection) -> None:
    """No order would do if bodies were checked one by one."""
    tree.function("credits.even", "select credits.odd(p - 1)", "p bigint")
    tree.function("credits.odd", "select credits.even(p - 1)", "p bigint")
    assert cli.run("apply").exit_code == 0
    assert "credits.odd(bigint)" in routines(db)


def test_a_body_is_checked_with_the_path_of_its_function(cli: Cli, tree: Tree) -> None:
    tree.write(
        "functions/api/pathed.sql",
        "create or replace function credits.pathed()\nreturns bigint\nlanguage sql\n"
        "set search_path = credits_private, pg_temp\nas $$ select count(*) from things $$;\n",
    )
    result = cli.run("apply")
    assert result.exit_code == 0, result.stderr


def test_bodies_that_are_resolved_at_once_find_their_order(cli: Cli, tree: Tree) -> None:
    """BEGIN ATOMIC and defaults look for other functions when they are created."""
    tree.function("credits_private.base")
    tree.write(
        "functions/api/atomic.sql",
        "create or replace function credits.atomic(p bigint default credits_private.base())\n"
        "returns bigint\nlanguage sql\nbegin atomic select credits_private.base(); end;\n",
    )
    result = cli.run("apply")
    assert result.exit_code == 0, result.stderr
