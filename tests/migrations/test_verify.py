from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pgcredits import migrate
from pgcredits.embedded import LocalPostgres
from pgcredits.migrate import lock
from tests.migrations.conftest import Cli, Connection, recorded, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.migrations.tree import Tree

OBJECTS = "select object, digest from credits_private.schema_objects"


@pytest.fixture
def tree(tree: Tree) -> Tree:
    """The small tree, with row level security as it must be."""
    tree.migration(
        "0001_things",
        "create table credits_private.things (thing bigint);\n"
        "alter table credits_private.things enable row level security;\n",
    )
    return tree


def findings(dsn: str, tree: Tree | None = None) -> set[tuple[str, str | None]]:
    found = migrate.verify(dsn, root=tree.root if tree else None)
    return {(problem.code, problem.id) for problem in found.problems}


def objects(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as conn:
        return dict(conn.execute(OBJECTS.encode()).fetchall())


def change(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn) as conn:
        for statement in statements:
            conn.execute(statement.encode())


def test_what_was_released_has_no_findings(released_dsn: str) -> None:
    found = migrate.verify(released_dsn)
    assert found.problems == ()
    assert found.pending == ()
    assert found.objects == len(objects(released_dsn)) > 500


CHANGED, ADDED, REMOVED = "object_changed", "object_added", "object_removed"
BALANCE = "function credits.get_balance(text)"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "create or replace function credits_private.clock() returns timestamptz"
            " language sql as 'select now()'",
            {(CHANGED, "function credits_private.clock()")},
        ),
        ("alter function credits.get_balance(text) cost 7", {(CHANGED, BALANCE)}),
        (
            "revoke execute on function credits.get_balance(text) from credits_reader",
            {(CHANGED, f"rights of {BALANCE}")},
        ),
        (
            "grant execute on function credits.get_balance(text) to credits_user",
            {(CHANGED, f"rights of {BALANCE}")},
        ),
        (
            "comment on function credits.get_balance(text) is null",
            {(REMOVED, f"comment on {BALANCE}")},
        ),
        (
            "drop function credits.get_balance(text)",
            {(REMOVED, BALANCE)},
        ),
        (
            "create function credits.mine() returns int language sql as 'select 1'",
            {
                (ADDED, "function credits.mine()"),
                ("leftover_function", None),
                ("execute_granted", "function credits.mine()"),
                ("wrong_owner", "function credits.mine()"),
            },
        ),
        (
            "create index mine on credits_private.accounts (created_at)",
            {(ADDED, "index credits_private.mine")},
        ),
        (
            "alter table credits_private.accounts add column mine int default 3",
            {(ADDED, "column credits_private.accounts.mine")},
        ),
        (
            "alter table credits_private.accounts alter column status drop not null",
            {(CHANGED, "column credits_private.accounts.status")},
        ),
        (
            "alter table credits_private.accounts alter column status set default 'x'",
            {(CHANGED, "column credits_private.accounts.status")},
        ),
        (
            "alter table credits_private.schema_migrations"
            " drop constraint schema_migrations_state_is_known",
            {
                (
                    REMOVED,
                    "constraint schema_migrations_state_is_known"
                    " on credits_private.schema_migrations",
                )
            },
        ),
        (
            "create policy mine on credits_private.accounts to credits_reader using (true)",
            {(ADDED, "policy mine on credits_private.accounts")},
        ),
        (
            "alter table credits_private.accounts force row level security",
            {(CHANGED, "table credits_private.accounts")},
        ),
        (
            "grant select on credits_private.accounts to credits_reader",
            {(ADDED, "rights of table credits_private.accounts")},
        ),
        (
            "grant select (status) on credits_private.accounts to credits_reader",
            {(ADDED, "rights of column credits_private.accounts.status")},
        ),
        (
            "grant update on credits_private.schema_migrations_log to credits_owner",
            {(CHANGED, "rights of table credits_private.schema_migrations_log")},
        ),
        (
            "grant usage on schema credits_private to credits_reader",
            {(ADDED, "rights of schema credits_private")},
        ),
        ("comment on schema credits is 'x'", {(CHANGED, "comment on schema credits")}),
        (
            "alter type credits.sweep add attribute mine int",
            {(ADDED, "column credits.sweep.mine"), (CHANGED, "type credits.sweep")},
        ),
        (
            "create view credits_private.mine with (security_invoker = true) as select 1 as one;"
            "alter view credits_private.mine owner to credits_owner",
            {
                (ADDED, "view credits_private.mine"),
                (ADDED, "column credits_private.mine.one"),
            },
        ),
        (
            "alter default privileges for role credits_owner grant execute on functions to public",
            {(REMOVED, "default rights of credits_owner on functions")},
        ),
    ],
)
def test_each_change_by_hand_is_named(
    released_dsn: str, statement: str, expected: set[tuple[str, str | None]]
) -> None:
    change(released_dsn, statement)
    assert findings(released_dsn) == expected


def triggers(dsn: str) -> list[tuple[str, str]]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(
            "select t.tgname, t.tgrelid::regclass::text from pg_trigger t"
            " join pg_class c on c.oid = t.tgrelid"
            " where c.relnamespace = 'credits_private'::regnamespace and not t.tgisinternal"
        ).fetchall()


def test_a_trigger_that_is_switched_off_is_named(released_dsn: str) -> None:
    ours = triggers(released_dsn)
    assert ("ledger_is_append_only", "credits_private.ledger") in ours
    for name, table in ours:
        change(released_dsn, f"alter table {table} disable trigger {name}")
    assert findings(released_dsn) == {
        (CHANGED, f"trigger {name} on {table}") for name, table in ours
    }


def test_foreign_keys_that_are_switched_off_are_named(cli: Cli, db: Connection, tree: Tree) -> None:
    tree.migration(
        "0003_parts",
        "create table credits_private.wholes (whole int primary key);"
        "create table credits_private.parts (whole int references credits_private.wholes);",
    )
    cli.run("apply")
    db.execute("alter table credits_private.parts disable trigger all")
    named = {thing for code, thing in findings(cli.dsn, tree) if code == CHANGED}
    assert named == {"constraint parts_whole_fkey on credits_private.parts"}


def test_digests_do_not_depend_on_the_version_of_the_server(
    released_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(released_dsn) as conn:
        other = 16 if conn.info.server_version >= 170000 else 18
    monkeypatch.delenv("PG_BINDIR", raising=False)
    with LocalPostgres(major=other) as server:
        migrate.apply(server.dsn())
        assert objects(server.dsn()) == objects(released_dsn)


def test_settings_of_the_session_do_not_change_digests(released_dsn: str) -> None:
    options = "-c search_path=credits_private -c DateStyle=German -c quote_all_identifiers=on"
    assert findings(psycopg.conninfo.make_conninfo(released_dsn, options=options)) == set()


def test_findings_have_an_exit_code_and_a_hint(cli: Cli, db: Connection) -> None:
    cli.run("apply")
    assert cli.json("verify")["problems"] == []
    db.execute(
        "create or replace function credits.count_things() returns bigint"
        " language sql as 'select 7'"
    )
    db.execute("drop function credits_private.things_counted()")
    document = cli.json("verify")
    assert document["exit_code"] == 4
    texts = [problem["message"] for problem in document["problems"]]
    assert texts == [
        "function credits.count_things() was changed by hand since the last apply",
        "function credits_private.things_counted() was removed by hand since the last apply",
    ]
    assert "repair --mark-pending functions/api/count_things.sql" in document["problems"][0]["hint"]
    result = cli.run("verify")
    assert result.exit_code == 4
    assert "2 findings" in result.stdout
    assert "[object_changed] function credits.count_things()" in result.stderr


def test_a_later_apply_does_not_adopt_what_it_did_not_touch(
    cli: Cli, db: Connection, tree: Tree
) -> None:
    cli.run("apply")
    hotfix = {(CHANGED, "function credits_private.things_counted()")}
    db.execute(
        "create or replace function credits_private.things_counted() returns bigint"
        " language sql as 'select 7::bigint'"
    )
    db.execute("create index mine on credits_private.things (thing)")
    db.execute("alter table credits_private.things drop column more")
    by_hand = hotfix | {
        (ADDED, "index credits_private.mine"),
        (REMOVED, "column credits_private.things.more"),
    }
    assert findings(cli.dsn, tree) >= by_hand
    tree.migration("0003_next", "create table credits_private.next ();")
    tree.write(
        "migrations/0003_next.sql",
        "create table credits_private.next ();"
        "alter table credits_private.next enable row level security;",
    )
    tree.function("credits.count_things", "select 8")
    assert cli.run("apply").exit_code == 0
    found = findings(cli.dsn, tree)
    assert found >= by_hand
    assert not any(thing and "next" in thing for _, thing in found)
    # The file takes the hot-fix over, word for word: nothing is left to report.
    tree.function("credits_private.things_counted", "select 7::bigint")
    assert cli.run("apply").exit_code == 0
    assert findings(cli.dsn, tree) & hotfix == set()
    assert (ADDED, "index credits_private.mine") in findings(cli.dsn, tree)


def test_a_file_brings_its_function_back(cli: Cli, db: Connection, tree: Tree) -> None:
    cli.run("apply")
    db.execute("alter function credits_private.things_counted() cost 7")
    path = "functions/private/things_counted.sql"
    assert cli.run("repair", "--mark-pending", path, "--reason", "hot-fix").exit_code == 0
    assert cli.run("apply").exit_code == 0
    assert not [code for code, _ in findings(cli.dsn, tree) if code == CHANGED]


def test_a_change_by_hand_may_stay(cli: Cli, db: Connection, tree: Tree) -> None:
    cli.run("apply")
    db.execute("create index mine on credits_private.things (thing)")
    db.execute("alter table credits_private.things drop column more")
    named = {"index credits_private.mine", "column credits_private.things.more"}
    assert {thing for _, thing in findings(cli.dsn, tree)} == named
    for incomplete in (["--accept"], ["--reason", "faster"], ["--accept", "--reason", ""]):
        assert cli.run("verify", *incomplete).exit_code == 2
    assert cli.run("verify", "--accept", "--reason", "faster").exit_code == 0
    assert findings(cli.dsn, tree) == set()
    log = db.execute(
        "select migration, reason from credits_private.schema_migrations_log"
        " where action = 'accept object'"
    ).fetchall()
    assert set(log) == {(thing, "faster") for thing in named}
    db.execute("drop index credits_private.mine")
    assert findings(cli.dsn, tree) == {(REMOVED, "index credits_private.mine")}


def test_accepting_waits_for_a_runner(cli: Cli, db: Connection, other: Connection) -> None:
    cli.run("apply")
    other.execute("select pg_advisory_lock(%s)", (lock.KEY,))
    with pytest.raises(migrate.MigrateError) as caught:
        migrate.accept_drift(cli.dsn, "why not", lock_wait=0.05)
    assert caught.value.exit_code == 5


def test_without_a_record_it_says_so_and_the_next_apply_makes_one(
    cli: Cli, db: Connection, tree: Tree
) -> None:
    cli.run("apply")
    before = objects(cli.dsn)
    db.execute("delete from credits_private.schema_objects where true")
    assert ("no_fingerprint", None) in findings(cli.dsn, tree)
    tree.function("credits.count_things", "select 2")
    cli.run("apply")
    assert objects(cli.dsn).keys() == before.keys()


def test_nothing_installed(cli: Cli) -> None:
    document = cli.json("verify")
    assert [problem["code"] for problem in document["problems"]] == ["not_installed"]
    assert document["exit_code"] == 4


def test_history_against_files(cli: Cli, tree: Tree) -> None:
    cli.run("apply")
    tree.migration("0001_things", "create table credits_private.things (thing int);")
    document = cli.json("verify")
    assert ("file_edited", "0001") in {(p["code"], p["id"]) for p in document["problems"]}
    assert document["exit_code"] == 4


def test_pending_files_are_shown_and_no_finding(cli: Cli, tree: Tree) -> None:
    cli.run("apply")
    tree.migration("0003_next", "select 1;")
    document = cli.json("verify")
    assert [item["id"] for item in document["pending"]] == ["0003"]
    assert document["exit_code"] == 0
    assert "1 files are pending" in cli.run("verify").stdout


# Verify scripts.

SCRIPT = (
    "create table credits_private.scratch ();\n"
    "do $$ begin if (select count(*) from credits_private.things) > 0"
    " then raise 'there are things'; end if; end $$;\n"
)


@pytest.fixture
def scripted(tree: Tree) -> Tree:
    (tree.root / "verify").mkdir()
    tree.write("verify/0002_no_things.sql", SCRIPT)
    return tree


def test_a_script_runs_and_is_rolled_back(cli: Cli, db: Connection, scripted: Tree) -> None:
    assert cli.run("apply").exit_code == 0
    assert cli.json("verify")["scripts"] == ["verify/0002_no_things.sql"]
    assert tables(db) == {"things"}
    assert "verify/0002_no_things.sql" not in recorded(db)


def test_an_exception_is_a_finding(cli: Cli, db: Connection, scripted: Tree) -> None:
    cli.run("apply")
    db.execute("insert into credits_private.things values (1)")
    [problem] = cli.json("verify")["problems"]
    assert (problem["code"], problem["id"]) == ("verify_failed", "verify/0002_no_things.sql")
    assert "there are things" in problem["message"]
    assert "0002_no_things.sql:2:1" in problem["message"]


def test_a_script_stops_the_migration_that_it_belongs_to(
    cli: Cli, db: Connection, scripted: Tree
) -> None:
    scripted.migration("0002_more", "insert into credits_private.things values (1);")
    document = cli.json("apply")
    assert document["exit_code"] == 6
    assert "0002_no_things.sql:2:1" in document["problems"][0]["message"]
    assert recorded(db) == ["0001", "bootstrap.sql"]
    assert db.execute("select count(*) from credits_private.things").fetchone() == (0,)


def test_a_script_of_a_pending_migration_waits(cli: Cli, scripted: Tree) -> None:
    cli.run("apply")
    scripted.migration("0003_next", "select 1;")
    scripted.write("verify/0003_next.sql", "select 1 / 0;")
    assert cli.json("verify")["scripts"] == ["verify/0002_no_things.sql"]


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("verify/0009_nothing.sql", "select 1;", "bad_name"),
        ("verify/notes.txt", "select 1;", "bad_name"),
        ("verify/0001_commits.sql", "commit;", "transaction_control"),
    ],
)
def test_a_script_that_cannot_be_used(
    cli: Cli, scripted: Tree, path: str, text: str, code: str
) -> None:
    scripted.write(path, text)
    document = cli.json("verify")
    assert ([p["code"] for p in document["problems"]], document["exit_code"]) == ([code], 2)


# What must hold in any database. Roles belong to the whole server, so this one is its own.


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalPostgres]:
    with LocalPostgres() as server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            for role in ("anon", "authenticated", "service_role"):
                conn.execute(f"create role {role}".encode())
        migrate.apply(server.dsn())
        yield server


@pytest.mark.parametrize(
    ("statement", "undo", "expected"),
    [
        (
            "alter function credits.get_balance(text) reset search_path",
            "alter function credits.get_balance(text) set search_path = pg_catalog, pg_temp",
            {("search_path_not_pinned", BALANCE)},
        ),
        (
            "grant execute on function credits.get_balance(text) to public",
            "revoke execute on function credits.get_balance(text) from public",
            {("execute_granted", BALANCE)},
        ),
        (
            "grant execute on function credits.get_balance(text) to anon, authenticated",
            "revoke execute on function credits.get_balance(text) from anon, authenticated",
            {("execute_granted", BALANCE)},
        ),
        (
            "grant execute on function credits.get_balance(text) to credits_user",
            "revoke execute on function credits.get_balance(text) from credits_user",
            set(),  # in the matrix or not: for authenticated it is the same
        ),
        (
            "grant select on credits_private.accounts to anon",
            "revoke select on credits_private.accounts from anon",
            {("table_exposed", "table credits_private.accounts")},
        ),
        (
            "grant select (status) on credits_private.accounts to public",
            "revoke select (status) on credits_private.accounts from public",
            {("table_exposed", "table credits_private.accounts")},
        ),
        (
            "alter table credits_private.accounts owner to postgres",
            "alter table credits_private.accounts owner to credits_owner",
            {("wrong_owner", "table credits_private.accounts")},
        ),
        (
            "alter type credits.sweep owner to postgres",
            "alter type credits.sweep owner to credits_owner",
            {("wrong_owner", "type credits.sweep")},
        ),
        (
            "alter table credits_private.accounts disable row level security",
            "alter table credits_private.accounts enable row level security",
            {("no_row_security", "table credits_private.accounts")},
        ),
        *(
            (
                f"alter role credits_{role} {attribute}",
                f"alter role credits_{role} no{attribute}",
                {("powerful_role", f"credits_{role}")},
            )
            for role, attribute in (
                ("owner", "superuser"),
                ("owner", "bypassrls"),
                ("service", "createrole"),
                ("admin", "createdb"),
                ("webhook", "replication"),
                ("user", "login"),
            )
        ),
        (
            "create role boss createrole; create role staff in role boss;"
            " grant staff to credits_reader",
            "drop role staff; drop role boss",
            {("powerful_role", "credits_reader")},
        ),
    ],
)
def test_what_must_hold_anywhere(
    cluster: LocalPostgres, statement: str, undo: str, expected: set[tuple[str, str | None]]
) -> None:
    def broken() -> set[tuple[str, str | None]]:
        return {finding for finding in findings(cluster.dsn()) if "object_" not in finding[0]}

    assert broken() == set()
    change(cluster.dsn(), statement)
    try:
        assert broken() == expected
    finally:
        change(cluster.dsn(), undo)
    assert broken() == set()


def test_a_member_of_the_owner_may_verify(cluster: LocalPostgres) -> None:
    change(cluster.dsn(), "create role auditor login noinherit in role credits_owner")
    assert findings(psycopg.conninfo.make_conninfo(cluster.dsn(), user="auditor")) == set()


def test_nobody_else_may_verify(cluster: LocalPostgres) -> None:
    change(cluster.dsn(), "create role curious login")
    with pytest.raises(migrate.MigrateError) as caught:
        migrate.verify(psycopg.conninfo.make_conninfo(cluster.dsn(), user="curious"))
    assert caught.value.exit_code == 8
