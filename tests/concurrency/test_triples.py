"""Three commands on one account, in every order.

The second and the third queue behind the first one's lock. What comes out is what the three do one
after the other.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgcredits.demo import events
from pgcredits.errors import CreditsError
from tests.concurrency.deliveries import PAID_AT, delivery
from tests.concurrency.sessions import ask
from tests.concurrency.writers import DAY, NOON, SWEEP, WRITERS, Seen, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions

TRIPLES = [
    ("spend", "claw", "refund"),
    ("renew", "spend", "end"),
    ("grant", "spend", "sweep"),
    ("record", "claw", "spend"),
    ("paid", "refunded", "spend"),
    ("paid", "refunded", "claw"),
    ("run", "change", "hold up"),
    ("cancel", "spend", "renew"),
]
SITUATIONS = ("stocked", "overdue", "indebted")


def _paid(credits: Credits, account: str) -> object:
    event = events.checkout_completed(
        account=account,
        credits=100,
        amount=1000,
        payment_intent=f"pi_{account}",
        created=PAID_AT,
        customer=f"cus_{account}",
        session=f"cs_{account}",
        event_id=f"evt_paid_{account}",
    )
    return delivery(event)(credits)


def _refunded(credits: Credits, account: str) -> object:
    event = events.charge_refunded(
        payment_intent=f"pi_{account}",
        amount=1000,
        amount_refunded=400,
        created=PAID_AT + 60,
        customer=f"cus_{account}",
        charge=f"ch_{account}",
        event_id=f"evt_refunded_{account}",
    )
    return delivery(event)(credits)


def _sweep(credits: Credits, account: str) -> object:
    """What the sweep did; not whether it passed by an account that was locked."""
    return replace(credits.expire_due(), has_more=False, skipped=0)


EVENTS: dict[str, Callable[[Credits, str], object]] = {"paid": _paid, "refunded": _refunded}
COMMANDS: dict[str, Callable[[Credits, str], object]] = {
    **WRITERS,
    **SWEEP,
    "sweep": _sweep,
    **EVENTS,
}


class Three:
    """Three sessions and the accounts on which they meet."""

    def __init__(self, credits: Credits, clock: Clock, sessions: Sessions) -> None:
        self._credits = credits
        self._clock = clock
        self._stage = Stage(credits, clock)
        self._sessions = sessions
        self._others = (sessions.second, sessions.open())

    def clear(self) -> None:
        """Book all that will ever be due, so that a sweep finds nothing of earlier accounts."""
        shown = self._clock.now()
        self._clock.set(NOON + 1000 * DAY)
        while self._credits.expire_due().has_more:
            pass
        while self._credits.grant_due().has_more:
            pass
        self._clock.set(shown)

    def in_a_row(self, situation: str, names: Sequence[str]) -> Seen:
        """What the commands leave when they come one after the other."""
        account = self._stage.account(situation)
        answers = [ask(self._on(account, name), self._credits) for name in names]
        return self._stage.seen(account, *answers)

    def at_once(self, situation: str, names: Sequence[str]) -> tuple[Seen, int]:
        """What they leave when two queue behind the first; and how many of the two had to."""
        account = self._stage.account(situation)
        first, *others = (partial(ask, self._on(account, name)) for name in names)
        waiting = 0
        with self._sessions.first.conn.transaction():
            answer = first(self._sessions.first)
            calls = []
            for session, call in zip(self._others, others, strict=True):
                calls.append(self._sessions.start(session, call))
                waiting += self._sessions.settle(calls[-1])
            if isinstance(answer, CreditsError):
                raise psycopg.Rollback
        answers = [answer, *(call.result() for call in calls)]
        return self._stage.seen(account, *answers), waiting

    @staticmethod
    def _on(account: str, name: str) -> Callable[[Credits], object]:
        return lambda session: COMMANDS[name](session, account)


@pytest.mark.parametrize("names", TRIPLES, ids=" ".join)
def test_three_commands_at_once_are_three_commands_in_a_row(
    credits: Credits, clock: Clock, sessions: Sessions, names: tuple[str, ...]
) -> None:
    three = Three(credits, clock, sessions)
    for situation in SITUATIONS:
        three.clear()
        for order in permutations(names):
            got, waiting = three.at_once(situation, order)
            expected = [three.in_a_row(situation, order)]
            if got not in expected and (waiting < 2 or EVENTS.keys() & {*order}):
                # A sweep passes by, and events wait for one another before they do for the account.
                expected += _other_orders(three, situation, order)
            assert got in expected, (situation, order)


def _other_orders(three: Three, situation: str, order: tuple[str, ...]) -> list[Seen]:
    """The other serial runs, with the answers in the order in which the calls were made."""
    found = []
    for other in permutations(order):
        seen = three.in_a_row(situation, other)
        answers = tuple(seen.answers[other.index(name)] for name in order)
        found.append(Seen(answers, seen.account))
    return found


class _Noted:
    """A session that calls nothing and keeps the names of what it should have called."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., object]:
        self.names.add(name)
        return lambda *_, **__: self


def test_every_writer_takes_part(credits: Credits) -> None:
    """A new function must get its commands in `WRITERS`, and so its races with all the others."""
    writers = {
        name
        for (name,) in credits.conn.execute(
            "select p.proname from pg_proc p"
            " where p.pronamespace = 'credits'::regnamespace and p.provolatile = 'v'"
        )
    }
    noted = _Noted()
    for command in (WRITERS | SWEEP | EVENTS).values():
        command(noted, "ann")  # type: ignore[arg-type]
    # These are about Stripe's events and no account; test_stripe_events races them. Sealing takes
    # no lock that a writer wants; test_sealing races it.
    assert writers - noted.names == {
        "set_stripe_price",
        "mirror_stripe_object",
        "record_stripe_run",
        "define_feature",
        "set_rate_card",
        "retry_stripe_event",
        "add_stripe_line_items",
        "link_customer",
        "link_payment",
        "claim_payment",
        "dismiss_stripe_event",
        "purge_stripe_events",
        "seal_due",
    }
