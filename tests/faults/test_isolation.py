"""Callers in every isolation level at once, on the same account.

In REPEATABLE READ and SERIALIZABLE a call whose snapshot has become too old fails with SQLSTATE
40001 and with nothing else, and succeeds when it is tried again. In READ COMMITTED none fails.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.errors import SerializationFailure

from tests.faults.load import ended
from tests.history.check import check
from tests.history.load import Load
from tests.history.record import History, Recorder, Undone, Unknown

if TYPE_CHECKING:
    from tests.client import Credits

SESSIONS_OF_EACH, CALLS = 3, 40
STRICT = ("repeatable read", "serializable")


def _connect(dsn: str, level: str) -> psycopg.Connection[Any]:
    options = f"-c default_transaction_isolation={level.replace(' ', chr(92) + ' ')}"
    return psycopg.connect(make_conninfo(dsn, options=options), autocommit=True)


def _work(dsn: str, history: History, level: str, number: int) -> int:
    """Make calls, each again until it is acknowledged or refused; return the session's number."""
    load = Load(f"{level}-{number}", ["ann"])
    with Recorder(history, partial(_connect, dsn, level)) as session:
        for _ in range(CALLS):
            session.retry(load.next(), attempts=1000)
        return session.number


@pytest.mark.slow
def test_only_lost_races_fail_and_trying_again_helps(credits: Credits, dsn: str) -> None:
    history = History()
    with ThreadPoolExecutor(3 * SESSIONS_OF_EACH) as threads:
        working = {
            level: [
                threads.submit(_work, dsn, history, level, number)
                for number in range(SESSIONS_OF_EACH)
            ]
            for level in ("read committed", *STRICT)
        }
    levels = {one.result(): level for level, some in working.items() for one in some}

    undone: dict[str, list[str]] = {level: [] for level in working}
    for one in ended(history, Undone):
        assert isinstance(one.outcome, Undone)
        undone[levels[one.session]].append(one.outcome.why)
    print({level: len(whys) for level, whys in undone.items()})
    assert not ended(history, Unknown)
    assert undone["read committed"] == []
    for level in STRICT:
        assert undone[level], "no race was lost"
        lost = SerializationFailure.__name__
        assert [why for why in undone[level] if not why.startswith(lost)] == []
    check(history, credits)
