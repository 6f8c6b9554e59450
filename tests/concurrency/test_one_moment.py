"""A read answers about one moment, whatever commits while it runs.

Each read takes more than one look. Here it is stopped between its looks at the ledger and at the
lots, which another session keeps locked while it spends, grants and sweeps; then that commits. The
answer must be the one from before: the statement had begun by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.concurrency.writers import DAY, HOUR, NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions

READS: dict[str, Callable[[Credits], Any]] = {
    "get_balance": lambda c: c.get_balance("u"),
    "list_lots": lambda c: c.list_lots("u"),
    "list_entries": lambda c: c.list_entries("u"),
    "balance_at": lambda c: c.balance_at("u", NOON + HOUR),
    "explain_spend": lambda c: c.explain_spend("u", 3),
    "simulate_spend": lambda c: c.simulate_spend("u", 25),
    "list_expiring": lambda c: c.list_expiring(7 * DAY),
    "rebuild": lambda c: c.rebuild("u"),
    "verify": lambda c: c.verify("u"),
}


@pytest.mark.parametrize("read", READS)
def test_an_answer_does_not_mix_two_moments(
    credits: Credits, clock: Clock, sessions: Sessions, read: str
) -> None:
    clock.set(NOON)
    credits.grant_credits("u", 20, expires_at=NOON + DAY)
    credits.grant_credits("u", 20, expires_at=NOON + 2 * DAY)
    credits.hold_credits("u", 5, expires_in=HOUR)
    credits.deduct_credit("u", 18)
    clock.set(NOON + HOUR)
    expected = READS[read](credits)

    writer = sessions.first
    with writer.conn.transaction():
        writer.conn.execute("lock table credits_private.lots in access exclusive mode")
        writer.deduct_credit("u", 15)
        writer.grant_credits("u", 100, pool="subscription", expires_at=NOON + 3 * DAY)
        writer.expire_due()
        answer = sessions.start(sessions.second, READS[read])
        sessions.until_waiting(answer)
    assert answer.result() == expected
    assert READS[read](credits) != expected or read in {"balance_at", "rebuild", "verify"}
