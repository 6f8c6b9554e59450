"""Sessions for the tests of concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.concurrency.sessions import Sessions
from tests.concurrency.writers import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.client import Credits
    from tests.clock import Clock


@pytest.fixture
def sessions(credits: Credits) -> Iterator[Sessions]:
    """More sessions on the database of ``credits``."""
    with Sessions(credits) as opened:
        yield opened


@pytest.fixture
def at_noon(clock: Clock) -> None:
    """Stop the clock at the noon that the tests count from."""
    clock.set(NOON)
