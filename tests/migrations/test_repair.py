"""Repairs by hand, databases that something else has set up, and the log of both."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits import __version__, migrate
from pgcredits.migrate import expected, lock
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


def last_entry(conn: Connection) -> tuple[Any, ...]:
    [row] = rows(
        conn,
        "select action, migration, reason, logged_by = session_user, runner_version"
        " from credits_private.schema_migrations_log order by entry desc limit 1",
    )
    return row


def refuses(cli: Cli, code: str, text: str, *arguments: str) -> None:
    """The command stops with this one problem, and writes nothing into the history."""
    with psycopg.connect(cli.dsn, autocommit=True) as conn:
        before = rows(conn, "select count(*) from credits_private.schema_migrations_log")
        document = cli.json(*arguments)
        [problem] = document["problems"]
        assert (problem["code"], document["exit_code"]) == (code, EXIT_CODES[code])
        assert text in problem["message"]
        assert rows(conn, "select count(*) from credits_private.schema_migrations_log") == before


def test_the_log_has_a_line_for_everything_that_was_applied(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    assert rows(
        db,
        "select entry, action, migration from credits_private.schema_migrations_log order by entry",
    ) == [
        (1, "apply", "bootstrap.sql"),
        (2, "apply", "0001"),
        (3, "apply", "0002"),
        (4, "apply", "functions/api/count_things.sql"),
        (5, "apply", "functions/private/things_counted.sql"),
        (6, "apply", "functions/access.sql"),
    ]
    tree.function("credits.count_things", "select 2")
    installed.run("apply")
    assert rows(
        db,
        "select action, migration from credits_private.schema_migrations_log"
        " where entry > 6 order by entry",
    ) == [
        ("re-apply", "functions/api/count_things.sql"),
        ("re-apply", "functions/access.sql"),
    ]
    tree.remove("functions/api/count_things.sql")
    tree.access("select 1;")
    tree.migration("0003_drop", "drop function credits.count_things();")
    installed.run("apply")
    logged = rows(
        db, "select action, migration from credits_private.schema_migrations_log where entry > 8"
    )
    assert ("forget", "functions/api/count_things.sql") in logged
    assert rows(
        db,
        "select l.migration from credits_private.schema_migrations_log l"
        " join credits_private.schema_migrations m on m.id = l.migration"
        " and m.checksum = l.checksum where l.migration = '0001'",
    ) == [("0001",)]


@pytest.mark.parametrize(
    "change",
    [
        "update credits_private.schema_migrations_log set reason = 'x'",
        "delete from credits_private.schema_migrations_log",
        "truncate credits_private.schema_migrations_log",
    ],
)
def test_the_log_cannot_be_changed(installed: Cli, db: Connection, change: str) -> None:
    db.execute("set role credits_owner")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(change.encode())


def test_nobody_else_reads_the_log(installed: Cli, db: Connection) -> None:
    query = (
        "select r.rolname from pg_roles r where r.rolname ~ '^credits_' and"
        " (has_table_privilege(r.oid, 'credits_private.schema_migrations_log', 'select')"
        "  or has_table_privilege(r.oid, 'credits_private.schema_migrations_log', 'insert'))"
    )
    assert rows(db, query) == [("credits_owner",)]
    assert rows(
        db,
        "select relrowsecurity from pg_class"
        " where oid = 'credits_private.schema_migrations_log'::regclass",
    ) == [(True,)]


def test_an_edited_comment_is_accepted(installed: Cli, tree: Tree, db: Connection) -> None:
    ran = rows(db, "select body from credits_private.schema_migrations where id = '0001'")
    path = tree.root / "migrations/0001_things.sql"
    tree.migration("0001_things", "-- Things.\n" + path.read_text())
    refused = installed.json("apply")["problems"][0]
    assert (refused["code"], "repair --accept-checksum 0001" in refused["hint"]) == (
        "file_edited",
        True,
    )
    result = installed.run("repair", "--accept-checksum", "0001", "--reason", "only a comment")
    assert result.exit_code == 0, result.stderr
    assert "accept checksum 0001" in result.stdout
    assert "nothing to do" in installed.run("apply").stdout
    assert rows(db, "select body from credits_private.schema_migrations where id = '0001'") == ran
    expected = ("accept checksum", "0001", "only a comment", True, __version__)
    assert last_entry(db) == expected


def test_a_file_that_was_run_by_hand_is_marked_as_applied(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    tree.migration("0003_next", "create table credits_private.next ();")
    db.execute("set role credits_owner; create table credits_private.next (); reset role")
    assert installed.run("apply").exit_code == 6
    document = installed.json("repair", "--mark-applied", "0003", "--reason", "ran it in psql")
    assert (document["action"], document["files"]) == ("mark applied", ["0003"])
    assert last_entry(db)[:3] == ("mark applied", "0003", "ran it in psql")
    assert "nothing to do" in installed.run("apply").stdout
    found = migrate.verify(installed.dsn, root=tree.root).problems
    assert [problem.id for problem in found if problem.code.startswith("object_")] == []


def test_a_repair_does_not_accept_other_changes(installed: Cli, tree: Tree, db: Connection) -> None:
    tree.migration("0003_next", "create table credits_private.next ();")
    db.execute("alter table credits_private.things add by_hand text")
    db.execute("alter table credits_private.things alter more set default 'x'")
    installed.run("repair", "--mark-applied", "0003", "--reason", "half a lie")
    found = migrate.verify(installed.dsn, root=tree.root).problems
    assert "column credits_private.things.more" in [problem.id for problem in found]


def test_a_file_is_run_again(installed: Cli, tree: Tree, db: Connection) -> None:
    db.execute("alter table credits_private.things drop more")
    installed.run("repair", "--mark-pending", "0002", "--reason", "somebody dropped the column")
    assert last_entry(db)[:3] == ("mark pending", "0002", "somebody dropped the column")
    assert [item["id"] for item in installed.json("plan")["pending"]] == ["0002"]
    assert installed.run("apply").exit_code == 0
    installed.run("repair", "--mark-pending", "functions/access.sql", "--reason", "again")
    [done] = installed.json("apply")["applied"]
    assert done["id"] == "functions/access.sql"


@pytest.mark.parametrize(
    ("option", "file_id", "text"),
    [
        ("--accept-checksum", "0001", "has the text that is recorded"),
        ("--accept-checksum", "0003", "is not recorded as applied"),
        ("--accept-checksum", "0009", "is not among the files"),
        ("--accept-checksum", "functions/access.sql", "is applied again by itself"),
        ("--mark-applied", "0001", "is recorded as applied already"),
        ("--mark-applied", "functions/access.sql", "is no versioned file"),
        ("--mark-pending", "0003", "is not recorded"),
    ],
)
def test_repairs_that_make_no_sense(
    installed: Cli, tree: Tree, option: str, file_id: str, text: str
) -> None:
    tree.migration("0003_next", "select 1;")
    refuses(installed, "cannot_repair", text, "repair", option, file_id, "--reason", "why not")


def test_a_number_beyond_a_pending_one_is_not_marked(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    """The pending one would be out of order."""
    tree.migration("0003_next", "create table credits_private.next ();")
    tree.migration("0004_last", "create table credits_private.last ();")
    text = "0004 comes after 0003, which is not applied"
    reason = ("--reason", "by hand")
    refuses(installed, "cannot_repair", text, "repair", "--mark-applied", "0004", *reason)
    hint = installed.json("repair", "--mark-applied", "0004", *reason)["problems"][0]["hint"]
    assert "`apply --to 0003`" in hint
    assert "`repair --mark-applied 0003`" in hint
    for number in ("0003", "0004"):
        assert installed.run("repair", "--mark-applied", number, *reason).exit_code == 0
    assert "nothing to do" in installed.run("apply").stdout


def test_a_number_before_an_applied_one_is_not_marked_as_pending(
    installed: Cli, tree: Tree, db: Connection
) -> None:
    text = "0001 was applied before 0002: it would be out of order"
    reason = ("--reason", "again")
    refuses(installed, "cannot_repair", text, "repair", "--mark-pending", "0001", *reason)
    hint = installed.json("repair", "--mark-pending", "0001", *reason)["problems"][0]["hint"]
    assert "from 0002 downwards" in hint
    db.execute("drop table credits_private.things")
    for number in ("0002", "0001"):
        assert installed.run("repair", "--mark-pending", number, *reason).exit_code == 0
    assert [item["id"] for item in installed.json("apply")["applied"]][:2] == ["0001", "0002"]


def test_a_late_file_that_failed_has_a_way_back(installed: Cli, tree: Tree, db: Connection) -> None:
    """It was out of order from the start, and that was asked for."""
    tree.migration("0003_late", "-- migrate: no-transaction\nselect 1 / 0;")
    tree.migration("0004_next", "create table credits_private.next ();")
    db.execute(
        "insert into credits_private.schema_migrations"
        " (id, kind, name, checksum, runner_version, body)"
        " select f.id, 'versioned', f.name, f.checksum, '', '' from (values (%s, %s, %s))"
        " as f (id, name, checksum)",
        [getattr(migrate.discover(tree.root).by_id["0004"], x) for x in ("id", "name", "checksum")],
    )
    assert installed.run("apply", "--allow-out-of-order").exit_code == 7
    tree.migration("0003_late", "-- migrate: no-transaction\nselect 1;")
    repair = installed.run("repair", "--mark-pending", "0003", "--reason", "corrected")
    assert repair.exit_code == 0, repair.stderr
    assert installed.run("apply", "--allow-out-of-order").exit_code == 0


def test_a_repair_of_nothing(cli: Cli) -> None:
    document = cli.json("repair", "--mark-pending", "0001", "--reason", "x")
    assert document["exit_code"] == 4
    assert "nothing is recorded" in document["problems"][0]["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--mark-pending", "0001"),
        ("--reason", "x"),
        ("--mark-pending", "0001", "--mark-applied", "0001", "--reason", "x"),
        ("--mark-pending", "0001", "--reason", " "),
    ],
)
def test_a_repair_needs_one_action_and_a_reason(installed: Cli, arguments: tuple[str, ...]) -> None:
    assert installed.run("repair", *arguments).exit_code == 2


def test_a_repair_waits_for_a_runner(installed: Cli, other: Connection) -> None:
    other.execute("select pg_advisory_lock(%s)", (lock.KEY,))
    result = installed.run(
        "repair", "--mark-pending", "0001", "--reason", "x", "--lock-wait", "100ms"
    )
    assert result.exit_code == 5
    assert "[lock_held]" in result.stderr


@pytest.fixture
def adopted(cli: Cli, db: Connection, tree: Tree) -> Cli:
    """A database that another tool has set up: tables, but no history."""
    cli.run("apply")
    db.execute(
        "drop table credits_private.schema_migrations, credits_private.schema_migrations_log,"
        " credits_private.schema_objects"
    )
    db.execute("insert into credits_private.things values (1, 'kept')")
    tree.migration("0003_next", "create table credits_private.next ();")
    return cli


def test_a_database_is_adopted(adopted: Cli, tree: Tree, db: Connection) -> None:
    result = adopted.run("baseline", "--to", "0002")
    assert result.exit_code == 0, result.stderr
    assert "baseline 0001" in result.stdout
    assert rows(db, "select id, kind, state from credits_private.schema_migrations") == [
        ("bootstrap.sql", "bootstrap", "applied"),
        ("0001", "baseline", "applied"),
        ("0002", "baseline", "applied"),
    ]
    assert last_entry(db)[:2] == ("baseline", "0002")
    pending = [item["id"] for item in adopted.json("plan")["pending"]]
    assert pending[0] == "0003"
    assert adopted.run("apply").exit_code == 0
    assert rows(db, "select more from credits_private.things") == [("kept",)]
    assert migrate.status(adopted.dsn, root=tree.root).is_current


def test_a_baseline_protects_what_it_covers(adopted: Cli, tree: Tree) -> None:
    adopted.run("baseline", "--to", "0002")
    tree.migration("0002_more", "select 'edited';")
    assert adopted.json("apply")["problems"][0]["code"] == "file_edited"


def test_a_baseline_needs_the_tables(adopted: Cli, db: Connection) -> None:
    document = adopted.json("baseline", "--to", "0003")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("cannot_baseline", 4)
    assert (
        "table credits_private.next of 0003_next.sql is not in the database" in (problem["message"])
    )
    assert tables(db) == {"things"}
    assert rows(db, "select to_regclass('credits_private.schema_migrations')") == [(None,)]


OBJECTS = """
create table credits_private.parts (
    part bigint generated always as identity,
    constraint parts_pkey primary key (part)
);
alter table credits_private.parts add column if not exists label text, add size integer,
    add constraint parts_size_check check (size > 0);
create unique index if not exists parts_label_idx on credits_private.parts (label);
create view credits.labels as select p.label from credits_private.parts p;
create type credits.pair as (one bigint, two bigint);
create domain credits_private.colour as text check (value <> '');
create sequence credits_private.numbers;
create function credits_private.refuse() returns trigger language plpgsql
    as $$ begin raise 'no'; end $$;
create trigger parts_refuse before delete on credits_private.parts
    for each row execute function credits_private.refuse();
"""


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("alter table credits_private.parts drop size", "column credits_private.parts.size"),
        (
            "alter table credits_private.parts drop constraint parts_size_check",
            "constraint credits_private.parts.parts_size_check",
        ),
        ("drop index credits_private.parts_label_idx", "index credits_private.parts_label_idx"),
        ("drop view credits.labels", "view credits.labels"),
        ("drop type credits.pair", "type credits.pair"),
        ("drop domain credits_private.colour", "type credits_private.colour"),
        ("drop sequence credits_private.numbers", "sequence credits_private.numbers"),
        (
            "drop trigger parts_refuse on credits_private.parts",
            "trigger credits_private.parts.parts_refuse",
        ),
        (
            "drop function credits_private.refuse cascade",
            "function credits_private.refuse",
        ),
    ],
)
def test_a_baseline_needs_every_object(
    adopted: Cli, tree: Tree, db: Connection, statement: str, missing: str
) -> None:
    tree.migration("0003_next", OBJECTS)
    db.execute(f"{OBJECTS}; {statement}".encode())
    document = adopted.json("baseline", "--to", "0003")
    assert document["exit_code"] == 4
    problem = document["problems"][0]
    assert f"{missing} of 0003_next.sql is not in the database" in problem["message"]
    tree.migration("0004_gone", f"{statement};")
    result = adopted.run("baseline", "--to", "0004")
    assert result.exit_code == 0, result.stderr


def test_a_baseline_of_what_was_released(released_dsn: str) -> None:
    """Nothing is expected that is not there."""
    with psycopg.connect(released_dsn, autocommit=True) as conn:
        conn.execute(
            "drop table credits_private.schema_migrations, credits_private.schema_migrations_log,"
            " credits_private.schema_objects"
        )
    newest = migrate.discover().versioned[-1].id
    assert migrate.baseline(released_dsn, to=newest).files[-1] == newest
    assert len(expected.things(migrate.discover().versioned)) > 30


def test_a_baseline_behind_a_lock(
    adopted: Cli, db: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("pgcredits.migrate.baseline")
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "set local lock_timeout = '50ms'")
    other.execute("begin; comment on schema credits is 'mine'")
    document = adopted.json("baseline", "--to", "0002")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("lock_timeout", 5)
    assert "end or wait for the session" in problem["hint"]
    other.execute("rollback")
    assert adopted.run("baseline", "--to", "0002").exit_code == 0


def test_a_baseline_of_an_empty_database(cli: Cli, db: Connection) -> None:
    assert cli.run("baseline", "--to", "0001").exit_code == 4
    assert rows(db, "select from pg_namespace where nspname like 'credits%'") == []


def test_a_baseline_knows_tables_that_went_or_were_renamed(
    adopted: Cli, tree: Tree, db: Connection
) -> None:
    tree.migration(
        "0003_next",
        "create table if not exists credits_private.next ();"
        " create table credits_private.gone (); create table credits_private.gone_too ();",
    )
    tree.migration(
        "0004_later",
        "alter table credits_private.next rename to afterwards;"
        " drop table if exists credits_private.gone, credits_private.gone_too cascade;",
    )
    assert "credits_private.afterwards" in adopted.run("baseline", "--to", "0004").stderr
    db.execute("create table credits_private.afterwards ()")
    assert adopted.run("baseline", "--to", "0004").exit_code == 0


def test_a_baseline_only_without_history(installed: Cli, db: Connection) -> None:
    before = recorded(db)
    refuses(installed, "cannot_baseline", "are recorded already", "baseline", "--to", "0002")
    assert recorded(db) == before


def test_a_baseline_to_nowhere(installed: Cli) -> None:
    refuses(installed, "no_such_migration", "the newest is 0002", "baseline", "--to", "0007")
