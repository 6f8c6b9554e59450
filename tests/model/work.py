"""A command at work: it changes a copy of its account, which is stored if the command succeeds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pgcredits.rpc import Receipt
from tests.model import usage
from tests.model.laws import uphold
from tests.model.state import MOST, NEVER, Account, Entry, Lot, Part, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tests.model.model import Model


@dataclass(frozen=True, slots=True)
class Order:
    """What the first entry of a command says besides its credits, and what a replay must repeat.

    ``kind`` and ``amount`` are None where another answer of the same command is no conflict.
    """

    kind: str | None
    reference: str | None
    key: str | None
    metadata: dict[str, Any] | None
    amount: int | None = None
    feature: str | None = None
    member: str | None = None
    request: dict[str, Any] | None = None

    def but(self, request: dict[str, Any]) -> Order:
        """The same order with another request."""
        return replace(self, request=request)


class Work:
    """One command on one account, at one instant."""

    def __init__(self, model: Model, account_id: str, *, create: bool = False) -> None:
        known = model.accounts.get(account_id)
        self.model = model
        self.now = model.now
        self.settings = model.settings
        self.account = known.copy() if known else Account(account_id)
        self.names: dict[tuple[str, str], tuple[str, int]] = {}
        self.trial_keys: set[str] = set()
        self.as_of: datetime | None = None
        """When what is booked now took effect, if that is past: the deadline of a hold."""
        self._command_id: int | None = None
        if known is None and create:
            self.account.status = "active"

    # Replays and refusals.

    def replay(self, order: Order) -> Receipt | None:
        """The recorded receipt if the key was used for the same request; refused for another."""
        found = self.account.by_key(order.key)
        if found is None:
            return None
        same = (
            (found.feature, found.member, found.reference, found.request)
            == (order.feature, order.member, order.reference, order.request)
            and order.kind in {None, found.kind}
            and order.amount in {None, found.amount}
        )
        if not same:
            raise Refusal(
                "idempotency_conflict",
                idempotency_key=order.key,
                entry_id=found.entry_id,
                recorded={
                    "kind": found.kind,
                    "amount": found.amount,
                    "feature": found.feature,
                    "member": found.member,
                    "reference": found.reference,
                    "request": found.request,
                },
            )
        return self.receipt(found.command_id, is_replay=True)

    def require_status(self, *allowed: str) -> None:
        status = self.account.status
        if self.account.merged_into is not None:
            name = self.account.account_id
            raise Refusal("account_merged", account_id=name, merged_into=self.model.chain(name)[-1])
        if status is not None and status not in allowed:
            code = "account_frozen" if status == "frozen" else "account_closed"
            raise Refusal(code, account_id=self.account.account_id)

    def require_known(self) -> None:
        if self.account.status is None:
            raise Refusal("account_not_found", account_id=self.account.account_id)

    def require_cap(self, member: str | None, amount: int) -> None:
        """Refuse what any cap of the member does not leave. What is due must have been booked."""
        if member is None:
            return
        refusals = []
        for (capped, period), cap in self.account.caps.items():
            start, end = usage.window(self.account, period, self.now)
            used = usage.used(self.account, member, (start, end))
            if capped == member and used + amount > cap:
                refusals.append((end, used - cap, period, cap, used))
        if refusals:
            end, _, period, cap, used = min(
                refusals, key=lambda one: (-one[0].timestamp(), -one[1], one[2])
            )
            raise Refusal(
                "limit_reached",
                limit="member_cap",
                member=member,
                period=period,
                cap=cap,
                used=used,
                required=amount,
                left=max(cap - used, 0),
                resets_at=None if end == NEVER else end,
            )

    def require_affordable(self, amount: int) -> None:
        """Refuse what cannot be paid now, 0 in debt too. What is due must have been booked."""
        account = self.account
        if account.debt:
            raise Refusal("in_debt", required=amount, available=0, debt=account.debt)
        if account.balance < amount:
            raise Refusal("insufficient_credits", required=amount, available=account.balance)

    # Credits.

    def take(self, amount: int, of: Callable[[Lot], bool] = lambda _: True) -> list[Part]:
        """Take up to ``amount`` credits in burn order, out of some lots only; the caller books."""
        parts = []
        for lot in self.account.holding():
            if amount == 0:
                break
            if of(lot):
                taken = min(amount, lot.left)
                lot.left -= taken
                amount -= taken
                parts.append((lot.lot_id, -taken))
        return parts

    def add(
        self,
        lot: Lot,
        kind: str,
        giving: Iterable[Part] = (),
        order: Order | None = None,
        *,
        other: tuple[str, int] | None = None,
    ) -> Lot:
        """Book a new lot, filled by nobody or by what ``giving`` takes out of other lots."""
        lot.lot_id = self.next_entry_id
        self.account.lots[lot.lot_id] = lot
        lot.left = lot.granted
        lot.granted_at = self.created_at
        self.book(kind, [*giving, (lot.lot_id, lot.granted)], order, other=other)
        return lot

    # Entries.

    @property
    def next_entry_id(self) -> int:
        return len(self.account.entries) + 1

    @property
    def effective_at(self) -> datetime:
        """The instant that decides what is over: the clock, or the past one of `as_of`."""
        return self.as_of or self.now

    @property
    def created_at(self) -> datetime:
        """The date of an entry booked now: the clock, but never before the last entry."""
        entries = self.account.entries
        return max(self.now, entries[-1].created_at) if entries else self.now

    def book(
        self,
        kind: str,
        parts: Iterable[Part] = (),
        order: Order | None = None,
        *,
        occurred_at: datetime | None = None,
        about: int | None = None,
        over: int = 0,
        other: tuple[str, int] | None = None,
    ) -> None:
        """Add an entry to the running command. Debt changes here, lots by the caller."""
        parts = tuple(parts)
        entries = self.account.entries
        self.account.debt -= sum(amount for lot_id, amount in parts if lot_id == 0)
        balance = entries[-1].balance if entries else 0
        if self._command_id is None:
            self._command_id = self.next_entry_id
        entries.append(
            Entry(
                entry_id=self.next_entry_id,
                command_id=self._command_id,
                kind=kind,
                parts=parts,
                balance=balance + sum(amount for _, amount in parts),
                debt=self.account.debt,
                created_at=self.created_at,
                occurred_at=occurred_at or self.effective_at,
                feature=order.feature if order else None,
                member=self.member_of(about) if about else order.member if order else None,
                reference=order.reference if order else None,
                key=order.key if order else None,
                request=order.request if order else None,
                metadata=order.metadata if order else None,
                about=about,
                over=over,
                other=other,
            )
        )

    def member_of(self, entry_id: int | None) -> str | None:
        """Who caused an entry; what follows it up is theirs too."""
        if entry_id is None or not 0 < entry_id < self.next_entry_id:
            return None
        return self.account.entries[entry_id - 1].member

    def end_command(self) -> None:
        """What is booked next is a command of its own."""
        self._command_id = None

    # The end.

    def receipt(self, command_id: int, *, is_replay: bool) -> Receipt:
        """What a command answers: its first entry, and the state after its last one."""
        return receipt_of(self.account, command_id, is_replay=is_replay)

    def finish(self) -> Receipt:
        """Store the account and answer; refused when it would hold too much."""
        account = self.account
        held = account.held
        if account.balance + account.debt + held > MOST or account.debt > MOST:
            raise Refusal(
                "balance_limit", limit=MOST, balance=account.balance, held=held, debt=account.debt
            )
        uphold(account, self.now)
        self.store()
        assert self._command_id is not None
        return self.receipt(self._command_id, is_replay=False)

    def store(self) -> None:
        self.model.accounts[self.account.account_id] = self.account
        self.model.names.update(self.names)
        self.model.trial_keys |= self.trial_keys


def receipt_of(account: Account, command_id: int, *, is_replay: bool) -> Receipt:
    """What a command on the account has answered."""
    first, *_ = booked = account.command(command_id)
    last = booked[-1]
    return Receipt(
        account_id=account.account_id,
        entry_id=first.entry_id,
        command_id=command_id,
        kind=first.kind,
        amount=first.amount,
        balance=last.balance,
        available=0 if last.debt else last.balance,
        debt=last.debt,
        allocations=[list(part) for part in first.parts],
        is_replay=is_replay,
        created_at=first.created_at,
    )
