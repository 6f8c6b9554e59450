"""Eight sessions make every kind of call on three accounts: one order explains what they hear.

The seed is printed; HISTORY_SEED repeats the calls of a run, though not their interleaving.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.history.check import check
from tests.history.load import run
from tests.history.record import History

if TYPE_CHECKING:
    from tests.client import Credits


@pytest.mark.slow
def test_eight_sessions_on_three_accounts(dsn: str, credits: Credits) -> None:
    seed = os.environ.get("HISTORY_SEED") or str(secrets.randbits(32))
    print(f"HISTORY_SEED={seed}")
    history = History()

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(dsn, autocommit=True)

    run(history, connect, seed=seed)
    check(history, credits)
