"""Callers in REPEATABLE READ and SERIALIZABLE, whose snapshot is older than the account.

Each command either answers as if the two had come one after the other, or fails with SQLSTATE
40001; then the caller's whole transaction, tried again, succeeds. There is no third way: no wrong
balance, no unique violation.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import SerializationFailure

from tests.concurrency.deliveries import delivery, invoice, purchase, refund
from tests.concurrency.sessions import ask
from tests.concurrency.writers import SWEEP, WRITERS, On, Seen, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.errors import CreditsError
    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions
    from tests.concurrency.writers import Answer


def _begin(session: Credits, account: str) -> None:
    """Begin a transaction and take its snapshot."""
    session.conn.execute("begin")
    session.get_balance(account)


def _finish(session: Credits, command: On) -> Answer | CreditsError:
    """Make the command and commit; a refused one is rolled back by the server."""
    try:
        answer = ask(command, session)
        session.conn.execute("commit")
    finally:
        session.conn.rollback()
    return answer


# What the snapshot misses: one command of each way to change an account.
EARLIER = ("spend", "grant", "renew", "claw", "refund", "hold", "capture", "close")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("isolation", "situation"),
    [
        *product(["repeatable read"], ["unknown", "opened", "drained", "overdue", "indebted"]),
        ("serializable", "opened"),
    ],
)
def test_a_snapshot_that_is_too_old_fails_with_40001_or_does_no_harm(
    credits: Credits, clock: Clock, sessions: Sessions, isolation: str, situation: str
) -> None:
    stage = Stage(credits, clock)
    late = sessions.open(isolation)
    lost_races = 0
    wrong: dict[tuple[str, str], psycopg.Error | tuple[Seen, list[Seen]]] = {}
    commands = [*WRITERS, *SWEEP] if situation == "overdue" else [*WRITERS]
    for earlier, command in product(EARLIER, commands):
        in_order = stage.serially(situation, earlier, command)
        swapped = stage.serially(situation, command, earlier).swapped()
        account = stage.account(situation)
        _begin(late, account)
        elsewhere = ask(On(earlier, account), sessions.second)
        allowed = [in_order]
        try:
            answer = _finish(late, On(command, account))
            # In its snapshot it may have come before the other one.
            allowed.append(swapped)
        except SerializationFailure:
            lost_races += 1
            _begin(late, account)
            answer = _finish(late, On(command, account))
        except psycopg.Error as error:
            wrong[earlier, command] = error
            continue
        got = stage.seen(account, elsewhere, answer)
        if got not in allowed:
            wrong[earlier, command] = (got, allowed)
    assert not wrong
    assert lost_races


def _set_price(session: Credits) -> object:
    return session.set_stripe_price("price_1", 100)


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
@pytest.mark.parametrize(
    ("calls", "balance"),
    [
        ((delivery(purchase()), delivery(purchase())), 100),
        ((delivery(purchase()), delivery(refund(400))), 60),
        ((delivery(refund(400)), delivery(purchase())), 60),
        ((_set_price, delivery(invoice("ann"))), 100),
        ((delivery(invoice("ann")), _set_price), 100),
    ],
    ids=["event twice", "refund late", "purchase late", "invoice late", "price late"],
)
@pytest.mark.usefixtures("at_noon")
def test_an_event_in_an_old_snapshot_fails_with_40001_and_is_delivered_again(
    credits: Credits,
    sessions: Sessions,
    isolation: str,
    calls: tuple[Callable[[Credits], object], Callable[[Credits], object]],
    balance: int,
) -> None:
    earlier, late = calls
    session = sessions.open(isolation)
    _begin(session, "ann")
    earlier(credits)
    with pytest.raises(SerializationFailure):
        late(session)
    session.conn.rollback()
    late(session)
    assert credits.balance("ann") == balance
