"""A spend from the open lot writes one row and nothing else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Connection, Credits

ACCOUNT = "acct"
Counts = dict[str, tuple[int, int, int]]


def _counts(conn: Connection) -> Counts:
    """Rows inserted, updated and dead so far, of each table of ours.

    A session reports what it did when it is idle again, at most once a second; the first statement
    makes it report now, and the second one drops what it has cached of the others.
    """
    conn.execute("select pg_stat_force_next_flush()")
    conn.execute("select pg_stat_clear_snapshot()")
    return {
        name: (inserted, updated, dead)
        for name, inserted, updated, dead in conn.execute(
            "select s.relname, s.n_tup_ins, s.n_tup_upd + s.n_tup_del, s.n_dead_tup"
            "  from pg_stat_user_tables s"
            " where s.schemaname = 'credits_private'"
        )
    }


def _written(conn: Connection, command: Callable[[], object]) -> Counts:
    """What a command changed: tables with inserted, updated and dead rows, no others."""
    before = _counts(conn)
    command()
    after = _counts(conn)
    assert before, "no table of ours has statistics"
    changes = {
        name: (
            after[name][0] - before[name][0],
            after[name][1] - before[name][1],
            after[name][2] - before[name][2],
        )
        for name in after
    }
    return {name: change for name, change in changes.items() if any(change)}


@pytest.fixture(autouse=True)
def _two_lots(credits: Credits) -> None:
    # Autovacuum would take dead rows away between the two readings.
    for table in ("accounts", "ledger", "lots"):
        credits.conn.execute(f"alter table credits_private.{table} set (autovacuum_enabled = off)")
    credits.grant_credits(ACCOUNT, 100, pool="subscription")
    credits.grant_credits(ACCOUNT, 100, pool="purchased")


def test_a_spend_from_the_open_lot_inserts_one_row_and_leaves_none_dead(credits: Credits) -> None:
    def spend() -> None:
        credits.deduct_credit(
            ACCOUNT, 5, feature="search", reference="job 1", idempotency_key="k1", metadata={"a": 1}
        )

    assert _written(credits.conn, spend) == {"ledger": (1, 0, 0)}


def test_a_hundred_spends_from_the_open_lot_insert_a_hundred_rows(credits: Credits) -> None:
    def spend() -> None:
        for _ in range(100):
            credits.deduct_credit(ACCOUNT, 1)

    assert _written(credits.conn, spend) == {"ledger": (100, 0, 0)}


def test_a_batch_from_the_open_lot_inserts_its_rows_and_leaves_none_dead(credits: Credits) -> None:
    operations = [{"account_id": ACCOUNT, "idempotency_key": f"k{n}"} for n in range(90)]
    spend = partial(
        credits.deduct_credits_batch,
        [*operations, {**operations[0], "idempotency_key": "x", "amount": 999}],
    )
    assert _written(credits.conn, spend) == {"ledger": (90, 0, 0)}
    assert _written(credits.conn, spend) == {}


def test_a_replay_writes_nothing(credits: Credits) -> None:
    credits.deduct_credit(ACCOUNT, 5, idempotency_key="k1")

    def replay() -> None:
        assert credits.deduct_credit(ACCOUNT, 5, idempotency_key="k1").is_replay

    assert _written(credits.conn, replay) == {}


def test_a_spend_that_crosses_lots_does_update_them(credits: Credits) -> None:
    """Shows that the figures above would tell if a spend touched more than the ledger."""
    changes = _written(credits.conn, lambda: credits.deduct_credit(ACCOUNT, 150))
    inserted, updated, dead = changes["lots"]
    assert inserted == 0
    assert updated > 0
    assert dead > 0
    assert changes["ledger"] == (1, 0, 0)
