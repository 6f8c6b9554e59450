"""One idempotency key in several sessions at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import IdempotencyConflict
from pgcredits.rpc import Receipt
from tests.concurrency.writers import DAY, NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions

KEY = "0197e0a0-7e57-7000-8000-000000000001"


@pytest.fixture
def bought(credits: Credits, clock: Clock) -> Credits:
    clock.set(NOON)
    credits.add_purchased_credits("ann", 100, reference="pack", amount_paid=1000, currency="usd")
    credits.deduct_credit("ann", 10, idempotency_key="job")
    credits.add_subscription_credits("ann", 20, NOON + DAY, reference="june")
    return credits


KEYED: dict[str, Callable[[Credits], Receipt]] = {
    "open": lambda one: one.open_account("ann", idempotency_key=KEY),
    "grant": lambda one: one.grant_credits("ann", 7, idempotency_key=KEY),
    "purchase": lambda one: one.add_purchased_credits(
        "ann", 7, reference="pack-2", idempotency_key=KEY
    ),
    "subscribe": lambda one: one.add_subscription_credits(
        "ann", 7, NOON + DAY, idempotency_key=KEY
    ),
    "renew": lambda one: one.renew_subscription(
        "ann", "plan", 7, period_start=NOON, period_end=NOON + DAY, idempotency_key=KEY
    ),
    "record": lambda one: one.record_payment(
        "ann", "pack-3", 70, currency="usd", grants=[{"amount": 7}], idempotency_key=KEY
    ),
    "claw": lambda one: one.clawback_credits("ann", "pack", target=50, idempotency_key=KEY),
    "spend from the open lot": lambda one: one.deduct_credit("ann", 7, idempotency_key=KEY),
    "spend across lots": lambda one: one.deduct_credit("ann", 30, idempotency_key=KEY),
    "spend of everything": lambda one: one.deduct_credit("ann", 110, idempotency_key=KEY),
    "refund": lambda one: one.refund_spend("ann", spend_key="job", amount=4, idempotency_key=KEY),
    "end": lambda one: one.expire_subscription_credits("ann", idempotency_key=KEY),
}


@pytest.mark.parametrize("command", KEYED)
def test_the_same_request_in_eight_sessions_takes_effect_once(
    bought: Credits, sessions: Sessions, command: str
) -> None:
    before = bought.entries("ann")
    # Somebody else holds the account until all eight are there, and leaves no trace.
    with sessions.first.conn.transaction(force_rollback=True):
        sessions.first.grant_credits("ann", 1)
        calls = [sessions.start(sessions.open(), KEYED[command]) for _ in range(8)]
        sessions.until_waiting(*calls)
    receipts = [call.result() for call in calls]
    assert sorted(receipt.is_replay for receipt in receipts) == [False] + [True] * 7
    assert len({repr(replace(receipt, is_replay=False)) for receipt in receipts}) == 1

    added = bought.entries("ann")[len(before) :]
    assert [entry.idempotency_key for entry in added] == [KEY] + [None] * (len(added) - 1)
    assert {entry.command_id for entry in added} == {receipts[0].command_id}
    assert added[-1].balance == receipts[0].balance == bought.balance("ann")


@pytest.mark.parametrize("amounts", [(7, 8), (30, 8), (7, 60), (110, 111)])
def test_the_same_key_with_another_amount_is_refused_and_writes_nothing(
    bought: Credits, sessions: Sessions, amounts: tuple[int, int]
) -> None:
    first, second = amounts
    race = sessions.race(
        lambda one: one.deduct_credit("ann", first, idempotency_key=KEY),
        lambda one: one.deduct_credit("ann", second, idempotency_key=KEY),
    )
    assert race.waited
    assert isinstance(race.first, Receipt)
    assert isinstance(race.second, IdempotencyConflict)
    assert race.second.values["idempotency_key"] == KEY
    assert bought.balance("ann") == race.first.balance == 110 - first
    assert bought.entries("ann")[-1].entry_id == race.first.entry_id


def test_the_key_of_a_spend_is_refused_for_a_grant(bought: Credits, sessions: Sessions) -> None:
    race = sessions.race(
        lambda one: one.deduct_credit("ann", 7, idempotency_key=KEY),
        lambda one: one.grant_credits("ann", 7, idempotency_key=KEY),
    )
    assert isinstance(race.second, IdempotencyConflict)
    assert bought.balance("ann") == 103


def test_a_key_that_was_rolled_back_is_free(bought: Credits, sessions: Sessions) -> None:
    race = sessions.race(
        lambda one: one.deduct_credit("ann", 7, idempotency_key=KEY),
        lambda one: one.deduct_credit("ann", 8, idempotency_key=KEY),
        rollback=True,
    )
    assert race.waited
    assert isinstance(race.second, Receipt)
    assert not race.second.is_replay
    assert bought.balance("ann") == 102


def test_two_accounts_use_one_key_without_waiting(bought: Credits, sessions: Sessions) -> None:
    bought.grant_credits("bob", 10)
    race = sessions.race(
        lambda one: one.deduct_credit("ann", 7, idempotency_key=KEY),
        lambda one: one.deduct_credit("bob", 8, idempotency_key=KEY),
    )
    assert not race.waited
    assert isinstance(race.second, Receipt)
    assert not race.second.is_replay
