"""One idempotency key in several sessions at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

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


def _buy(credits: Credits, account: str) -> None:
    """Leave 90 purchased credits of 100, a spend that can be refunded, and 20 that expire first."""
    credits.add_purchased_credits(
        account, 100, reference=f"{account}:pack", amount_paid=1000, currency="usd"
    )
    credits.deduct_credit(account, 10, idempotency_key="job")
    credits.add_subscription_credits(account, 20, NOON + DAY, reference="june")


@pytest.fixture
def bought(credits: Credits, clock: Clock) -> Credits:
    clock.set(NOON)
    _buy(credits, "ann")
    return credits


def _open(one: Credits, account: str) -> Receipt:
    return one.open_account(account, idempotency_key=KEY)


def _grant(one: Credits, account: str) -> Receipt:
    return one.grant_credits(account, 7, idempotency_key=KEY)


def _purchase(one: Credits, account: str) -> Receipt:
    return one.add_purchased_credits(account, 7, reference=f"{account}:2", idempotency_key=KEY)


def _subscribe(one: Credits, account: str) -> Receipt:
    return one.add_subscription_credits(account, 7, NOON + DAY, idempotency_key=KEY)


def _renew(one: Credits, account: str) -> Receipt:
    return one.renew_subscription(
        account, "plan", 7, period_start=NOON, period_end=NOON + DAY, idempotency_key=KEY
    )


def _record(one: Credits, account: str) -> Receipt:
    grants: list[dict[str, Any]] = [{"amount": 7}, {"amount": 1, "pool": "promotional"}]
    return one.record_payment(
        account, f"{account}:3", 70, currency="usd", grants=grants, idempotency_key=KEY
    )


def _claw(one: Credits, account: str) -> Receipt:
    return one.clawback_credits(account, f"{account}:pack", idempotency_key=KEY)


def _spend_from_the_open_lot(one: Credits, account: str) -> Receipt:
    return one.deduct_credit(account, 7, idempotency_key=KEY)


def _spend_across_lots(one: Credits, account: str) -> Receipt:
    return one.deduct_credit(account, 30, idempotency_key=KEY)


def _spend_everything(one: Credits, account: str) -> Receipt:
    return one.deduct_credit(account, 110, idempotency_key=KEY)


def _refund(one: Credits, account: str) -> Receipt:
    return one.refund_spend(account, spend_key="job", amount=4, idempotency_key=KEY)


def _end(one: Credits, account: str) -> Receipt:
    return one.expire_subscription_credits(account, idempotency_key=KEY)


KEYED: dict[str, Callable[[Credits, str], Receipt]] = {
    "open": _open,
    "grant": _grant,
    "purchase": _purchase,
    "subscribe": _subscribe,
    "renew": _renew,
    "record": _record,
    "claw": _claw,
    "spend from the open lot": _spend_from_the_open_lot,
    "spend across lots": _spend_across_lots,
    "spend everything": _spend_everything,
    "refund": _refund,
    "end": _end,
}


def _together(
    sessions: Sessions,
    callers: list[Credits],
    account: str,
    command: Callable[[Credits, str], Receipt],
) -> list[Receipt]:
    """Make the command in all sessions at once; who had held the account leaves no trace."""
    with sessions.first.conn.transaction(force_rollback=True):
        sessions.first.grant_credits(account, 1)
        calls = [sessions.start(one, lambda session: command(session, account)) for one in callers]
        sessions.until_waiting(*calls)
    return [call.result() for call in calls]


def test_the_same_request_in_eight_sessions_takes_effect_once(
    credits: Credits, clock: Clock, sessions: Sessions
) -> None:
    clock.set(NOON)
    eight = [sessions.open() for _ in range(8)]
    for name, command in KEYED.items():
        account = f"account {name}"
        _buy(credits, account)
        before = credits.entries(account)
        receipts = _together(sessions, eight, account, command)
        assert sorted(receipt.is_replay for receipt in receipts) == [False] + [True] * 7, name
        assert len({repr(replace(receipt, is_replay=False)) for receipt in receipts}) == 1, name

        added = credits.entries(account)[len(before) :]
        assert [entry.idempotency_key for entry in added] == [KEY] + [None] * (len(added) - 1)
        assert {entry.command_id for entry in added} == {receipts[0].command_id}
        assert added[-1].balance == receipts[0].balance == credits.balance(account)


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
