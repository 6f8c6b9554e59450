"""The ledger of one account replayed entry by entry, by rules written from the documentation.

Nothing here looks at the SQL: it reads what ``list_entries`` and ``list_lots`` show, moves credits
between lots as the allocations say, and fails where an entry could not have followed from the ones
before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgcredits.rpc import Entry, Lot

_PAYS_DEBT = {"subscription", "purchased"}
_NEVER = datetime.max.replace(tzinfo=UTC)
_GIVES = {"grant", "refund", "restore", "rollover", "settle"}


@dataclass(slots=True)
class Replay:
    """State of an account after the entries seen so far."""

    lots: dict[int, Lot]
    left: dict[int, int] = field(default_factory=dict)
    debt: int = 0
    last: Entry | None = None

    @classmethod
    def of(cls, entries: Iterable[Entry], lots: Iterable[Lot]) -> Replay:
        """Replay the entries, oldest first, and compare the end with the lots."""
        replay = cls({lot.lot_id: lot for lot in lots})
        for entry in entries:
            replay.step(entry)
        if replay.last is not None:
            replay._check_settled(replay.last)
        assert {lot_id: lot.remaining for lot_id, lot in replay.lots.items()} == replay.left
        return replay

    def step(self, entry: Entry) -> None:
        """Apply one entry and check that it follows from the ones before."""
        number = self.last.entry_id if self.last else 0
        assert entry.entry_id == number + 1, entry
        if self.last is not None:
            assert entry.created_at >= self.last.created_at, entry
            assert entry.command_id in {entry.entry_id, self.last.command_id}, entry
        if entry.command_id == entry.entry_id:
            self._check_settled(entry)

        allocations = entry.allocations or []
        assert entry.amount == sum(amount for _, amount in allocations), entry
        if entry.kind == "spend":
            self._check_spend(entry, allocations)
        for lot_id, amount in allocations:
            self._move(entry, lot_id, amount)
        assert entry.balance == sum(self.left.values()) - self.debt, entry
        assert entry.debt == self.debt, entry
        self.last = entry

    def _check_settled(self, entry: Entry) -> None:
        """Between two commands there is no debt beside credits that pay debt."""
        paying = (left for lot, left in self.left.items() if self.lots[lot].pool in _PAYS_DEBT)
        assert self.debt == 0 or sum(paying) == 0, entry

    def _move(self, entry: Entry, lot_id: int, amount: int) -> None:
        if lot_id == 0:
            self.debt -= amount
            assert self.debt >= 0, entry
            return
        if lot_id == entry.entry_id:
            assert lot_id not in self.left, entry
            assert amount == self.lots[lot_id].granted, entry
            self.left[lot_id] = 0
        if amount > 0:
            assert entry.kind in _GIVES, entry
        self.left[lot_id] += amount
        assert 0 <= self.left[lot_id] <= self.lots[lot_id].granted, entry

    def _check_spend(self, entry: Entry, allocations: list[list[int]]) -> None:
        """A spend takes live lots without debt, in burn order, and empties all but the last."""
        assert self.debt == 0, entry
        taken: dict[int, int] = dict(allocations)  # type: ignore[arg-type]
        assert len(taken) == len(allocations), entry
        assert all(amount < 0 for amount in taken.values()), entry
        *emptied, last = taken
        for lot_id in emptied:
            assert self.left[lot_id] == -taken[lot_id], entry
        for lot_id in taken:
            expires_at = self.lots[lot_id].expires_at
            assert expires_at is None or entry.created_at < expires_at, entry
        for lot_id, left in self.left.items():
            if left + taken.get(lot_id, 0) > 0:
                assert self._rank(lot_id) >= self._rank(last), entry

    def _rank(self, lot_id: int) -> tuple[int, datetime, int] | tuple[int]:
        """Burn order. Of subscription lots the priority alone: their expiry may have been moved."""
        lot = self.lots[lot_id]
        if lot.pool == "subscription":
            return (lot.priority,)
        return (lot.priority, lot.expires_at or _NEVER, lot_id)
