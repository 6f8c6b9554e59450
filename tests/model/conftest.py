"""A connection for the search, its own database and a session in UTC; a twin on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.model.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.model.state import Settings


@pytest.fixture
def utc(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit connection to a fresh clone, whose instants come back in UTC."""
    with psycopg.connect(dsn, autocommit=True, options="-c TimeZone=UTC") as connection:
        yield connection


@pytest.fixture
def start(utc: psycopg.Connection[Any]) -> Iterator[Callable[[Settings], Twin]]:
    """Both sides, with the settings that are asked for; undone in the end."""
    with utc.transaction(force_rollback=True):
        yield lambda settings: Twin(utc, settings)
