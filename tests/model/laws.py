"""What holds after every command, whatever it was. The model is held to these before the database.

They are about the account as a whole and know nothing of how a command moves credits, so that a
mistake which model and SQL share does not pass unseen.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.model.state import MOST, POOLS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tests.model.state import Account


def uphold(account: Account, now: datetime) -> None:
    """Fail unless the account, as a command has left it at ``now``, obeys every law."""
    lots, payments = account.lots.values(), account.payments.values()
    ours = [one for one in payments if one.moved_to is None]
    amounts: Counter[str] = Counter()
    for entry in account.entries:
        by_hand = "less" if entry.amount < 0 else "grant"
        amounts[by_hand if entry.kind == "adjust" else entry.kind] += entry.amount
    used = -sum(amounts[kind] for kind in ("spend", "capture", "refund", "less"))
    held = -amounts["hold"] - amounts["release"]

    assert account.balance == account.entries[-1].balance
    assert account.balance + account.debt + account.held <= MOST
    assert account.debt == sum(one.owed for one in ours) >= 0
    for lot in lots:
        assert 0 <= lot.left <= lot.granted, "a lot holds what it never had"
        assert 0 <= lot.expired <= lot.granted
        assert 0 <= lot.clawed <= lot.granted
        assert not (lot.left and lot.expires_at <= now), "a command leaves nothing that is over"
        assert not (lot.left and account.debt and POOLS[lot.pool].pays_debt), "debt beside money"
    for one in payments:
        parts = (one.withheld, one.clawed, one.covered, one.owed, one.settled, one.written_off)
        assert min(parts) >= 0
        assert sum(parts) == one.target <= one.granted
        given = sum(
            lot.granted
            for lot in lots
            if lot.payment_id == one.payment_id and lot.origin not in {"rollover", "restoration"}
        )
        assert given + one.pending == one.granted, "a payment grants what it paid for"
        assert one.withheld <= one.pending

    for hold in account.holds.values():
        assert 0 <= hold.captured <= hold.amount
        assert not hold.is_overdue(now), "a command leaves no hold past its deadline"
    assert held == account.held, "a hold gives up what it took, once"
    if account.status == "closed":
        assert (held, account.balance) == (0, -account.debt), "a closed account has nothing"
    if account.merged_into is not None:
        assert not ours, "nothing stays behind"
        assert account.debt == 0

    # No credit is made or lost: what was granted is there, held, used, over, or back with its
    # money.
    back = sum(one.clawed + one.owed + one.settled - one.back for one in payments)
    came = amounts["grant"] + amounts["transfer"] + amounts["merge"]
    assert account.balance == came - held - used + amounts["expire"] - back
    # Nobody owes, or is forgiven, what was neither used, nor held, nor let expire; gifts lie
    # beside a debt unused.
    gifts = sum(lot.left for lot in lots if not POOLS[lot.pool].pays_debt)
    given = -sum(one.amount for one in account.entries if one.kind == "transfer" and one.amount < 0)
    gone = sum(lot.gone for lot in lots)
    assert (
        sum(one.owed + one.written_off for one in ours)
        <= used + held + gifts - amounts["expire"] + given + gone
    )


def uphold_together(accounts: Mapping[str, Account]) -> None:
    """Fail unless what accounts gave each other adds up, credits and what was paid for them."""
    for kind in ("transfer", "merge"):
        moved = sum(
            entry.amount
            for account in accounts.values()
            for entry in account.entries
            if entry.kind == kind
        )
        assert moved == 0, f"{kind} makes or loses credits"
    lots = [(account, lot) for account in accounts.values() for lot in account.lots.values()]
    left = sum(lot.cost_moved for _, lot in lots if lot.moved_to is None)
    came = sum(
        lot.cost or 0 for account, lot in lots if account.entries[lot.lot_id - 1].kind == "transfer"
    )
    assert left == came, "cost appears or vanishes"
    for _, lot in lots:
        assert 0 <= lot.cost_moved <= (lot.cost or 0)
