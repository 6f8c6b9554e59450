from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits import __version__, migrate
from pgcredits.embedded import find_bindir
from pgcredits.migrate import lock
from tests.migrations.conftest import Cli, Connection, recorded, tables

if TYPE_CHECKING:
    from tests.migrations.tree import Tree

EVERYTHING = [
    "0001",
    "0002",
    "bootstrap.sql",
    "functions/access.sql",
    "functions/api/count_things.sql",
    "functions/private/things_counted.sql",
]


def rows(conn: Connection, query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query.encode()).fetchall()


def applied(empty_dsn: str, tree: Tree) -> list[str]:
    return [item.id for item in migrate.apply(empty_dsn, root=tree.root).applied]


def transactions(conn: Connection) -> dict[str, str]:
    return dict(rows(conn, "select id, xmin::text from credits_private.schema_migrations"))


def test_an_empty_database_gets_everything_in_order(
    empty_dsn: str, tree: Tree, db: Connection
) -> None:
    lines: list[str] = []
    report = migrate.apply(empty_dsn, root=tree.root, on_progress=lines.append)
    assert [item.id for item in report.applied] == [
        "bootstrap.sql",
        "0001",
        "0002",
        "functions/api/count_things.sql",
        "functions/private/things_counted.sql",
        "functions/access.sql",
    ]
    assert len(lines) == 6
    assert all(line.startswith("ok ") and line.endswith(" ms") for line in lines)
    assert recorded(db) == EVERYTHING
    assert rows(db, "select credits.count_things()") == [(0,)]


def test_applying_again_does_nothing(empty_dsn: str, tree: Tree, db: Connection) -> None:
    applied(empty_dsn, tree)
    before = rows(db, "select * from credits_private.schema_migrations order by id")
    assert applied(empty_dsn, tree) == []
    assert rows(db, "select * from credits_private.schema_migrations order by id") == before


def test_a_current_database_is_found_current_without_the_lock(
    empty_dsn: str, tree: Tree, other: Connection
) -> None:
    applied(empty_dsn, tree)
    other.execute("select pg_advisory_lock(%s)", (lock.KEY,))
    assert applied(empty_dsn, tree) == []


def test_the_row_says_what_ran(empty_dsn: str, tree: Tree, db: Connection) -> None:
    text = tree.migration("0003_note", "\ufeffselect 'é';\r\n\r\n").name
    applied(empty_dsn, tree)
    [row] = rows(
        db,
        "select kind, name, body, state, applied_by = session_user, runner_version,"
        " checksum = encode(sha256(convert_to(body, 'UTF8')), 'hex'), execution_ms >= 0"
        " from credits_private.schema_migrations where id = '0003'",
    )
    expected = ("versioned", text, "select 'é';", "applied", True)
    assert row == (*expected, __version__, True, True)


def test_the_fingerprint_is_the_one_of_the_rows(empty_dsn: str, tree: Tree, db: Connection) -> None:
    report = migrate.apply(empty_dsn, root=tree.root)
    [(of_rows,)] = rows(
        db,
        "select encode(sha256(convert_to(string_agg(id || ':' || checksum || E'\\n', ''"
        " order by id collate \"C\"), 'UTF8')), 'hex') from credits_private.schema_migrations",
    )
    assert of_rows == report.fingerprint == migrate.fingerprint(tree.root)


def test_functions_share_the_transaction_of_the_last_versioned_file(
    empty_dsn: str, tree: Tree, db: Connection
) -> None:
    applied(empty_dsn, tree)
    xid = transactions(db)
    last = {xid[id] for id in EVERYTHING if id not in {"0001", "bootstrap.sql"}}  # noqa: A001
    assert last == {xid["0002"]}
    assert len({xid["bootstrap.sql"], xid["0001"], xid["0002"]}) == 3


def test_all_objects_belong_to_credits_owner(empty_dsn: str, tree: Tree, db: Connection) -> None:
    applied(empty_dsn, tree)
    owners = rows(
        db,
        "select distinct pg_get_userbyid(o.owner) from ("
        " select c.relowner from pg_class c where c.relnamespace = 'credits_private'::regnamespace"
        " union select p.proowner from pg_proc p"
        " where p.pronamespace in ('credits'::regnamespace, 'credits_private'::regnamespace)"
        " union select n.nspowner from pg_namespace n where n.nspname ~ '^credits'"
        ") o (owner)",
    )
    assert owners == [("credits_owner",)]


def test_a_changed_function_is_applied_again_with_the_rights(
    empty_dsn: str, tree: Tree, db: Connection
) -> None:
    applied(empty_dsn, tree)
    tree.function("credits.count_things", "select 41 + 1")
    assert applied(empty_dsn, tree) == ["functions/api/count_things.sql", "functions/access.sql"]
    assert rows(db, "select credits.count_things()") == [(42,)]


def test_changed_rights_are_applied_alone(empty_dsn: str, tree: Tree, db: Connection) -> None:
    applied(empty_dsn, tree)
    tree.access("grant execute on function credits.count_things() to credits_reader;")
    assert applied(empty_dsn, tree) == ["functions/access.sql"]
    query = "select has_function_privilege('credits_reader', 'credits.count_things()', 'execute')"
    assert rows(db, query) == [(True,)]


def test_new_functions_are_not_executable_by_public(
    empty_dsn: str, tree: Tree, db: Connection
) -> None:
    tree.access("select 1;")
    applied(empty_dsn, tree)
    query = "select has_function_privilege('public', 'credits.count_things()', 'execute')"
    assert rows(db, query) == [(False,)]


def test_a_function_that_a_migration_drops_comes_back(
    empty_dsn: str, tree: Tree, db: Connection
) -> None:
    applied(empty_dsn, tree)
    tree.migration("0003_drop", "drop function credits_private.things_counted();")
    assert applied(empty_dsn, tree) == [
        "0003",
        "functions/private/things_counted.sql",
        "functions/access.sql",
    ]
    assert rows(db, "select credits.count_things()") == [(0,)]


def test_a_removed_function_is_dropped_by_a_migration_and_forgotten(
    empty_dsn: str, tree: Tree, db: Connection
) -> None:
    applied(empty_dsn, tree)
    tree.remove("functions/api/count_things.sql")
    tree.access("select 1;")
    tree.migration("0003_drop", "drop function credits.count_things();")
    assert applied(empty_dsn, tree) == ["0003", "functions/access.sql"]
    assert "functions/api/count_things.sql" not in recorded(db)
    assert migrate.status(empty_dsn, root=tree.root).is_current


def test_a_signature_changes_with_a_migration(empty_dsn: str, tree: Tree, db: Connection) -> None:
    applied(empty_dsn, tree)
    tree.function("credits.count_things", "select p_at_least", "p_at_least bigint default 7")
    tree.access("select 1;")
    tree.migration("0003_drop", "drop function credits.count_things();")
    applied(empty_dsn, tree)
    assert rows(db, "select credits.count_things()") == [(7,)]


def test_functions_of_a_migration_are_no_leftovers(empty_dsn: str, tree: Tree) -> None:
    tree.migration(
        "0003_guard",
        "create function credits_private.is_good(p_thing bigint) returns boolean"
        " language sql immutable as $$ select p_thing > 0 $$;\n"
        "create type credits_private.span as range (subtype = bigint);",
    )
    applied(empty_dsn, tree)
    assert migrate.status(empty_dsn, root=tree.root).is_current


def test_a_long_chain_in_the_worst_order(empty_dsn: str, bare: Tree, db: Connection) -> None:
    bare.function("credits_private.f9")
    for number in range(9):
        bare.function(f"credits_private.f{number}", f"select credits_private.f{number + 1}()")
    applied(empty_dsn, bare)
    assert rows(db, "select credits_private.f0()") == [(1,)]


def test_what_a_file_sets_does_not_reach_the_next_one(
    empty_dsn: str, bare: Tree, db: Connection
) -> None:
    bare.migration(
        "0001_sets",
        "set search_path = credits_private; set statement_timeout = '1ms'; set work_mem = '77MB';"
        " set role none;",
    )
    bare.migration(
        "0002_sees",
        "create table credits_private.seen as select current_setting('search_path') as path,"
        " current_setting('statement_timeout') as timeout, current_user::text as who,"
        " current_setting('work_mem') = '77MB' as leaked;",
    )
    applied(empty_dsn, bare)
    assert rows(db, "select * from credits_private.seen") == [('""', "0", "credits_owner", False)]


def test_unqualified_names_fail(empty_dsn: str, bare: Tree) -> None:
    bare.migration("0001_a", "create table stray ();")
    with pytest.raises(migrate.MigrateError, match="3F000"):
        migrate.apply(empty_dsn, root=bare.root)


def test_postgrest_is_told_after_functions_changed(
    empty_dsn: str, tree: Tree, other: Connection
) -> None:
    other.execute("listen pgrst")
    applied(empty_dsn, tree)
    [notice] = list(other.notifies(timeout=10, stop_after=1))
    assert (notice.channel, notice.payload) == ("pgrst", "reload schema")
    tree.migration("0003_table", "create table credits_private.third ();")
    applied(empty_dsn, tree)
    assert list(other.notifies(timeout=0)) == []


def test_bootstrap_runs_again_when_its_text_changes(
    empty_dsn: str, tree: Tree, db: Connection
) -> None:
    applied(empty_dsn, tree)
    path = tree.root / "bootstrap.sql"
    tree.write("bootstrap.sql", path.read_text() + "\n-- one more line\n")
    assert applied(empty_dsn, tree) == ["bootstrap.sql"]
    assert recorded(db) == EVERYTHING


def psql(dsn: str, *arguments: str, stdin: str = "") -> None:
    command = [
        str(find_bindir() / "psql"),
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-d",
        dsn,
        *arguments,
    ]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "NOTICE" not in line]
    assert (done.returncode, complaints) == (0, [])


def test_bootstrap_is_plain_sql_and_can_be_repeated(empty_dsn: str, db: Connection) -> None:
    path = str(migrate.sql_root() / "bootstrap.sql")
    psql(empty_dsn, "-f", path)
    psql(empty_dsn, "-1", "-f", path)
    assert recorded(db) == []


def test_the_printed_script_does_the_same_through_psql(
    empty_dsn: str, tree: Tree, cli: Cli, db: Connection
) -> None:
    tree.migration("0003_quote", "select '$pgcredits$ $pgcredits_$' -- no semicolon")
    psql(empty_dsn, stdin=cli.run("plan", "--sql").stdout)
    assert cli.run("status", "--check").exit_code == 0
    assert recorded(db) == sorted([*EVERYTHING, "0003"])
    assert rows(db, "select credits.count_things()") == [(0,)]
    tree.function("credits.count_things", "select 5")
    tree.migration("0004_more", "create table credits_private.more ();")
    psql(empty_dsn, stdin=cli.run("plan", "--sql").stdout)
    assert cli.run("status", "--check").exit_code == 0
    assert cli.run("plan", "--sql").stdout == ""


def test_looking_changes_nothing(cli: Cli, db: Connection) -> None:
    cli.run("plan")
    cli.run("status")
    assert rows(db, "select 1 from pg_namespace where nspname like 'credits%'") == []


def test_status_tells_each_state(empty_dsn: str, tree: Tree, cli: Cli) -> None:
    states = {f["id"]: f["state"] for f in cli.json("status")["files"]}
    assert set(states.values()) == {"pending"}
    applied(empty_dsn, tree)
    tree.function("credits.count_things", "select 2")
    tree.migration("0003_next", "select 1;")
    tree.function("credits.fresh")
    states = {f["id"]: f["state"] for f in cli.json("status")["files"]}
    assert states == dict.fromkeys(EVERYTHING, "applied") | {
        "functions/api/count_things.sql": "changed",
        "functions/api/fresh.sql": "pending",
        "0003": "pending",
    }
    assert [item["id"] for item in cli.json("plan")["pending"]] == [
        "0003",
        "functions/api/count_things.sql",
        "functions/api/fresh.sql",
    ]
    [step] = cli.json("plan")["steps"]
    assert step["files"][0] == "0003_next"
    assert step["files"][-1] == "functions/access"


def test_results_go_to_stdout_and_progress_to_stderr(cli: Cli) -> None:
    first = cli.run("apply")
    assert first.stderr.count("\n") == 6
    result, next_steps = first.stdout.splitlines()
    assert "applied 6 files" in result
    assert next_steps.startswith("next: ")
    second = cli.run("-q", "apply")
    assert (second.stderr, second.exit_code) == ("", 0)
    assert "nothing to do" in second.stdout


def test_apply_as_json(cli: Cli) -> None:
    document = cli.json("apply")
    assert document["command"] == "apply"
    assert sorted(item["id"] for item in document["applied"]) == EVERYTHING
    assert document["database"]["name"] == psycopg.conninfo.conninfo_to_dict(cli.dsn)["dbname"]
    assert document["problems"] == []
    assert cli.json("apply")["applied"] == []


def test_without_a_command_and_a_terminal_it_applies(cli: Cli, db: Connection) -> None:
    assert cli.run().exit_code == 0
    assert tables(db) == {"things"}


def test_a_notice_of_the_server_is_no_error(empty_dsn: str, bare: Tree) -> None:
    bare.migration("0001_a", "drop table if exists credits_private.nothing;")
    assert applied(empty_dsn, bare) == ["bootstrap.sql", "0001"]
