"""Fixtures of the scenarios: a stopped clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.support import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from tests.clock import Clock


@pytest.fixture
def now(clock: Clock) -> datetime:
    """Stop the clock at NOW."""
    return clock.set(NOW)
