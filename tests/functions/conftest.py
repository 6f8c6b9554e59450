"""Fixtures of the function tests: a stopped clock and an account with a past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.support import DAY, HOUR, NOW

if TYPE_CHECKING:
    from datetime import datetime

    from tests.client import Credits
    from tests.clock import Clock


@pytest.fixture
def now(clock: Clock) -> datetime:
    """Stop the clock at NOW."""
    return clock.set(NOW)


@pytest.fixture
def alice(fast: Credits, clock: Clock) -> str:
    """Open an account with 100 purchased credits (pay_1, 1000 cents) and 20 that have expired.

    The expiry, an hour ago, is not booked yet: a writer that is refused must not book it either.
    """
    clock.set(NOW - DAY)
    fast.grant_credits("alice", 20, expires_at=NOW - HOUR)
    fast.add_purchased_credits("alice", 100, reference="pay_1", amount_paid=1000, currency="eur")
    clock.set(NOW)
    return "alice"
