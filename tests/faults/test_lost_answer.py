"""A connection that is cut: before the server hears the request, or after its commit.

The client sees the same both times, and repeats the call with the same key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import psycopg
import pytest

from pgcredits.errors import CreditsError
from tests.client import Credits
from tests.concurrency.deliveries import delivery, purchase
from tests.concurrency.writers import NOON, WRITERS, Stage, giver_to
from tests.faults.keyed import command
from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clock import Clock

What = Literal["request", "answer"]


@pytest.fixture
def proxy(dsn: str) -> Iterator[Proxy]:
    with Proxy(dsn) as running:
        yield running


@pytest.fixture
def stage(credits: Credits, clock: Clock) -> Stage:
    return Stage(credits, clock)


@pytest.fixture
def shop(credits: Credits, clock: Clock) -> Credits:
    """An application with a table of its own, and an account of 100 credits."""
    clock.set(NOON)
    credits.conn.execute("create table jobs (job text primary key)")
    credits.grant_credits("ann", 100)
    return credits


@pytest.mark.parametrize("situation", ["stocked", "overdue", "indebted"])
def test_every_command_is_booked_once_and_the_second_call_is_told_so(
    credits: Credits, stage: Stage, proxy: Proxy, situation: str
) -> None:
    booked = 0
    for writer in (name for name in WRITERS if name != "batch"):  # that has many keys of its own
        account = stage.account(situation)
        before = credits.entries(account)
        with psycopg.connect(proxy.dsn, autocommit=True) as conn:
            with proxy.losing("answer"), pytest.raises(psycopg.OperationalError):
                command(Credits(conn), writer, account, "the key")
            assert conn.broken
        after = credits.entries(account)
        mine = [entry for entry in after[len(before) :] if entry.idempotency_key]
        if writer == "receive":  # the key is in the ledger of the account that gives
            given = credits.entries(giver_to(account))
            mine = [entry for entry in given if entry.idempotency_key == "gift"]
        if not mine:
            # A refusal is lost like a receipt: it has left nothing, and comes again.
            with pytest.raises(CreditsError):
                command(credits, writer, account, "the key")
            assert after == before
            continue
        booked += 1
        again = command(credits, writer, account, "the key")
        assert again.is_replay, writer
        assert [again.entry_id] == [entry.entry_id for entry in mine], writer
        assert credits.entries(account) == after, writer
    assert booked > len(WRITERS) / 3


@pytest.mark.parametrize("what", ["request", "answer"])
def test_a_spend_whose_connection_was_cut_takes_the_credits_once(
    shop: Credits, proxy: Proxy, what: What
) -> None:
    with psycopg.connect(proxy.dsn, autocommit=True) as conn:
        with proxy.losing(what), pytest.raises(psycopg.OperationalError):
            Credits(conn).deduct_credit("ann", 10, idempotency_key="job")
        assert conn.broken
    assert shop.balance("ann") == (90 if what == "answer" else 100)
    again = shop.deduct_credit("ann", 10, idempotency_key="job")
    assert again.is_replay == (what == "answer")
    assert (again.entry_id, again.amount, again.balance) == (2, -10, 90)
    assert shop.booked("ann") == [("grant", 100), ("spend", -10)]


@pytest.mark.parametrize("what", ["request", "answer"])
def test_a_batch_whose_connection_was_cut_takes_each_spend_once(
    shop: Credits, proxy: Proxy, what: What
) -> None:
    shop.grant_credits("bob", 5)
    operations = [
        {"account_id": account, "idempotency_key": "job", "amount": 10}
        for account in ("bob", "ann")
    ]
    with psycopg.connect(proxy.dsn, autocommit=True) as conn:
        with proxy.losing(what), pytest.raises(psycopg.OperationalError):
            Credits(conn).deduct_credits_batch(operations)
        assert conn.broken
    shop.grant_credits("bob", 5)
    again = [result.outcome for result in shop.deduct_credits_batch(operations).parsed()]
    assert again == ["ok", "replay" if what == "answer" else "ok"]
    assert shop.booked("ann") == [("grant", 100), ("spend", -10)]


@pytest.mark.parametrize("what", ["request", "answer"])
def test_a_commit_whose_connection_was_cut_commits_row_and_spend_or_neither(
    shop: Credits, proxy: Proxy, what: What
) -> None:
    """The caller's own transaction, tried again as a whole."""

    def work(session: Credits) -> bool:
        session.conn.execute("insert into jobs values ('job') on conflict do nothing")
        return session.deduct_credit("ann", 10, idempotency_key="job").is_replay

    with psycopg.connect(proxy.dsn) as conn:
        assert not work(Credits(conn))
        with proxy.losing(what), pytest.raises(psycopg.OperationalError):
            conn.commit()
    committed = what == "answer"
    assert shop.conn.execute("select count(*) from jobs").fetchone() == (int(committed),)
    assert shop.balance("ann") == (90 if committed else 100)
    with shop.conn.transaction():
        assert work(shop) == committed
    assert shop.conn.execute("select count(*) from jobs").fetchone() == (1,)
    assert shop.booked("ann") == [("grant", 100), ("spend", -10)]


@pytest.mark.parametrize("what", ["request", "answer"])
def test_an_event_whose_delivery_was_cut_is_delivered_again(
    shop: Credits, proxy: Proxy, what: What
) -> None:
    deliver = delivery(purchase())
    with (
        psycopg.connect(proxy.dsn, autocommit=True) as conn,
        proxy.losing(what),
        pytest.raises(psycopg.OperationalError),
    ):
        deliver(Credits(conn))
    assert shop.balance("ann") == (200 if what == "answer" else 100)
    outcome = deliver(shop).outcome
    assert outcome == ("duplicate" if what == "answer" else "applied")
    assert shop.booked("ann") == [("grant", 100), ("grant", 100)]
