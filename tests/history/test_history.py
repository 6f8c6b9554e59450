"""Eight sessions make every kind of call on three accounts: one order explains what they hear.

The seed is printed; HISTORY_SEED repeats the calls of a run, though not their interleaving.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import settings

from tests.history.check import check, outcomes
from tests.history.load import run
from tests.history.record import BY_BATCH, BY_CALLER, History, Undone

if TYPE_CHECKING:
    from tests.client import Credits

CALLS = 1000 if settings.get_current_profile_name() == "nightly" else 100


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_eight_sessions_on_three_accounts(dsn: str, credits: Credits) -> None:
    seed = os.environ.get("HISTORY_SEED") or str(secrets.randbits(32))
    print(f"HISTORY_SEED={seed}")
    history = History()

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(dsn, autocommit=True)

    run(history, connect, seed=seed, calls=CALLS)
    check(history, credits)
    seen = outcomes(history)
    print(dict(seen))
    assert seen["acknowledged"] > seen.total() / 3
    assert {"insufficient_credits", "idempotency_conflict", "entry_not_found"} <= set(seen)
    undone = {one.outcome.why for one in history.invocations if isinstance(one.outcome, Undone)}
    assert undone == {BY_BATCH, BY_CALLER}
    assert any(one.receipt and one.receipt.is_replay for one in history.invocations)
