"""Reads of the history touch few rows of an account with many, and never a whole table.

What was read is asked from the server's own statistics, so that plans are judged by what they do,
those that the server keeps for any argument as well as those that it makes for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Connection, Credits
    from tests.clock import Clock

ENTRIES = 20_000
LOTS = 200
START = datetime(2029, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OTHERS = 300

# Account big: one lot after the other is granted, then spent to the last credit, one a minute. So
# nearly all entries are spends from the open lot. The others make the tables larger than big alone.
_LOAD = """
with names as (
    select 'big' as account_id, {lots}::bigint as lots, {entries}::bigint as entries
    union all
    select 'other ' || n, 3, 10 from generate_series(1, {others}) as n
),
accounts as (
    insert into credits_private.accounts (account_id, created_at)
    select n.account_id, '{start}' from names n
),
lots as (
    insert into credits_private.lots (
        account_id, lot_id, pool, priority, granted, remaining, expires_at, is_open, origin,
        granted_at
    )
    select n.account_id, g, 'purchased', 30, s.size,
        case when g > u.used then s.size else 0 end,
        case when n.account_id = 'big' then 'infinity'
            else '{start}'::timestamptz + interval '700 days' + g * interval '1 hour' end,
        g >= u.used, 'grant', '{start}'::timestamptz + g * interval '1 minute'
    from names n
    cross join lateral (select (n.entries - n.lots) / (n.lots - 1)) as s (size)
    cross join lateral (select (n.entries - n.lots - 1) / s.size + 1) as u (used)
    cross join lateral generate_series(1, n.lots) as g
)
insert into credits_private.ledger (
    account_id, entry_id, command_id, kind, amount, balance, debt, open_lot_id,
    open_lot_remaining, next_event_at, allocations, feature, actor, created_at, occurred_at
)
select n.account_id, e, e, case when e <= n.lots then 'grant' else 'spend' end,
    case when e <= n.lots then s.size else -1 end,
    case when e <= n.lots then e * s.size else n.lots * s.size - d.spent end, 0,
    case when e <= n.lots then 1 else (d.spent - 1) / s.size + 1 end,
    case when e <= n.lots then s.size else s.size - 1 - (d.spent - 1) % s.size end,
    case when n.account_id = 'big' then 'infinity'
        else '{start}'::timestamptz + interval '700 days' + interval '1 hour' end,
    case
        when e <= n.lots then jsonb_build_array(jsonb_build_array(e, s.size))
        when d.spent > 1 and (d.spent - 1) % s.size = 0
            then jsonb_build_array(jsonb_build_array((d.spent - 1) / s.size + 1, -1))
    end,
    case when e > n.lots then 'chat' end, 'test',
    '{start}'::timestamptz + e * interval '1 minute',
    '{start}'::timestamptz + e * interval '1 minute'
from names n
cross join lateral (select (n.entries - n.lots) / (n.lots - 1)) as s (size)
cross join lateral generate_series(1, n.entries) as e
cross join lateral (select e - n.lots) as d (spent)
"""

# Lots that nobody has granted, which is faster than entries for each of them.
_STRANGERS = """
insert into credits_private.lots (
    account_id, lot_id, pool, priority, granted, remaining, expires_at, is_open, origin, granted_at
)
select 'stranger ' || n % 5000, n, 'promotional', 20, 10, 10,
    credits_private.clock() + n * interval '1 minute', true, 'grant', credits_private.clock()
from generate_series(1, 20000) as n
"""


@dataclass(frozen=True, slots=True)
class Read:
    """A read, and how many rows of the ledger and of the lots it may fetch."""

    call: Callable[[Credits], Any]
    ledger: int
    lots: int


def at(minutes: int) -> datetime:
    return START + minutes * MINUTE


# Finding an entry by its date takes a look for each bit of its number; what was not spent from the
# open lot alone is two entries for each lot.
_FIND, _BOOKED = 20, 2 * LOTS
READS = {
    "newest page": Read(lambda c: c.list_entries("big", limit=100), 101, 100),
    "a page far back": Read(lambda c: c.list_entries("big", limit=100, before=9000), 101, 100),
    "a largest page": Read(lambda c: c.list_entries("big", limit=1000), 1001, 1000),
    "a time": Read(
        lambda c: c.list_entries("big", limit=100, from_=at(9000), to=at(9050)),
        2 * _FIND + 51,
        50,
    ),
    "a filter that fits": Read(
        lambda c: c.list_entries("big", limit=100, feature="chat"), 101, 100
    ),
    "then": Read(lambda c: c.balance_at("big", at(10_000)), _FIND + 2 * _BOOKED + 5, LOTS),
    "reason of a plain spend": Read(
        lambda c: c.explain_spend("big", ENTRIES - 5), _BOOKED + 5, 3 * LOTS
    ),
    "simulation": Read(lambda c: c.simulate_spend("big", 5), 1, 3),
    "rebuild": Read(lambda c: c.rebuild("big"), ENTRIES + 1, LOTS),
}


@pytest.fixture(scope="module")
def _text() -> str:
    return _LOAD.format(entries=ENTRIES, lots=LOTS, others=OTHERS, start=START.isoformat(sep=" "))


@pytest.fixture
def many(credits: Credits, clock: Clock, _text: str) -> Credits:
    clock.set(START + timedelta(days=60))
    credits.conn.execute(_text.encode())
    assert credits.verify("big") == credits.verify("other 1") == []
    credits.conn.execute(_STRANGERS)
    for table in ("accounts", "lots", "ledger", "holds"):
        credits.conn.execute(f"vacuum analyze credits_private.{table}")
    return credits


def _read(conn: Connection) -> dict[str, tuple[int, int]]:
    """Whole scans, and rows fetched by an index, of each table so far."""
    conn.execute("select pg_stat_force_next_flush()")
    conn.execute("select pg_stat_clear_snapshot()")
    rows = conn.execute(
        "select s.relname, s.seq_scan, s.idx_tup_fetch from pg_stat_user_tables s"
        " where s.schemaname = 'credits_private' and s.relname in ('ledger', 'lots')"
    )
    return {name: (scans, fetched) for name, scans, fetched in rows}


def _touched(credits: Credits, call: Callable[[Credits], Any]) -> tuple[Any, Any]:
    """Whole scans and fetched rows of a call, each for the ledger and the lots."""
    before = _read(credits.conn)
    call(credits)
    after = _read(credits.conn)
    changes = [
        (after[table][0] - before[table][0], after[table][1] - before[table][1])
        for table in ("ledger", "lots")
    ]
    scans, fetched = zip(*changes, strict=True)
    return scans, fetched


MODES = pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])


@pytest.mark.slow
@pytest.mark.corrupts
@MODES
def test_a_read_touches_few_rows_and_no_whole_table(many: Credits, mode: str) -> None:
    many.conn.execute(f"set plan_cache_mode = {mode}")
    found = {}
    for name, read in READS.items():
        scans, fetched = _touched(many, read.call)
        if any(scans) or fetched[0] > read.ledger or fetched[1] > read.lots:
            found[name] = (scans, fetched, (read.ledger, read.lots))
    assert found == {}


@pytest.mark.slow
@pytest.mark.corrupts
@MODES
def test_a_page_of_what_expires_touches_the_lots_of_the_page(credits: Credits, mode: str) -> None:
    credits.conn.execute(_STRANGERS)
    credits.conn.execute("vacuum analyze credits_private.lots")
    credits.conn.execute(f"set plan_cache_mode = {mode}")
    first = credits.list_expiring(timedelta(days=300), limit=50)
    for page in (
        lambda c: c.list_expiring(timedelta(days=300), limit=50),
        lambda c: c.list_expiring(
            timedelta(days=300),
            limit=50,
            after_expires_at=first[-1].expires_at,
            after_account_id=first[-1].account_id,
        ),
    ):
        scans, fetched = _touched(credits, page)
        assert scans == (0, 0)
        # One more, to know that the last group has ended; and again for the sums by pool.
        assert fetched[1] <= 2 * 50 + 1
