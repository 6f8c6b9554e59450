"""schema_version tells which code is installed, so that a program can compare it with its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.migrate import files
from tests.functions.support import unchanged

if TYPE_CHECKING:
    from tests.client import Credits


def test_a_migrated_database_has_the_fingerprint_of_the_files(fast: Credits) -> None:
    with unchanged(fast):
        version = fast.schema_version()
    assert version.checksum == files.fingerprint()


def test_it_names_the_newest_migration(fast: Credits) -> None:
    newest = max(path.name[:4] for path in (files.sql_root() / "migrations").glob("*.sql"))
    assert fast.schema_version().migration == newest


def test_any_change_of_what_is_applied_changes_the_checksum(fast: Credits) -> None:
    before = fast.schema_version()
    fast.conn.execute(
        "update credits_private.schema_migrations set checksum = repeat('0', 64) where id = '0001'"
    )
    after = fast.schema_version()
    assert after.migration == before.migration
    assert after.checksum != before.checksum
