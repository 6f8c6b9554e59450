"""Settings and limits: those that were asked for reach the files, and nothing else reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits import migrate
from tests.migrations.conftest import Cli, Connection, recorded

if TYPE_CHECKING:
    from tests.migrations.tree import Tree

LIMITS = ("--lock-timeout", "7s", "--statement-timeout", "9min")


@pytest.fixture
def notes(db: Connection) -> Connection:
    """A table for what files, and the history's own trigger, see."""
    db.execute("create table public.notes (who text, lock_timeout text, statement_timeout text)")
    db.execute("grant all on public.notes to public")
    return db


def note(who: str) -> str:
    return (
        f"insert into public.notes select '{who}', current_setting('lock_timeout'),"
        " current_setting('statement_timeout');\n"
    )


def watch_history(conn: Connection) -> None:
    """Note what the runner's own statements see, too."""
    conn.execute(
        "create function public.note() returns trigger language plpgsql as $$ begin"
        f" {note('runner')} return null; end $$"
    )
    conn.execute(
        "create trigger note after insert or update on credits_private.schema_migrations"
        " execute function public.note()"
    )


def noted(conn: Connection) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for who, *limits in conn.execute("select * from public.notes").fetchall():
        found.setdefault(who, set()).add(tuple(limits))
    return found


def test_limits_reach_the_files_and_not_the_runner(cli: Cli, tree: Tree, notes: Connection) -> None:
    assert cli.run("apply").exit_code == 0
    watch_history(notes)
    tree.migration("0003_sees", note("0003"))
    path = "functions/api/count_things.sql"
    tree.write(path, (tree.root / path).read_text() + note("function"))
    tree.access(note("access"))
    result = cli.run("apply", *LIMITS)
    assert result.exit_code == 0, result.stderr
    asked = {("7s", "9min")}
    assert noted(notes) == {
        "0003": asked,
        "function": asked,
        "access": asked,
        # What a file has locked stays locked while the runner waits.
        "runner": {("7s", "0")},
    }


def test_limits_of_a_file_without_a_transaction(cli: Cli, tree: Tree, notes: Connection) -> None:
    """Without a lock_timeout, which would leave half an index."""
    assert cli.run("apply").exit_code == 0
    watch_history(notes)
    tree.migration("0003_sees", f"-- migrate: no-transaction\n{note('0003')}")
    result = cli.run("apply", *LIMITS)
    assert result.exit_code == 0, result.stderr
    assert noted(notes) == {"0003": {("0", "9min")}, "runner": {("0", "0")}}


def test_limits_reach_verify_scripts(cli: Cli, tree: Tree) -> None:
    (tree.root / "verify").mkdir()
    tree.write(
        "verify/0001_sees.sql",
        "do $$ begin if current_setting('statement_timeout') <> '9min' then"
        " raise 'it has %', current_setting('statement_timeout'); end if; end $$;",
    )
    result = cli.run("apply", *LIMITS)
    assert result.exit_code == 0, result.stderr


def test_a_statement_of_a_file_is_ended_and_the_file_is_marked(
    cli: Cli, tree: Tree, db: Connection
) -> None:
    """The limit of the file must not end the statement that records its failure."""
    assert cli.run("apply").exit_code == 0
    tree.migration("0003_slow", "-- migrate: no-transaction\nselect pg_catalog.pg_sleep(600);")
    document = cli.json("apply", "--statement-timeout", "1ms")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("no_transaction_failed", 7)
    assert "ERROR 57014: canceling statement due to statement timeout" in problem["message"]
    query = "select state from credits_private.schema_migrations where id = '0003'"
    assert db.execute(query).fetchone() == ("failed",)


@pytest.mark.parametrize("option", ["--lock-timeout", "--statement-timeout"])
@pytest.mark.parametrize("value", ["0.4ms", "0.0001", "2147483648ms", "597h", "99999999999999h"])
def test_a_limit_that_the_server_cannot_take(cli: Cli, option: str, value: str) -> None:
    document = cli.json("apply", option, value)
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("usage", 2)
    assert option in problem["message"]
    assert "0 (no limit), or from 1ms to 2147483647ms (596h)" in problem["message"]


@pytest.mark.parametrize("value", ["0", "1ms", "2147483647ms"])
def test_the_edges_of_what_the_server_can_take(cli: Cli, tree: Tree, value: str) -> None:
    tree.migration("0001_things", "create table credits_private.things (thing bigint);")
    assert cli.run("apply", "--to", "0001", "--lock-timeout", value).exit_code == 0


@pytest.mark.parametrize(
    "limit",
    [{"lock_timeout": 0.0004}, {"statement_timeout": -1.0}, {"lock_timeout": 1e300}, {"tries": 0}],
)
def test_limits_of_a_call(empty_dsn: str, tree: Tree, limit: dict[str, Any]) -> None:
    with pytest.raises(migrate.MigrateError, match="must be") as caught:
        migrate.apply(empty_dsn, root=tree.root, **limit)
    assert [problem.code for problem in caught.value.problems] == ["bad_limit"]
    assert caught.value.exit_code == 2


def test_a_pause_between_tries_has_an_end(
    cli: Cli, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doubled forty-nine times, it would be millions of years."""
    assert cli.run("apply").exit_code == 0
    pauses: list[float] = []
    monkeypatch.setattr("pgcredits.migrate.runner.time.sleep", pauses.append)
    tree = cli.root / "migrations/0003_alter.sql"
    tree.write_text("alter table credits_private.things add third text;")
    other.execute("begin; select * from credits_private.things")
    result = cli.run("apply", "--lock-timeout", "1ms", "--retries", "50")
    assert result.exit_code == 5
    assert (len(pauses), max(pauses) <= 16) == (49, True)


def test_what_a_function_file_sets_ends_with_it(cli: Cli, tree: Tree, db: Connection) -> None:
    path = "functions/api/count_things.sql"
    tree.write(path, (tree.root / path).read_text() + "set work_mem = '77MB'; reset role;\n")
    check = (
        "do $$ begin if current_setting('work_mem') = '77MB' or current_user <> 'credits_owner'"
        " or current_setting('search_path') <> '\"\"'"
        " then raise 'another file has left something'; end if; end $$;\n"
    )
    path = "functions/private/things_counted.sql"
    tree.write(path, (tree.root / path).read_text() + check)
    tree.access(check)
    result = cli.run("apply")
    assert result.exit_code == 0, result.stderr
    assert "functions/access.sql" in recorded(db)


def test_verify_and_repair_begin_with_a_clean_session(
    cli: Cli, tree: Tree, notes: Connection
) -> None:
    """What a database sets is meant for applications."""
    assert cli.run("apply").exit_code == 0
    notes.execute(f"alter database {notes.info.dbname} set statement_timeout = '1min'".encode())
    (tree.root / "verify").mkdir()
    tree.write(
        "verify/0001_sees.sql",
        "do $$ begin if current_setting('statement_timeout') <> '0' then"
        " raise 'it has %', current_setting('statement_timeout'); end if; end $$;",
    )
    assert "verify_failed" not in [p["code"] for p in cli.json("verify")["problems"]]
    watch_history(notes)
    tree.migration("0003_next", "select 1;")
    result = cli.run("repair", "--mark-applied", "0003", "--reason", "to see")
    assert result.exit_code == 0, result.stderr
    assert noted(notes) == {"runner": {("2s", "0")}}


@pytest.mark.parametrize("option", ["--single-transaction", "--dry-run", None])
def test_a_verify_script_runs_right_after_its_file(
    cli: Cli, tree: Tree, option: str | None
) -> None:
    """Before the next file, and before the functions."""
    (tree.root / "verify").mkdir()
    tree.write("verify/0001_now.sql", "select 1 / (1 - count(more)) from credits_private.things;")
    failed = cli.run("apply", *([option] if option else []))
    assert failed.exit_code == 6
    assert "verify/0001_now.sql:1:" in failed.stderr
    assert "ERROR 42703" in failed.stderr
    tree.write(
        "verify/0001_now.sql",
        "do $$ begin if (select count(*) from pg_catalog.pg_attribute a where a.attname = 'more'"
        " and a.attrelid = 'credits_private.things'::regclass) > 0"
        " then raise 'the next file has run'; end if; end $$;",
    )
    result = cli.run("apply", *([option] if option else []))
    assert result.exit_code == 0, result.stderr
