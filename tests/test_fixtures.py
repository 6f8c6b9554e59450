"""The fixtures keep tests apart, and the clock shows what it is set to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits.errors import InsufficientCredits
from tests.conftest import _assert_sound

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

MOMENT = datetime(2040, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_shared_transaction_starts_empty(fast: Credits, clock: Clock, time: str) -> None:
    assert fast.list_entries("alice") == []
    assert clock.now() < MOMENT
    clock.set(MOMENT)
    fast.grant_credits("alice", 1)
    assert fast.balance("alice") == 1


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_clone_starts_empty(credits: Credits, time: str) -> None:
    assert credits.list_entries("alice") == []
    credits.grant_credits("alice", 1)
    assert credits.connect().balance("alice") == 1


def test_a_refusal_does_not_break_the_shared_transaction(fast: Credits) -> None:
    fast.grant_credits("alice", 1)
    with pytest.raises(InsufficientCredits):
        fast.deduct_credit("alice", 2)
    assert fast.balance("alice") == 1


def test_what_a_test_leaves_behind_is_verified(
    fast: Credits, request: pytest.FixtureRequest
) -> None:
    fast.grant_credits("alice", 5)
    _assert_sound(fast.conn, request)
    with fast.conn.transaction(force_rollback=True):
        fast.conn.execute("set local session_replication_role = replica")
        fast.conn.execute("update credits_private.ledger set balance = 6")
        with pytest.raises(AssertionError, match="balance does not follow from the entry before"):
            _assert_sound(fast.conn, request)


def test_the_functions_read_the_test_clock(fast: Credits, clock: Clock) -> None:
    clock.set(MOMENT)
    assert fast.grant_credits("alice", 1).created_at == MOMENT
    assert clock.advance(timedelta(days=1)) == MOMENT + timedelta(days=1)
    assert fast.grant_credits("alice", 1).created_at == MOMENT + timedelta(days=1)


def test_every_session_of_a_clone_sees_the_same_clock(credits: Credits, clock: Clock) -> None:
    clock.set(MOMENT)
    assert credits.connect().get_balance("alice").as_of == MOMENT
    clock.real()
    assert credits.get_balance("alice").as_of < MOMENT


def test_the_released_database_has_no_test_clock(released_dsn: str, empty_dsn: str) -> None:
    assert schemas(released_dsn) == ["credits", "credits_private"]
    assert schemas(empty_dsn) == []


def schemas(dsn: str) -> list[Any]:
    with psycopg.connect(dsn) as conn:
        found = conn.execute(
            "select n.nspname::text from pg_namespace n"
            " where n.nspname !~ '^pg_' and n.nspname not in ('public', 'information_schema')"
            " order by 1"
        )
        return [name for (name,) in found]
