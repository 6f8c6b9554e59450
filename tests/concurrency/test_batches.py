"""Batches at once with one another and with single spends."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InsufficientCredits, InvalidArgument
from tests.concurrency.sessions import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.rpc import Batch
    from tests.client import Credits
    from tests.concurrency.sessions import Running, Sessions

# In the order of their bytes, which is not that of a dictionary.
ACCOUNTS = ("Zoe", "ann", "bob")


@pytest.fixture
def shop(credits: Credits) -> Credits:
    """Accounts of 100 credits each."""
    for account in ACCOUNTS:
        credits.grant_credits(account, 100)
    return credits


def _op(account: str, key: str = "job", amount: int = 1) -> dict[str, Any]:
    return {"account_id": account, "idempotency_key": key, "amount": amount}


def _batch(*operations: dict[str, Any], all_or_nothing: bool = False) -> Callable[[Credits], Batch]:
    return lambda one: one.deduct_credits_batch(operations, all_or_nothing=all_or_nothing)


def test_it_locks_the_accounts_in_the_order_of_their_bytes(
    shop: Credits, sessions: Sessions
) -> None:
    with sessions.first.conn.transaction():
        sessions.first.deduct_credit("ann")
        batch = sessions.start(sessions.second, _batch(*map(_op, reversed(ACCOUNTS))))
        sessions.until_waiting(batch)
        assert shop.deduct_credit("bob", idempotency_key="mine").balance == 99
        behind = sessions.start(sessions.open(), lambda one: one.deduct_credit("Zoe"))
        sessions.until_waiting(behind)
        assert sessions.blockers(behind.session) == {sessions.second.pid}
    assert batch.result().booked == 3
    assert behind.result().balance == 98
    assert [shop.balance(account) for account in ACCOUNTS] == [98, 98, 98]


def test_what_is_malformed_is_refused_before_anything_is_locked(
    shop: Credits, sessions: Sessions
) -> None:
    """In this thread: if the batch waited, the test would never end."""
    with sessions.first.conn.transaction():
        sessions.first.deduct_credit("ann")
        with pytest.raises(InvalidArgument):
            shop.deduct_credits_batch([_op("ann"), _op("bob", "")])


def test_eight_sessions_with_the_same_accounts_in_other_orders_never_deadlock(
    credits: Credits, sessions: Sessions
) -> None:
    accounts = [f"account {number}" for number in range(6)]
    for account in accounts:
        credits.grant_credits(account, 150)
        credits.grant_credits(account, 1000, pool="purchased")

    def work(one: Credits, number: int) -> list[Batch]:
        rng = random.Random(number)  # noqa: S311
        done = []
        for turn in range(12):
            keys = [f"{number}-{turn}", f"shared-{turn}"]
            operations = [_op(account, key, 3) for account in accounts for key in keys]
            rng.shuffle(operations)
            done.append(_batch(*operations[: rng.randint(2, 12)])(one))
        return done

    calls = [
        sessions.start(sessions.open(), lambda one, number=number: work(one, number))  # type: ignore[misc]
        for number in range(8)
    ]
    batches = [batch for call in calls for batch in call.result()]
    told = [result for batch in batches for result in batch.parsed()]
    booked = [(one.account_id, one.idempotency_key) for one in told if one.outcome == "ok"]
    assert Counter(one.outcome for one in told).keys() == {"ok", "replay"}
    assert set(Counter(booked).values()) == {1}
    for account in accounts:
        mine = sum(name == account for name, _ in booked)
        assert credits.balance(account) == 1150 - 3 * mine
        assert len(credits.entries(account)) == 2 + mine


def test_a_hundred_accounts_from_both_ends_at_once(credits: Credits, sessions: Sessions) -> None:
    accounts = [f"account {number}" for number in range(100)]
    for account in accounts:
        credits.grant_credits(account, 2)
    with sessions.first.conn.transaction():
        sessions.first.deduct_credit(accounts[50])
        calls = [
            sessions.start(sessions.open(), _batch(*(_op(account, key) for account in order)))
            for key, order in (("up", accounts), ("down", accounts[::-1]))
        ]
        sessions.until_waiting(*calls)
    batches = sorted((call.result() for call in calls), key=lambda batch: batch.booked)
    assert [(batch.booked, batch.refused) for batch in batches] == [(99, 1), (100, 0)]
    assert not any(credits.balance(account) for account in accounts)


def test_the_same_batch_in_eight_sessions_takes_effect_once(
    shop: Credits, sessions: Sessions
) -> None:
    """T-46 and T-48 in bulk: each session has another order of the operations."""
    operations = [_op(account, key, 30) for account in ACCOUNTS for key in ("a", "b", "c", "d")]
    calls: list[Running[Batch]] = []
    with sessions.first.conn.transaction(force_rollback=True):
        sessions.first.grant_credits("Zoe", 1)
        for number in range(8):
            turned = operations[number:] + operations[:number]
            mixed = sorted(turned, key=lambda one: str(one["idempotency_key"]))
            calls.append(sessions.start(sessions.open(), _batch(*mixed)))
        sessions.until_waiting(*calls)
    batches = [call.result() for call in calls]
    assert sorted(batch.booked for batch in batches) == [0] * 7 + [9]
    assert {batch.booked + batch.replayed for batch in batches} == {9}
    assert {batch.refused for batch in batches} == {3}
    for account in ACCOUNTS:
        assert shop.booked(account) == [("grant", 100)] + [("spend", -30)] * 3


def test_a_batch_and_a_single_spend_of_one_key_charge_once(
    shop: Credits, sessions: Sessions
) -> None:
    single = sessions.race(
        lambda one: one.deduct_credit("ann", 7, idempotency_key="job"),
        _batch(_op("bob", amount=7), _op("ann", amount=7)),
    )
    assert single.waited
    assert [result.outcome for result in single.second.parsed()] == ["ok", "replay"]  # type: ignore[union-attr]
    batch = sessions.race(
        _batch(_op("ann", "job-2", 7)),
        lambda one: one.deduct_credit("ann", 7, idempotency_key="job-2").is_replay,
    )
    assert (batch.waited, batch.second) == (True, True)
    assert shop.balance("ann") == 86


def test_of_two_batches_of_all_or_nothing_one_passes(shop: Credits, sessions: Sessions) -> None:
    orders = [
        [_op("ann", "1", 60), _op("bob", "1", 60)],
        [_op("bob", "2", 60), _op("ann", "2", 60)],
    ]
    with sessions.first.conn.transaction(force_rollback=True):
        sessions.first.grant_credits("ann", 1)
        calls = [
            sessions.start(
                sessions.open(),
                lambda one, order=order: ask(_batch(*order, all_or_nothing=True), one),  # type: ignore[misc]
            )
            for order in orders
        ]
        sessions.until_waiting(*calls)
    answers = [call.result() for call in calls]
    (refusal,) = (answer for answer in answers if isinstance(answer, InsufficientCredits))
    assert refusal.values["index"] == 0
    assert [shop.balance(account) for account in ACCOUNTS] == [100, 40, 40]
