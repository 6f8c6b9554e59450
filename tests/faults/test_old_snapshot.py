"""A hundred thousand spends on one account while a transaction with an old snapshot stays open.

The snapshot keeps every dead row version from being removed, as `pg_dump` and forgotten
transactions do. What a spend reads must not grow with their number, nor with the ledger.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.client import Connection, Credits
    from tests.concurrency.sessions import Sessions

EARLY, LATE = 1_000, 100_000
SAMPLE = 20
_SPEND_MANY = """
do $$
declare
    v_receipt credits.receipt;
begin
    for number in {first} .. {last} loop
        v_receipt := credits.deduct_credit(
            'ann', 1, 'search', p_idempotency_key => 'job-' || number
        );
        if number % 1000 = 0 then
            commit;
        end if;
    end loop;
end
$$
"""
_SPEND = (
    "explain (analyze, buffers, timing off, summary off, format json)"
    " select credits.deduct_credit('ann', 1, 'search', p_idempotency_key => 'sample-{number}')"
)
_SCANS = """
select 'scans of ' || i.indexrelname, i.idx_scan from pg_stat_user_indexes i
 where i.schemaname = 'credits_private'
union all
select 'index rows of ' || i.indexrelname, i.idx_tup_read from pg_stat_user_indexes i
 where i.schemaname = 'credits_private'
union all
select 'scans of ' || t.relname, t.seq_scan from pg_stat_user_tables t
 where t.schemaname = 'credits_private'
union all
select 'rows written in ' || t.relname, t.n_tup_ins + t.n_tup_upd + t.n_tup_del
  from pg_stat_user_tables t
 where t.schemaname = 'credits_private'
"""
_DEAD = (
    "select coalesce(sum(t.n_dead_tup), 0) from pg_stat_user_tables t"
    " where t.schemaname = 'credits_private'"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one spend costs, in figures that do not depend on the machine."""

    blocks: float
    """Buffers that the whole call touches, in the median of the sample."""
    changes: dict[str, int]
    """Scans, rows read in indexes and rows written, by all spends of the sample."""


def _counters(conn: Connection) -> dict[str, int]:
    conn.execute("select pg_stat_force_next_flush()")
    conn.execute("select pg_stat_clear_snapshot()")
    return dict(conn.execute(_SCANS).fetchall())


def _dead(conn: Connection) -> int:
    row = conn.execute(_DEAD).fetchone()
    assert row is not None
    return int(row[0])


def _blocks(conn: Connection, number: int) -> int:
    row = conn.execute(_SPEND.format(number=number)).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return sum(plan[f"{where} Blocks"] for where in ("Shared Hit", "Shared Read"))


def _cost(conn: Connection, first: int) -> Cost:
    before = _counters(conn)
    blocks = statistics.median(_blocks(conn, first + number) for number in range(SAMPLE))
    after = _counters(conn)
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    return Cost(blocks, changed)


@pytest.mark.slow
def test_a_spend_costs_the_same_after_a_hundred_thousand(
    credits: Credits, sessions: Sessions
) -> None:
    for table in ("accounts", "ledger", "lots"):
        credits.conn.execute(f"alter table credits_private.{table} set (autovacuum_enabled = off)")
    credits.add_purchased_credits("ann", LATE + 2 * SAMPLE, reference="pack")
    old = sessions.open("repeatable read")
    with old.conn.transaction():
        assert old.balance("ann") == LATE + 2 * SAMPLE
        credits.conn.execute(_SPEND_MANY.format(first=1, last=EARLY))
        early, dead_early = _cost(credits.conn, 0), _dead(credits.conn)
        credits.conn.execute(_SPEND_MANY.format(first=EARLY + 1, last=LATE))
        late = _cost(credits.conn, SAMPLE)
        dead_late = _dead(credits.conn)
        assert old.balance("ann") == LATE + 2 * SAMPLE
    assert credits.balance("ann") == 0
    print(early, late, sep="\n")
    assert early.changes["rows written in ledger"] == SAMPLE
    assert late.changes == early.changes
    # One level more, in each of two indexes that are searched twice.
    assert late.blocks <= early.blocks + 4
    assert dead_late == dead_early
