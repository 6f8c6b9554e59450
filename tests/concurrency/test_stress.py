"""Many sessions, all commands, few accounts: nothing is lost and nobody deadlocks.

Every session notes what it was told and when. Afterwards the ledger is replayed in Python, and what
was told is looked up in it: each acknowledged command once, with its figures, in an order that does
not contradict real time. An error of the server (a deadlock, a lost race) ends the run.

The seed is printed; STRESS_SEED repeats the calls of a run, though not their interleaving.
"""

from __future__ import annotations

import math
import os
import random
import secrets
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pgcredits import errors
from tests.concurrency.replay import Replay
from tests.concurrency.writers import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits.rpc import Entry, Receipt
    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions

SESSIONS = 32
CALLS = 50
ACCOUNTS = ["ann", "bob", "cid", "dan"]
START = datetime.now(UTC)
LEGAL = (
    errors.AccountNotFound,
    errors.EntryNotFound,
    errors.IdempotencyConflict,
    errors.InDebt,
    errors.InsufficientCredits,
    errors.PaymentNotFound,
    errors.RefundExceedsSpend,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A receipt, and when its command was given and acknowledged, in seconds."""

    receipt: Receipt
    given: float
    acknowledged: float


def _spend(one: Credits, rng: random.Random, account: str) -> Receipt:
    if rng.random() < 0.6:
        return one.deduct_credit(account, rng.randint(1, 40))
    number = rng.randrange(30)
    # Now and then a key is used for another request.
    amount = number + 1 if rng.random() < 0.9 else 99
    return one.deduct_credit(account, amount, idempotency_key=f"job-{number}")


def _grant(one: Credits, rng: random.Random, account: str) -> Receipt:
    expires_at = datetime.now(UTC) + timedelta(milliseconds=rng.randint(20, 600))
    return one.grant_credits(account, rng.randint(1, 50), expires_at=expires_at)


def _purchase(one: Credits, rng: random.Random, account: str) -> Receipt:
    number = rng.randrange(12)
    # Now and then the payment is another account's.
    owner = account if rng.random() < 0.9 else rng.choice(ACCOUNTS)
    return one.add_purchased_credits(
        account, 20 + number, reference=f"{owner}:{number}", amount_paid=1000, currency="usd"
    )


def _record(one: Credits, rng: random.Random, account: str) -> Receipt:
    number = rng.randrange(12, 20)
    return one.record_payment(
        account,
        f"{account}:{number}",
        1000,
        currency="usd",
        grants=[{"amount": 30}, {"amount": 5, "pool": "promotional"}],
        amount_returned=rng.choice([None, 300]),
    )


def _renew(one: Credits, rng: random.Random, account: str) -> Receipt:
    period = START + rng.randrange(6) * DAY
    return one.renew_subscription(
        account,
        "plan",
        60,
        period_start=period,
        period_end=period + DAY,
        rollover_cap=rng.choice([0, 20, None]),
    )


def _claw(one: Credits, rng: random.Random, account: str) -> Receipt:
    payment = f"{account}:{rng.randrange(20)}"
    if rng.random() < 0.5:
        return one.clawback_credits(account, payment, target=rng.randint(0, 20))
    return one.clawback_credits(account, payment, amount_returned=rng.randrange(0, 1001, 100))


def _refund(one: Credits, rng: random.Random, account: str) -> Receipt:
    amount = rng.choice([None, 1, 5])
    if_expired = rng.choice(["grace", "lapse"])
    if rng.random() < 0.5:
        return one.refund_spend(
            account, spend_key=f"job-{rng.randrange(30)}", amount=amount, if_expired=if_expired
        )
    return one.refund_spend(
        account, entry_id=rng.randint(1, 300), amount=amount, if_expired=if_expired
    )


def _end(one: Credits, rng: random.Random, account: str) -> Receipt:
    return one.expire_subscription_credits(account)


def _open(one: Credits, rng: random.Random, account: str) -> Receipt:
    return one.open_account(account)


def _sweep(one: Credits, rng: random.Random, account: str) -> None:
    one.expire_due()


def _read(one: Credits, rng: random.Random, account: str) -> None:
    seen = one.get_balance(account)
    assert seen.balance == sum(seen.pools.values()) - seen.debt
    assert seen.available == (0 if seen.debt else seen.balance)


COMMANDS: dict[Callable[[Credits, random.Random, str], Receipt | None], int] = {
    _spend: 40,
    _grant: 10,
    _purchase: 10,
    _record: 6,
    _renew: 6,
    _claw: 5,
    _refund: 12,
    _end: 2,
    _open: 2,
    _sweep: 4,
    _read: 4,
}


@dataclass(slots=True)
class Worker:
    """One session that makes random calls. ``told`` holds what was committed."""

    session: Credits
    rng: random.Random
    told: list[Told] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def run(self, _session: Credits) -> None:
        ways = [self.one_command, self.two_accounts, self.savepoint, self.rollback]
        for _ in range(CALLS):
            way = self.rng.choices(ways, [16, 2, 1, 1])[0]
            given = time.monotonic()
            with self.tolerant():
                receipts = way(self.rng.choice(ACCOUNTS))
                acknowledged = time.monotonic()
                self.told += [Told(receipt, given, acknowledged) for receipt in receipts]

    def one_command(self, account: str) -> list[Receipt]:
        receipt = self.command(account)
        return [receipt] if receipt else []

    def two_accounts(self, account: str) -> list[Receipt]:
        """Spend from several accounts in one transaction, in ascending order: all or none."""
        accounts = sorted({account, self.rng.choice(ACCOUNTS)})
        with self.session.conn.transaction():
            return [_spend(self.session, self.rng, one) for one in accounts]

    def savepoint(self, account: str) -> list[Receipt]:
        """Undo a command and make another one in the same transaction."""
        with self.session.conn.transaction():
            with self.tolerant(), self.session.conn.transaction(force_rollback=True):
                self.command(account)
            return [_spend(self.session, self.rng, account)]

    def rollback(self, account: str) -> list[Receipt]:
        with self.session.conn.transaction(force_rollback=True):
            _spend(self.session, self.rng, account)
            self.command(account)
        return []

    def command(self, account: str) -> Receipt | None:
        make = self.rng.choices(list(COMMANDS), list(COMMANDS.values()))[0]
        return make(self.session, self.rng, account)

    @contextmanager
    def tolerant(self) -> Iterator[None]:
        """Let refusals pass that the rules allow; an expiry may pass while a grant waits."""
        try:
            yield
        except LEGAL as refusal:
            self.refused[refusal.code] += 1
        except errors.InvalidArgument as refusal:
            if refusal.values["argument"] != "p_expires_at":
                raise
            self.refused[refusal.code] += 1


@pytest.mark.slow
def test_thirty_two_sessions_and_all_commands(
    credits: Credits, clock: Clock, sessions: Sessions
) -> None:
    seed = os.environ.get("STRESS_SEED") or str(secrets.randbits(32))
    print(f"STRESS_SEED={seed}")
    workers = [
        Worker(sessions.open(), random.Random(f"{seed}-{number}"))  # noqa: S311
        for number in range(SESSIONS)
    ]
    calls = [sessions.start(worker.session, worker.run) for worker in workers]
    failures = [failure for call in calls if (failure := call.future.exception(120))]
    assert not failures

    # What is still to expire expires now, so that reads and ledger must agree.
    clock.set(datetime.now(UTC) + timedelta(seconds=1))
    while credits.expire_due().has_more:
        pass

    told = [one for worker in workers for one in worker.told]
    refused = sum((worker.refused for worker in workers), Counter[str]())
    booked = Counter[str]()
    for account in ACCOUNTS:
        entries = credits.entries(account)
        booked += Counter(entry.kind for entry in entries)
        Replay.of(entries, credits.list_lots(account, limit=1000, live_only=False))
        _compare(entries, [one for one in told if one.receipt.account_id == account])
        seen = credits.get_balance(account)
        assert (seen.balance, seen.debt) == (entries[-1].balance, entries[-1].debt)
    print(f"{len(told)} receipts, refused {dict(refused)}, booked {dict(booked)}")
    assert {"grant", "spend", "refund", "expire", "clawback"} <= set(booked)
    assert any(one.receipt.is_replay for one in told)
    assert {"insufficient_credits", "idempotency_conflict"} <= set(refused)


def _compare(entries: list[Entry], told: list[Told]) -> None:
    """Every acknowledged command is in the ledger once, every other one is not in it at all."""
    commands: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        commands[entry.command_id].append(entry)

    firsts: dict[int, Told] = {}
    for one in told:
        receipt = one.receipt
        first, last = commands[receipt.command_id][0], commands[receipt.command_id][-1]
        assert (first.entry_id, first.kind, first.amount, first.created_at) == (
            receipt.entry_id,
            receipt.kind,
            receipt.amount,
            receipt.created_at,
        )
        assert (last.balance, last.debt) == (receipt.balance, receipt.debt), receipt
        if not receipt.is_replay:
            assert receipt.command_id not in firsts, "two sessions were told the same command"
            firsts[receipt.command_id] = one
    for one in told:
        if one.receipt.is_replay:
            original = firsts[one.receipt.command_id].receipt
            assert replace(one.receipt, is_replay=False) == original

    # What nobody was told is breakage that was booked on the way.
    for command_id in commands.keys() - firsts.keys():
        assert [entry.kind for entry in commands[command_id]] == ["expire"]

    earliest = math.inf
    for _, one in sorted(firsts.items(), reverse=True):
        assert one.given <= earliest, "a command of the future was acknowledged before"
        earliest = min(earliest, one.acknowledged)
