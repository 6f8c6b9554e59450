"""Fixtures of the runner's tests: a tree of SQL files, the command line, another session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli.migrate import migrate
from tests.migrations.tree import Tree, filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the databases of whoever runs the tests; PG_BINDIR and PG_MAJOR choose the server."""
    for name in os.environ:
        is_libpq = name.startswith("PG") and not name.startswith("PG_")
        if is_libpq or name.startswith("SUPABASE_") or name.endswith("DATABASE_URL"):
            monkeypatch.delenv(name)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return filled(tmp_path / "sql")


@pytest.fixture
def bare(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "bare")


@pytest.fixture
def db(empty_dsn: str) -> Iterator[Connection]:
    with psycopg.connect(empty_dsn, autocommit=True) as conn:
        yield conn


@dataclass(frozen=True)
class Cli:
    """The command line on one database and one tree."""

    dsn: str
    root: Path

    def arguments(self, *arguments: str) -> list[str]:
        return ["--dsn", self.dsn, "--directory", str(self.root), *arguments]

    def run(self, *arguments: str) -> Result:
        """In this process."""
        return CliRunner().invoke(migrate, self.arguments(*arguments))

    def json(self, *arguments: str) -> dict[str, Any]:
        """In this process, with ``--json``; the document says the exit code that was used."""
        result = self.run(*arguments, "--json")
        document: dict[str, Any] = json.loads(result.stdout)
        assert document["exit_code"] == result.exit_code
        assert document["ok"] == (result.exit_code == 0)
        return document

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """In a process of its own."""
        command = [sys.executable, "-m", "pgcredits.cli.migrate", *self.arguments(*arguments)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
        )


@pytest.fixture
def cli(empty_dsn: str, tree: Tree) -> Cli:
    return Cli(empty_dsn, tree.root)


@pytest.fixture
def other(empty_dsn: str) -> Iterator[Connection]:
    """Somebody else's session, outside a transaction until it begins one."""
    with psycopg.connect(
        make_conninfo(empty_dsn, application_name="somebody"), autocommit=True
    ) as c:
        yield c


def until(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(0.01)


def said(runner: subprocess.Popen[str], *texts: str) -> list[str]:
    """Read what the runner says until each text has been in some line; return those lines.

    Fails when the runner ends before.
    """
    assert runner.stderr is not None
    found: dict[str, str] = {}
    seen: list[str] = []
    while len(found) < len(texts):
        line = runner.stderr.readline()
        assert line, f"it ended without saying {set(texts) - found.keys()}:\n{''.join(seen)}"
        seen.append(line)
        found |= {text: line for text in texts if text in line and text not in found}
    return [found[text] for text in texts]


def waits_for(conn: Connection, table: str, mode: str) -> bool:
    """Whether somebody in this database waits for a lock of that mode on the table."""
    query = (
        "select 1 from pg_locks where not granted and mode = %s and relation = to_regclass(%s)"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    return conn.execute(query, (mode, table)).fetchone() is not None


def tables(conn: Connection) -> set[str]:
    """Names of the tables in credits_private, without the runner's own."""
    rows = conn.execute(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'credits_private' and c.relkind = 'r'"
    ).fetchall()
    return {row[0] for row in rows if not row[0].startswith("schema_")}


def recorded(conn: Connection) -> list[str]:
    """The recorded ids, in order."""
    query = "select id from credits_private.schema_migrations order by id"
    return [row[0] for row in conn.execute(query).fetchall()]
