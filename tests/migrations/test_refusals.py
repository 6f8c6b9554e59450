"""Each refusal has its text, its code, and leaves the database as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits import __version__, migrate
from pgcredits.migrate import connection, history, wellformed
from pgcredits.migrate.errors import EXIT_CODES, Problem, exit_code_of
from tests.migrations.conftest import Cli, Connection, recorded, tables

if TYPE_CHECKING:
    from tests.migrations.tree import Tree


@pytest.fixture
def installed(cli: Cli) -> Cli:
    assert cli.run("apply").exit_code == 0
    return cli


def refuses(cli: Cli, code: str, *texts: str, command: str = "apply") -> None:
    """The command stops with this one problem, its exit code, and these words."""
    document = cli.json(command)
    [problem] = document["problems"]
    assert problem["code"] == code
    assert document["exit_code"] == EXIT_CODES[code]
    for text in texts:
        assert text in problem["message"] + str(problem["hint"])
    shown = cli.run(command)
    assert shown.exit_code == EXIT_CODES[code]
    assert f"[{code}]" in shown.stderr


def test_edited_file(installed: Cli, tree: Tree) -> None:
    tree.migration("0001_things", "create table credits_private.things (thing text);")
    tree.migration("0003_next", "create table credits_private.next ();")
    refuses(installed, "file_edited", "0001_things.sql was edited", "into a new file")
    refuses(installed, "file_edited", command="plan")
    assert installed.run("status", "--check").exit_code == 4
    assert installed.run("status").exit_code == 0


def test_another_file_with_an_applied_number(installed: Cli, tree: Tree) -> None:
    tree.remove("migrations/0002_more.sql")
    tree.migration("0002_other", "select 1;")
    refuses(installed, "file_edited", "applied as 0002_more.sql", "0002_other.sql")


def test_a_renamed_file_with_the_same_text_is_accepted(installed: Cli, tree: Tree) -> None:
    (tree.root / "migrations/0002_more.sql").rename(tree.root / "migrations/0002_better.sql")
    assert installed.run("apply").exit_code == 0


def test_database_newer_than_the_code(installed: Cli, tree: Tree) -> None:
    tree.remove("migrations/0002_more.sql")
    refuses(installed, "database_ahead", "0002_more.sql", "0001_things.sql")


# Functions of a newer package.

COUNT_THINGS = "functions/api/count_things.sql"


@pytest.fixture
def newer(installed: Cli, tree: Tree, db: Connection) -> Cli:
    """A newer package has changed one function and added another; then ours comes again."""
    tree.function("credits.count_things", "select 8")
    tree.function("credits.of_newer")
    assert installed.run("apply").exit_code == 0
    tree.function("credits.count_things", "select 7")
    tree.remove("functions/api/of_newer.sql")
    record(db, "99.1.0", COUNT_THINGS, "functions/api/of_newer.sql")
    return installed


def record(db: Connection, version: str, *ids: str) -> None:
    db.execute(
        "update credits_private.schema_migrations set runner_version = %s where id = any (%s)",
        (version, [*ids]),
    )


def test_functions_of_a_newer_package_are_not_put_back(newer: Cli, db: Connection) -> None:
    told = (
        f"pgcredits 99.1.0 has applied {COUNT_THINGS}, functions/api/of_newer.sql",
        f"this is pgcredits {__version__}",
        "`apply --allow-downgrade --prune`",
    )
    refuses(newer, "database_ahead", *told)
    refuses(newer, "database_ahead", *told, command="plan")
    assert newer.run("status", "--check").exit_code == 4
    assert ("database_ahead", COUNT_THINGS) in {
        (problem["code"], problem["id"]) for problem in newer.json("verify")["problems"]
    }
    assert db.execute("select credits.count_things()").fetchone() == (8,)


def test_they_are_put_back_when_somebody_says_so(newer: Cli, db: Connection) -> None:
    refused = newer.json("apply", "--allow-downgrade")  # a function would be left over
    assert [problem["code"] for problem in refused["problems"]] == ["file_missing"]
    assert db.execute("select credits.count_things()").fetchone() == (8,)
    planned = newer.json("plan", "--allow-downgrade")["problems"]
    assert [problem["code"] for problem in planned] == ["file_missing"]
    done = newer.json("apply", "--allow-downgrade", "--prune")
    assert done["exit_code"] == 0
    assert done["pruned"] == ["credits.of_newer()"]
    assert db.execute("select credits.count_things()").fetchone() == (7,)
    assert newer.run("status", "--check").exit_code == 0
    assert newer.run("apply").exit_code == 0


def test_a_newer_migration_is_refused_all_the_same(newer: Cli, tree: Tree) -> None:
    tree.remove("migrations/0002_more.sql")
    document = newer.json("apply", "--allow-downgrade", "--prune")
    [problem] = document["problems"]
    assert problem["code"] == "database_ahead"
    assert "it has 0002_more.sql" in problem["message"]


def test_a_newer_package_with_the_same_texts_is_no_reason(installed: Cli, db: Connection) -> None:
    record(db, "99.1.0", *recorded(db))
    assert installed.run("status", "--check").exit_code == 0
    assert installed.run("apply").exit_code == 0


@pytest.mark.parametrize(
    ("older", "later"),
    [
        ("1.2.3", "1.2.4"),
        ("1.9.9", "1.10.0"),
        ("9.99.99", "10.0.0"),
        ("1.0.0.dev3", "1.0.0.dev12"),
        ("1.0.0.dev3", "1.0.0a1"),
        ("1.0.0a2", "1.0.0b1"),
        ("1.0.0b2", "1.0.0rc1"),
        ("1.0.0rc9", "1.0.0rc10"),
        ("1.0.0rc9", "1.0.0"),
        ("1.0.0", "1.0.1.dev0"),
        ("1.0.0+ours", "1.0.1"),
    ],
)
def test_versions_are_compared_as_versions(db: Connection, older: str, later: str) -> None:
    def newer_than(ours: str, recorded: str) -> bool:
        key = history._version_key
        query = f"select coalesce({key('%(there)s')} > {key('%(here)s')}, false)"
        row = db.execute(query.encode(), {"there": recorded, "here": ours}).fetchone()
        return bool(row and row[0])

    assert newer_than(older, later)
    assert not newer_than(later, older)
    assert not newer_than(later, later)
    assert not newer_than(later, "unknown")


def test_recorded_number_without_a_file(installed: Cli, db: Connection) -> None:
    db.execute(
        "insert into credits_private.schema_migrations (id, kind, name, checksum, runner_version,"
        " body) select '0000', kind, '0000_old.sql', checksum, '', ''"
        " from credits_private.schema_migrations where id = '0001'"
    )
    refuses(installed, "file_missing", "0000_old.sql was applied on")


def test_function_file_gone_but_function_still_there(installed: Cli, tree: Tree) -> None:
    tree.remove("functions/api/count_things.sql")
    refuses(
        installed,
        "file_missing",
        "functions/api/count_things.sql is gone",
        "drop function credits.count_things()",
    )


def test_out_of_order(installed: Cli, tree: Tree, db: Connection) -> None:
    db.execute("delete from credits_private.schema_migrations where id = '0001'")
    refuses(installed, "out_of_order", "0001_things.sql was never applied", "0002_more.sql")


def test_leftover_function(installed: Cli, tree: Tree, db: Connection) -> None:
    db.execute(
        "create function credits.extra(p_x text default 'a') returns int language sql as 'select 1'"
    )
    refuses(installed, "leftover_function", "credits.extra(p_x text)", "drop function")
    tree.migration("0003_drop", "drop function credits.extra(text);")
    assert installed.run("apply").exit_code == 0


def test_leftover_function_after_a_migration_that_does_not_drop_it(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    tree.remove("functions/api/count_things.sql")
    tree.access("select 1;")
    tree.migration("0003_next", "create table credits_private.next ();")
    refuses(installed, "file_missing", "credits.count_things()")
    assert "next" not in tables(db)


def test_second_signature(installed: Cli, tree: Tree, db: Connection) -> None:
    tree.function("credits.count_things", "select p_x", "p_x bigint default 1")
    before = recorded(db)
    refuses(
        installed,
        "second_signature",
        "credits.count_things() and credits.count_things(p_x bigint)",
        "drop the old one",
    )
    assert recorded(db) == before
    assert db.execute("select count(*) from pg_proc where proname = 'count_things'").fetchone() == (
        1,
    )


def test_a_bad_directory_is_refused_before_connecting(tree: Tree) -> None:
    tree.migration("0009_gap", "\\i x\n")
    document = Cli("host=127.0.0.1 port=1", tree.root).json("apply")
    assert document["exit_code"] == 2
    assert [problem["code"] for problem in document["problems"]] == ["number_gap", "psql_command"]


def test_check_says_pending(cli: Cli) -> None:
    assert cli.run("status", "--check").exit_code == 3
    assert cli.run("plan", "--check").exit_code == 3
    assert cli.run("plan").exit_code == 0
    cli.run("apply")
    assert cli.run("status", "--check").exit_code == 0
    assert cli.run("plan", "--check").exit_code == 0


def test_a_failing_file_leaves_nothing_of_itself(cli: Cli, tree: Tree, db: Connection) -> None:
    tree.migration(
        "0003_bad",
        "-- Purpose: é\ncreate table credits_private.third ();\n\n"
        "insert into credits_private.third\n\tselect t.é, t.no_such from (select 1 as é) t;\n",
    )
    document = cli.json("apply")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("migration_failed", 6)
    assert [item["id"] for item in document["applied"]] == ["bootstrap.sql", "0001", "0002"]
    assert "0003_bad.sql:5:14: ERROR 42703: column t.no_such does not exist" in problem["message"]
    shown = "  \tselect t.é, t.no_such from (select 1 as é) t;\n  \t            ^"
    assert shown in problem["message"]
    assert tables(db) == {"things"}
    assert recorded(db) == ["0001", "0002", "bootstrap.sql"]
    tree.migration("0003_bad", "create table credits_private.third ();")
    assert cli.run("apply").exit_code == 0
    assert tables(db) == {"things", "third"}


def test_an_error_without_a_position_names_its_statement(cli: Cli, tree: Tree) -> None:
    tree.migration(
        "0003_bad",
        "insert into credits_private.things (thing) values (1); -- fine;\n"
        "  create table credits_private.things ();\n",
    )
    result = cli.run("apply")
    assert result.exit_code == 6
    assert '0003_bad.sql:2:3: ERROR 42P07: relation "things" already exists' in result.stderr


def test_an_error_inside_a_block_shows_detail_hint_and_context(cli: Cli, tree: Tree) -> None:
    tree.migration(
        "0003_bad",
        "do $$ begin raise sqlstate 'PT402' using message = 'no', detail = 'because',"
        " hint = 'pay'; end $$;",
    )
    result = cli.run("apply")
    assert result.exit_code == 6
    assert "0003_bad.sql:1:1: ERROR PT402: no" in result.stderr
    for line in ("DETAIL: because", "HINT: pay", "CONTEXT: PL/pgSQL function inline_code_block"):
        assert line in result.stderr


def test_a_deferred_constraint_fails_its_file(cli: Cli, tree: Tree, db: Connection) -> None:
    tree.migration(
        "0003_bad",
        "create table credits_private.third (a int,"
        " constraint third_once unique (a) deferrable initially deferred);\n"
        "insert into credits_private.third values (1), (1);",
    )
    result = cli.run("apply")
    assert result.exit_code == 6
    assert "0003_bad.sql: ERROR 23505" in result.stderr
    assert "third" not in tables(db)


def test_functions_fail_together_with_the_last_migration(
    cli: Cli, tree: Tree, db: Connection
) -> None:
    tree.function("credits.lost", "select credits_private.nowhere()")
    tree.function("credits.lost_too", "select credits.lost()")
    document = cli.json("apply")
    # The second one lacks nothing itself.
    assert [problem["id"] for problem in document["problems"]] == ["functions/api/lost.sql"]
    assert document["exit_code"] == 6
    assert "lost.sql:4:14: ERROR 42883" in document["problems"][0]["message"]
    assert recorded(db) == ["0001", "bootstrap.sql"]
    assert db.execute("select from pg_proc where proname = 'count_things'").fetchall() == []


def test_a_function_with_a_mistake_is_not_tried_again(cli: Cli, tree: Tree) -> None:
    tree.write(
        "functions/api/typo.sql",
        "create or replace function credits.typo() returns int\n"
        "language plpgsql\nas $$ begni end $$;\n",
    )
    result = cli.run("apply")
    assert result.exit_code == 6
    assert result.stderr.count("ERROR") == 1
    assert "typo.sql:3:7: ERROR 42601" in result.stderr


def test_a_file_that_escapes_its_transaction(
    cli: Cli, tree: Tree, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.migration("0003_bad", "create table credits_private.third (); commit; begin;")
    monkeypatch.setattr(wellformed, "check", lambda _file: [])
    result = cli.run("apply")
    assert result.exit_code == 7
    assert "[half_applied]" in result.stderr
    assert "0003" not in recorded(db)


def test_an_unfinished_row_stops_everything(installed: Cli, db: Connection) -> None:
    db.execute("update credits_private.schema_migrations set state = 'failed' where id = '0002'")
    refuses(installed, "half_applied", "0002_more.sql was started")


def test_an_old_server(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MINIMUM_SERVER", 990000)
    for command in ("apply", "status", "plan"):
        refuses(cli, "server_too_old", "99 or later is needed", command=command)


def test_a_read_only_server(empty_dsn: str, tree: Tree) -> None:
    dsn = f"{empty_dsn} options='-c default_transaction_read_only=on'"
    refuses(Cli(dsn, tree.root), "read_only_server", "default_transaction_read_only")
    assert Cli(dsn, tree.root).run("status").exit_code == 0


def test_nobody_there(tree: Tree) -> None:
    refuses(Cli("host=127.0.0.1 port=1", tree.root), "cannot_connect", "port 1 failed")


def test_no_database_given(cli: Cli) -> None:
    refuses(Cli("", cli.root), "no_database_given", "MIGRATION_DATABASE_URL")


def test_the_environment_names_the_database(
    cli: Cli, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "host=127.0.0.1 port=1")
    assert Cli("", tree.root).run("status").exit_code == 8
    monkeypatch.setenv("MIGRATION_DATABASE_URL", cli.dsn)
    shown = Cli("", tree.root).run("-v", "status")
    assert shown.exit_code == 0
    assert "database from MIGRATION_DATABASE_URL" in shown.stderr


def test_a_bug_is_code_1(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr(migrate.inspect, "compare", broken)
    quiet, verbose = cli.run("status"), cli.run("-v", "status")
    assert (quiet.exit_code, verbose.exit_code) == (1, 1)
    assert "RuntimeError: oops" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in verbose.stderr


def test_the_most_severe_code_wins() -> None:
    def problems(*codes: str) -> list[Problem]:
        return [Problem(code, None, "") for code in codes]

    assert exit_code_of(problems("lock_held", "cannot_connect")) == 8
    assert exit_code_of(problems("cannot_connect", "migration_failed", "file_edited")) == 4
    assert exit_code_of(problems("file_edited", "half_applied")) == 7
    assert exit_code_of([]) == 0
    codes = {exit_code_of(problems(code)) for code in EXIT_CODES}
    assert codes == {1, 2, 4, 5, 6, 7, 8, 130, 143}
