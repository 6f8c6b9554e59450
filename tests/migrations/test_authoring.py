"""`new` and `lint`: for whoever writes migrations."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pgcredits import migrate
from pgcredits.cli.migrate import migrate as command

if TYPE_CHECKING:
    from pathlib import Path

    from tests.migrations.tree import Tree

HEADER = ["-- Purpose: add expiry.", "-- Locks: ", "-- Time on a million rows: "]


def run(tree: Tree, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, ["--directory", str(tree.root), *arguments])
    return result.exit_code, result.stdout, result.stderr


def linted(tree: Tree) -> set[tuple[str, str | None]]:
    return {(problem.code, problem.id) for problem in migrate.lint(tree.root)}


@pytest.mark.parametrize("name", ["add_expiry", "Add expiry", "add-expiry"])
def test_new_takes_the_next_number(tree: Tree, name: str) -> None:
    code, out, _ = run(tree, "new", name)
    path = tree.root.resolve() / "migrations" / "0003_add_expiry.sql"
    assert (code, out) == (0, f"{path}\n")
    lines = path.read_text("utf-8").splitlines()
    assert all(line.startswith(start) for line, start in zip(lines, HEADER, strict=False))
    assert linted(tree) == set()
    assert json.loads(run(tree, "new", name, "--json")[1])["file"].endswith("0004_add_expiry.sql")


def test_new_in_an_empty_tree(bare: Tree) -> None:
    assert run(bare, "new", "first")[1].endswith("0001_first.sql\n")


@pytest.mark.parametrize("name", ["", "...", "Verfälligkeit"])
def test_new_needs_a_name(tree: Tree, name: str) -> None:
    code, _, complaints = run(tree, "new", name)
    assert code == 2
    assert "[bad_name]" in complaints


def test_new_goes_on_from_a_sound_tree_alone(tree: Tree) -> None:
    tree.migration("0002_other", "select 1;")
    code, _, complaints = run(tree, "new", "next")
    assert code == 2
    assert "[duplicate_number]" in complaints


def test_new_says_when_it_cannot_write(tree: Tree) -> None:
    (tree.root / "migrations").rename(tree.root / "kept")
    (tree.root / "migrations").write_text("in the way")
    assert "[not_writable]" in run(tree, "new", "next")[2]


def test_new_never_writes_into_an_installed_package(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree.root.parent / "__init__.py").touch()
    monkeypatch.setattr(migrate, "sql_root", lambda: tree.root)
    result = CliRunner().invoke(command, ["new", "next"])
    assert result.exit_code == 2
    assert "--directory" in result.stderr


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (
            "migrations/0003_x.sql",
            "create index concurrently i on a.t (x);",
            "needs_no_transaction",
        ),
        ("migrations/0003_x.sql", "vacuum a.t;", "needs_no_transaction"),
        ("migrations/0003_x.sql", "alter system set work_mem = '1GB';", "needs_no_transaction"),
        ("migrations/0003_x.sql", "create database d;", "needs_no_transaction"),
        ("migrations/0003_x.sql", "begin;\nselect 1;", "transaction_control"),
        ("migrations/0003_x.sql", "select 1; commit;", "transaction_control"),
        ("migrations/0003_x.sql", "rollback;", "transaction_control"),
        ("migrations/0003_x.sql", "alter type a.e add value 'x';", "enum_value"),
        ("migrations/0003_x.sql", "ALTER TYPE a.e ADD VALUE IF NOT EXISTS 'x';", "enum_value"),
        ("migrations/0003_x.sql", "set work_mem = '1GB';", "set_without_local"),
        ("migrations/0003_x.sql", "set session work_mem = '1GB';", "set_without_local"),
        ("migrations/0003_x.sql", "set role postgres;", "set_without_local"),
        (
            "migrations/0003_x.sql",
            "select pg_catalog.set_config('search_path', '', false);",
            "set_without_local",
        ),
        (
            "migrations/0003_x.sql",
            "create function a.f() returns int language sql security definer as 'select 1';",
            "definer_without_path",
        ),
        ("migrations/0003_x.sql", "alter function a.f() security definer;", "definer_without_path"),
        (
            "functions/api/f.sql",
            "create or replace function credits.f() returns int language sql security definer"
            " as $$ select 1 /* set search_path = x */ $$;",
            "definer_without_path",
        ),
        (
            "functions/api/f.sql",
            "create function credits.f() returns int language sql as 'select 1';",
            "create_without_replace",
        ),
        (
            "functions/api/p.sql",
            "create procedure credits.p() language sql as 'select 1';",
            "create_without_replace",
        ),
        ("migrations/0003_x.sql", "select 1;\n\\d\n", "psql_command"),
        ("migrations/0003_x.sql", "copy a.t from stdin;", "copy_from_stdin"),
        ("migrations/0004_x.sql", "select 1;", "number_gap"),
        ("migrations/0002_x.sql", "select 1;", "duplicate_number"),
        ("migrations/x.sql", "select 1;", "bad_name"),
    ],
)
def test_each_rule(tree: Tree, path: str, text: str, code: str) -> None:
    assert linted(tree) == set()
    file = tree.write(path, text)
    assert {found for found, _ in linted(tree)} == {code}
    assert {problem.code for problem in migrate.lint(tree.root, [file])} == {code}
    result, _, complaints = run(tree, "lint")
    assert result == 2
    assert f"[{code}]" in complaints


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("migrations/0003_x.sql", "set local work_mem = '1GB'; set constraints all deferred;"),
        ("migrations/0003_x.sql", "select set_config('work_mem', '1GB', true);"),
        ("migrations/0003_x.sql", "-- set work_mem = 1;\ncomment on table a.t is 'vacuum; begin';"),
        ("migrations/0003_x.sql", "update a.t set x = 1 where y; alter table a.t set (a = 1);"),
        ("migrations/0003_x.sql", "create function a.f() returns int language sql as 'select 1';"),
        (
            "migrations/0003_x.sql",
            "-- migrate: no-transaction\ncreate index concurrently i on a.t (x);",
        ),
        ("migrations/0003_x.sql", "-- migrate: no-transaction\nalter type a.e add value 'x';"),
        ("migrations/0003_x.sql", "do $$ begin set work_mem = '1MB'; end $$;"),
        ("migrations/0003_x.sql", "alter type a.t add attribute value int;"),
        (
            "functions/api/f.sql",
            "create or replace function credits.f() returns int language sql security definer"
            " set search_path = pg_catalog, pg_temp as 'select 1';",
        ),
        (
            "functions/api/f.sql",
            "create or replace trigger t after insert on a.t execute function f();",
        ),
        ("bootstrap.sql", "set role postgres; reset role;"),
    ],
)
def test_what_is_fine(tree: Tree, path: str, text: str) -> None:
    tree.write(path, text)
    assert linted(tree) == set()
    assert run(tree, "lint")[:2] == (0, "no problems\n")


def test_the_released_files_are_fine() -> None:
    assert migrate.lint() == ()


def test_some_files_alone(tree: Tree, tmp_path: Path) -> None:
    bad = tree.migration("0003_bad", "commit;")
    worse = tree.migration("0004_worse", "set work_mem = '1GB';")
    assert {p.id for p in migrate.lint(tree.root)} == {"0003", "0004"}
    assert {p.id for p in migrate.lint(tree.root, [worse])} == {"0004"}
    assert run(tree, "lint", str(bad))[0] == 2
    assert run(tree, "lint", str(tree.root / "migrations/0001_things.sql"))[0] == 0
    relative = os.path.relpath(worse)
    assert run(tree, "lint", relative)[0] == 2
    elsewhere = tmp_path / "elsewhere.sql"
    elsewhere.write_text("commit;")
    code, _, complaints = run(tree, "lint", str(elsewhere))
    assert code == 2
    assert "is not below" in complaints


def test_the_place_is_shown(tree: Tree) -> None:
    tree.migration("0003_bad", "select 1;\n  set work_mem = '1GB';\n")
    [problem] = json.loads(run(tree, "lint", "--json")[1])["problems"]
    assert "0003_bad.sql:2:3: the setting would outlive the file" in problem["message"]
    assert "  set work_mem = '1GB';\n  ^" in problem["message"]
