"""sql/schema.sql is the finished schema, for reading."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgcredits import migrate
from scripts.dump_schema import HEADER, MAJOR, TARGET
from tests.migrations.programs import dumped

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_current(released_dsn: str) -> None:
    with psycopg.connect(released_dsn) as conn:
        major = conn.info.server_version // 10000
    if major != MAJOR:
        pytest.skip(f"it is written as PostgreSQL {MAJOR} writes it, and this server is {major}")
    assert TARGET.read_text("utf-8") == HEADER + dumped(released_dsn), (
        "not current: python scripts/dump_schema.py"
    )


def test_it_differs_by_what_is_in_the_database_alone(released_dsn: str) -> None:
    before = dumped(released_dsn)
    assert dumped(released_dsn) == before
    with psycopg.connect(released_dsn) as conn:
        conn.execute("comment on schema credits is 'another'")
        conn.execute("grant execute on function credits.get_balance(text) to credits_user")
    after = dumped(released_dsn)
    assert "COMMENT ON SCHEMA credits IS 'another';" in after
    assert "GRANT ALL ON FUNCTION credits.get_balance(p_account_id text) TO credits_user;" in after


def test_nothing_of_one_machine_is_in_it() -> None:
    text = TARGET.read_text("utf-8")
    for word in ("Dumped by", "Dumped from", "restrict ", "/tmp", "127.0.0.1"):  # noqa: S108
        assert word not in text


def test_the_runner_leaves_it_alone(tmp_path: Path) -> None:
    root = tmp_path / "sql"
    shutil.copytree(migrate.sql_root(), root)
    (root / "schema.sql").write_text("drop schema credits cascade; \\i no_sql_at_all", "utf-8")
    assert migrate.fingerprint(root) == migrate.fingerprint()
    assert "schema.sql" not in {file.name for file in migrate.discover(root)}
    assert migrate.lint(root) == migrate.lint() == ()
