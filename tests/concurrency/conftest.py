"""Sessions for the tests of concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.concurrency.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.client import Credits


@pytest.fixture
def sessions(credits: Credits) -> Iterator[Sessions]:
    """More sessions on the database of ``credits``."""
    with Sessions(credits) as opened:
        yield opened
