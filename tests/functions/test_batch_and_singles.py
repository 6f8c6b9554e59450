"""A batch leaves behind what its operations would have left one after the other, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pgcredits.errors import CreditsError
from tests.functions.support import DAY, HOUR, MICROSECOND, NOW

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

# Everything that a spend can leave, but the account's name.
_ROWS = """
select coalesce(jsonb_agg(x.line order by x.line), '[]')
  from (
    select to_jsonb(t) - 'account_id' as line from credits_private.{table} t where account_id = %s
  ) as x
"""
_TABLES = ("ledger", "lots", "holds", "usage_counters")


@dataclass(frozen=True, slots=True)
class Past:
    """What an account has seen: lots as (credits, pool, days to live), and what came after them.

    ``cap`` is what a member may use in a day.
    """

    lots: list[tuple[int, str, int | None]]
    held: int
    spent: int
    is_frozen: bool
    is_in_debt: bool
    cap: int | None
    elapsed: timedelta


_pasts = st.builds(
    Past,
    lots=st.lists(
        st.tuples(
            st.integers(1, 12),
            st.sampled_from(["subscription", "promotional", "purchased"]),
            st.sampled_from([None, 1, 1, 2]),
        ),
        max_size=4,
    ),
    held=st.sampled_from([0, 0, 3]),
    spent=st.sampled_from([0, 5]),
    is_frozen=st.sampled_from([False, False, False, False, True]),
    is_in_debt=st.sampled_from([False, False, False, False, True]),
    cap=st.sampled_from([None, 0, 4, 9]),
    elapsed=st.sampled_from(
        [timedelta(), HOUR - MICROSECOND, HOUR, DAY - MICROSECOND, DAY, 2 * DAY, -HOUR]
    ),
)
# One of two lots is over, and nobody has booked it.
_OVER = Past(
    lots=[(5, "promotional", 1), (5, "promotional", None)],
    held=0,
    spent=0,
    is_frozen=False,
    is_in_debt=False,
    cap=None,
    elapsed=DAY,
)
# Keys are few: some are those of the past, and some are used for another amount.
_operations = st.lists(
    st.fixed_dictionaries(
        {
            "idempotency_key": st.sampled_from([*"abcdefgh", "spent", "granted"]),
            "amount": st.sampled_from([1, 1, 2, 3, 5, 8, 20]),
        },
        optional={
            "feature": st.just("chat"),
            "member": st.just("max"),
            "metadata": st.just({"n": 1}),
        },
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda operation: str(operation["idempotency_key"]),
)


def _live(credits: Credits, clock: Clock, account: str, past: Past) -> None:
    clock.set(NOW)
    credits.grant_credits(account, 1, idempotency_key="granted")
    if past.cap is not None:
        credits.set_member_cap(account, "max", "day", past.cap)
    if past.is_in_debt:
        credits.add_purchased_credits(account, 4, reference=f"pay-{account}")
    for amount, pool, days in past.lots:
        expires_at = None if days is None else NOW + days * DAY
        credits.grant_credits(account, amount, pool=pool, expires_at=expires_at)
    held = past.held if past.cap is None else min(past.held, past.cap)
    for amount, command in ((held, _hold), (past.spent, _spend)):
        if 0 < amount <= credits.available(account):
            command(credits, account, amount)
    if past.is_in_debt:
        if left := credits.available(account):
            credits.deduct_credit(account, left)
        credits.clawback_credits(account, f"pay-{account}")
    if past.is_frozen:
        credits.freeze_account(account, "fraud")
    clock.set(NOW + past.elapsed)


def _hold(credits: Credits, account: str, amount: int) -> None:
    credits.hold_credits(account, amount, expires_in=HOUR, member="max")


def _spend(credits: Credits, account: str, amount: int) -> None:
    credits.deduct_credit(account, amount, idempotency_key="spent")


def _rows(credits: Credits, account: str) -> dict[str, Any]:
    found = {}
    for table in _TABLES:
        row = credits.conn.execute(_ROWS.format(table=table), (account,)).fetchone()
        assert row is not None
        found[table] = row[0]
    return found


def _single(
    credits: Credits, account: str, operation: dict[str, Any]
) -> tuple[Receipt | None, CreditsError | None]:
    try:
        return credits.deduct_credit(account, **operation), None
    except CreditsError as refusal:
        return None, refusal


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(past=_pasts, operations=_operations)
@example(past=_OVER, operations=[{"idempotency_key": "a", "amount": 20}])
def test_a_batch_is_its_operations_one_after_the_other(
    fast: Credits, clock: Clock, past: Past, operations: list[dict[str, Any]]
) -> None:
    with fast.conn.transaction() as example:
        _live(fast, clock, "ann", past)
        _live(fast, clock, "bob", past)
        singles = [_single(fast, "bob", operation) for operation in operations]
        batch = fast.deduct_credits_batch([{"account_id": "ann", **one} for one in operations])

        for (receipt, refusal), result in zip(singles, batch.parsed(), strict=True):
            assert repr(result.receipt) == repr(receipt).replace("'bob'", "'ann'")
            if refusal is None:
                assert result.refusal is None
            else:
                assert result.refusal is not None
                values = {"code": refusal.code, **refusal.values}
                told = {"code": result.refusal.code, **result.refusal.values}
                assert repr(told) == repr(values).replace("'bob'", "'ann'")
        # A refused call undoes what it has booked of what was due; a batch has other operations.
        fast.expire_due()
        assert repr(_rows(fast, "ann")) == repr(_rows(fast, "bob")).replace("pay-bob", "pay-ann")
        assert not fast.verify("ann")
        raise psycopg.Rollback(example)
