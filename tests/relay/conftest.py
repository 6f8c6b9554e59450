"""The relay on a real socket and a real database."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

from tests.relay.support import Endpoint, listening

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def webhook_dsn(dsn: str) -> str:
    """Connect with the rights of the relay's role and no more."""
    return make_conninfo(dsn, options="-c role=credits_webhook")


@pytest.fixture
def endpoint(webhook_dsn: str) -> Iterator[Endpoint]:
    with listening(webhook_dsn) as started:
        yield started


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that refuses connections as long as the test runs."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]
