"""Whether one serial order, the one in the ledger, explains every answer that sessions were told.

Of each account, by itself:

- a call that was acknowledged is in the ledger exactly once, a replay has its original there, and
  nothing is there that no call explains (breakage on the way apart);
- a call that was refused or undone is not there, one with an unknown outcome is there at most once;
- the order of the ledger does not contradict real time: what was answered before something else was
  invoked has the lower number;
- calls of one transaction are there together or not at all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.history.record import Acknowledged, Undone, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgcredits.rpc import Entry
    from tests.client import Credits
    from tests.history.record import History, Invocation


def check(history: History, credits: Credits) -> dict[str, list[Entry]]:
    """Fail with everything that contradicts the history; return the ledger of each account."""
    accounts = {one.call.account for one in history.invocations if one.call.account}
    ledgers = {account: credits.entries(account) for account in sorted(accounts)}
    found = [str(finding) for finding in credits.verify()]
    found += problems(history, ledgers)
    assert not found, f"{len(found)} contradictions:\n" + "\n".join(found[:40])
    return ledgers


def problems(history: History, ledgers: dict[str, list[Entry]]) -> list[str]:
    """What contradicts the history, one sentence each."""
    found: list[str] = []
    present: dict[int, bool] = {}
    for account, entries in ledgers.items():
        about = [one for one in history.invocations if one.call.account == account]
        one = _Account(entries, about)
        found += [f"{account}: {problem}" for problem in one.problems()]
        for claimed in one.claimed.values():
            present.setdefault(claimed.transaction, True)
    return found


@dataclass(slots=True)
class _Account:
    """One account's ledger beside the calls about it."""

    entries: list[Entry]
    about: list[Invocation]
    claimed: dict[int, Invocation] = field(default_factory=dict)
    acknowledged: dict[int, float] = field(default_factory=dict)

    def problems(self) -> Iterable[str]:
        commands: dict[int, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            commands[entry.command_id].append(entry)
        by_key = {e.idempotency_key: e for e in self.entries if e.idempotency_key}

        for one in self.about:
            receipt = one.receipt
            if receipt is None:
                continue
            number = receipt.command_id
            first, last = commands[number][:1], commands[number][-1:]
            if not first or (first[0].kind, first[0].amount, last[0].balance, last[0].debt) != (
                receipt.kind,
                receipt.amount,
                receipt.balance,
                receipt.debt,
            ):
                yield f"{one.call} was acknowledged with {receipt}, the ledger has {first}"
                continue
            self.acknowledged[number] = min(one.returned, self.acknowledged.get(number, math.inf))
            if not receipt.is_replay:
                if number in self.claimed:
                    yield f"{one.call} and {self.claimed[number].call} were both told {number}"
                self.claimed[number] = one
        for one in self.about:
            entry = by_key.get(one.call.key) if one.call.key else None
            if isinstance(one.outcome, Unknown) and entry and entry.entry_id not in self.claimed:
                self.claimed[entry.entry_id] = one
            if isinstance(one.outcome, Undone) and entry and entry.entry_id not in self.claimed:
                yield f"{one.call} was undone and is in the ledger: {entry}"

        earliest = math.inf
        for number in sorted(commands, reverse=True):
            if number not in self.claimed:
                if [e.kind for e in commands[number]] != ["expire"]:
                    yield f"no call explains {commands[number]}"
                continue
            if self.claimed[number].invoked > earliest:
                yield f"{number}: invoked after a later entry had been acknowledged"
            earliest = min(earliest, self.acknowledged.get(number, math.inf))


def acknowledged(history: History) -> list[Invocation]:
    """The calls that were answered with a receipt or another row."""
    return [one for one in history.invocations if isinstance(one.outcome, Acknowledged)]
