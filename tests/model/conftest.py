"""A connection for the search: its own database, a session in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def utc(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit connection to a fresh clone, whose instants come back in UTC."""
    with psycopg.connect(dsn, autocommit=True, options="-c TimeZone=UTC") as connection:
        yield connection
