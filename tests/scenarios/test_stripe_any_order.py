"""A random life of a customer, told in random orders with repeats, always ends in the same books.

``STRIPE_SEED`` repeats a life that failed.
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from pgcredits.demo import events
from tests.functions.support import NOW, set_setting
from tests.scenarios.stripe_life import MONTH, Life

if TYPE_CHECKING:
    from pgcredits.demo.events import Event
    from tests.client import Credits
    from tests.clock import Clock

NIGHTLY = settings.get_current_profile_name() == "nightly"
ORDERS = 200 if NIGHTLY else 6
START = int(NOW.timestamp())

# What a table holds besides the moments at which rows were written.
ROWS = """
select jsonb_agg(to_jsonb(t) - '{is_unsure,updated_at}'::text[] order by to_jsonb(t)::text)
  from credits_private.%s t
"""
TABLES = [
    "charges",
    "checkouts",
    "credit_notes",
    "customers",
    "disputes",
    "invoices",
    "links",
    "prices",
    "products",
    "refunds",
    "schedules",
    "subscriptions",
]
# Lots and payments have other numbers in another order, and where the credits of an ended period
# went (taken back or lost to expiry) depends on what came first; what can be spent does not.
BOOKS = """
select l.pool, l.granted, l.remaining, case when l.is_open then l.expires_at::text end,
       l.subscription, l.period_start::text, l.cost_amount,
       p.object_id, p.amount_paid, p.amount_returned, p.granted, p.target
  from credits_private.lots l
  join credits_private.payments p on p.account_id = l.account_id and p.payment_id = l.payment_id
 order by p.object_id, l.granted, l.pool, l.period_start
"""
NAMES = """
select r.object_id, r.kind, r.account_id, p.object_id
  from credits_private.payment_refs r
  join credits_private.payments p
    on p.account_id = r.account_id and p.payment_id = r.payment_id
 order by r.object_id
"""


def books(credits: Credits) -> dict[str, Any]:
    """Everything that must not depend on the order of the events."""
    ask = credits.conn.execute
    balance = credits.get_balance("u")
    return {
        "balance": (balance.status, balance.balance, balance.debt, balance.pools),
        "lots": sorted((lot.pool, lot.granted, lot.remaining) for lot in credits.list_lots("u")),
        "payments": sorted({row[7:] for row in ask(BOOKS.encode()).fetchall()}),
        "grants": sorted(
            (row[0], row[1], str(row[3]), str(row[4]), str(row[5]), row[6], row[7])
            for row in ask(BOOKS.encode()).fetchall()
        ),
        "subscriptions here": [
            (one.subscription, one.status, one.cancel_at_period_end)
            for one in credits.list_subscriptions("u")
        ],
        "names": ask(NAMES.encode()).fetchall(),
        "open": [(e.event_id, e.outcome) for e in credits.list_stripe_events(limit=1000)],
        **{name: ask((ROWS % f"stripe_{name}").encode()).fetchone() for name in TABLES},
    }


def deliver(credits: Credits, told: list[Event]) -> None:
    for event in told:
        outcome = credits.ingest_stripe_event(events.body(event), True)
        assert outcome.outcome != "failed", (event["type"], outcome.reason)


def shuffled(random: Random, told: list[Event]) -> list[Event]:
    """The events in any order, and some of them again."""
    delivered = told + random.sample(told, len(told) // 3)
    random.shuffle(delivered)
    return delivered


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if NIGHTLY else 600)
@pytest.mark.parametrize("life", range(4))
@pytest.mark.parametrize("takes_back", ["at_once", "when_lost"])
def test_the_order_of_the_events_does_not_matter(
    fast: Credits, clock: Clock, life: int, takes_back: str
) -> None:
    number = int(os.environ.get("STRIPE_SEED") or secrets.randbits(32)) + life
    print(f"STRIPE_SEED={number - life}")
    random = Random(number)  # noqa: S311 - a test wants to be repeatable
    clock.set(NOW + timedelta(seconds=2 * MONTH + MONTH // 2))
    set_setting(fast, "dispute_takes_back", takes_back)
    told = Life(random, START).told
    with fast.conn.transaction(force_rollback=True):
        deliver(fast, told)
        expected = books(fast)
        assert expected["open"] == []
        assert fast.verify() == []
    for _ in range(ORDERS):
        with fast.conn.transaction(force_rollback=True):
            order = shuffled(random, told)
            deliver(fast, order)
            found = books(fast)
            shown = [(event["type"], event["id"]) for event in order]
            assert {k: v for k, v in found.items() if v != expected[k]} == {}, shown
            assert fast.verify() == []
