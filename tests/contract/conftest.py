"""Fixtures of the tests that read the catalogue of a migrated database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.contract.catalogue import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Server

SUPABASE_ROLES = ("anon", "authenticated", "service_role")
STRANGER = "contract_stranger"
_ROLES_LOCK = 7_305_442


@pytest.fixture
def catalogue(released_dsn: str) -> Iterator[Rows]:
    """The database as released, asked as superuser."""
    with psycopg.connect(released_dsn, autocommit=True) as conn:
        yield Rows(conn)


@pytest.fixture
def roles(pg_server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A session that may create roles. Those of Supabase and the stranger do not exist at first.

    Roles belong to the whole server, so one test at a time holds this fixture; what a test creates
    is dropped after it.
    """
    ours = (*SUPABASE_ROLES, STRANGER)
    with psycopg.connect(pg_server.dsn(), autocommit=True) as conn:
        conn.execute("select pg_advisory_lock(%s)", (_ROLES_LOCK,))
        existing = conn.execute(
            "select rolname from pg_roles where rolname = any(%s)", (list(ours),)
        ).fetchall()
        assert not existing, f"the server has roles that this test must create: {existing}"
        try:
            yield conn
        finally:
            for role in ours:
                conn.execute(f"drop role if exists {role}")
