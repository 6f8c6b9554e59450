"""One account's ledger, replayed through the model beside the calls that sessions made about it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tests.history.record import Acknowledged, Refused, Unknown
from tests.model import shown
from tests.model.expiry import expire_account
from tests.model.model import COMMANDS, Model
from tests.model.state import Refusal, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pgcredits.rpc import Balance, Entry, Receipt
    from tests.history.record import Invocation


@dataclass(slots=True)
class Command:
    """Entries that were booked together, and the call that explains them, once it is found.

    A capture comes with the release before it, in which its hold gives up what is captured.

    ``candidates`` are calls with an unknown outcome and the key of the command. It was asked for
    not before ``invoked`` (infinite: nobody can tell) and was committed at ``acknowledged``.
    """

    entries: list[Entry]
    cause: Invocation | None = None
    candidates: list[Invocation] = field(default_factory=list)
    invoked: float = math.inf
    acknowledged: float = math.inf

    @property
    def number(self) -> int:
        return self.entries[-1].command_id

    @property
    def key(self) -> str | None:
        return next(one.idempotency_key for one in self.entries if one.entry_id == self.number)

    def takes(self, entry: Entry) -> bool:
        """Whether an entry that follows belongs to the same command."""
        last = self.entries[-1]
        return entry.command_id != entry.entry_id or (
            (last.kind, entry.kind) == ("release", "capture")
            and last.about_entry_id == entry.about_entry_id
        )


class Replay:
    """``run`` once, then ask what the account should look like."""

    def __init__(
        self, account: str, entries: list[Entry], about: list[Invocation], settings: Settings
    ) -> None:
        self.account = account
        self.about = about
        self.model = Model(settings)
        self._keyless = [
            one
            for one in about
            if isinstance(one.outcome, Unknown)
            and one.call.key is None
            and one.call.function in COMMANDS
        ]
        self._used: list[Invocation] = []
        self._commands: list[Command] = []
        for entry in entries:
            if not self._commands or not self._commands[-1].takes(entry):
                self._commands.append(Command([]))
            self._commands[-1].entries.append(entry)
        self._by_number = {command.number: command for command in self._commands}
        self._by_key: dict[str | None, Command] = {
            command.key: command for command in self._commands if command.key is not None
        }

    def run(self) -> Iterator[str]:
        """Everything that contradicts the ledger, one sentence each."""
        yield from self._assign()
        yield from self._check_real_time()
        yield from self._replay()

    def holds(self, one: Invocation) -> bool | None:
        """Whether a call with an unknown outcome is there; None where another one may be it."""
        alike = [
            other
            for other in self.about
            if other.call.key == one.call.key and isinstance(other.outcome, Unknown)
        ]
        command = self._by_key.get(one.call.key)
        return None if len(alike) > 1 else command is not None and command.cause is one

    def agrees_with(self, balance: Balance, remaining: dict[int, int]) -> bool:
        """Whether the database shows what the replay has ended with."""
        account = self.model.account(self.account)
        return _same_balance(self.model, self.account, balance) and remaining == {
            lot.lot_id: lot.left for lot in account.lots.values()
        }

    # Which call explains which command.

    def _assign(self) -> Iterator[str]:
        """By the receipt where there is one, else by the key."""
        for one in self.about:
            if one.receipt is not None:
                yield from self._assign_told(one, one.receipt)
        keyed = [one for one in self.about if one.call.key in self._by_key]
        for one in keyed:
            command = self._by_key[one.call.key]
            if isinstance(one.outcome, Unknown) and command.cause is None:
                command.candidates.append(one)
                command.invoked = min(command.invoked, one.invoked)
        for one in keyed:
            command = self._by_key[one.call.key]
            if command.cause is None and not command.candidates:
                yield f"{one.outcome} and yet in the ledger: {one.call}"

    def _assign_told(self, one: Invocation, receipt: Receipt) -> Iterator[str]:
        command = self._by_number.get(receipt.command_id)
        if command is None:
            yield f"acknowledged and not in the ledger: {one.call} -> {receipt}"
            return
        command.acknowledged = min(command.acknowledged, one.returned)
        if receipt.is_replay:
            return
        if command.cause is not None:
            yield f"two calls were told {receipt.command_id}: {one.call}, {command.cause.call}"
        command.cause = one
        command.invoked = min(command.invoked, one.invoked)

    def _check_real_time(self) -> Iterator[str]:
        earliest = math.inf
        for command in reversed(self._commands):
            if earliest < command.invoked < math.inf:
                yield f"{command.number} was asked for after a later entry had been acknowledged"
            earliest = min(earliest, command.acknowledged)

    # Command by command.

    def _replay(self) -> Iterator[str]:
        pending = _Windows(self._commands, self.about)
        for position, command in enumerate([None, *self._commands]):
            if command is not None:
                problem = self._step(command)
                if problem is not None:
                    yield problem
                    return
            yield from pending.at(position, self._fits)
        yield from pending.rest()

    def _step(self, command: Command) -> str | None:
        """Do in the model what the ledger says was done next."""
        first, last = command.entries[0], command.entries[-1]
        known = self._booked()
        if last.entry_id <= known:
            return self._compare(command)
        if first.entry_id != known + 1:
            return f"entry {first.entry_id} follows on {known}"
        due = first.kind in {"expire", "release"}
        self.model.now = first.created_at if due else first.occurred_at
        expire_account(self.model, self.account)
        problem = self._give(command) if self._booked() == known else None
        return problem or self._compare(command)

    def _booked(self) -> int:
        return len(self.model.account(self.account).entries)

    def _give(self, command: Command) -> str | None:
        """Give the model the command that explains these entries."""
        cause = command.cause = command.cause or self._guess(command)
        if cause is None:
            return f"no call explains {command.entries}"
        try:
            answer = self.model.make(cause.call)
        except Refusal as refusal:
            return f"in the ledger, though it must be refused with {refusal}: {cause.call}"
        if answer.is_replay:
            return f"booked twice: {cause.call}"
        if isinstance(cause.outcome, Acknowledged) and answer != cause.outcome.answer:
            return f"{cause.call} was told {cause.outcome.answer}, it is {answer}"
        return None

    def _compare(self, command: Command) -> str | None:
        account = self.model.account(self.account)
        for entry in command.entries:
            if entry.entry_id > len(account.entries):
                return f"not booked by the model: {entry}"
            expected = shown.entry(account, account.entries[entry.entry_id - 1])
            got = {name: _plain(getattr(entry, name)) for name in expected}
            if got != expected:
                return f"the ledger has {got}, the model {expected}"
        return None

    def _guess(self, command: Command) -> Invocation | None:
        """A call with an unknown outcome that books just this: by the key, or one without a key."""
        for one in command.candidates or self._keyless:
            if one in self._used:
                continue
            trial = Replay(self.account, [], [], self.model.settings)
            trial.model = self.model.copy()
            try:
                trial.model.make(one.call)
            except Refusal:
                continue
            if trial._compare(command) is None:
                self._used.append(one)
                return one
        return None

    def _fits(self, one: Invocation) -> bool:
        """Whether the call, made now, would be answered as it was."""
        if one.call.function == "get_balance":
            assert isinstance(one.outcome, Acknowledged)
            return _same_balance(self.model, self.account, one.outcome.answer)
        trial = self.model.copy()
        try:
            answer: Receipt = trial.make(one.call)
        except Refusal as refusal:
            return isinstance(one.outcome, Refused) and (
                (one.outcome.code, _plain(one.outcome.values))
                == (refusal.code, _plain(refusal.values))
            )
        return isinstance(one.outcome, Acknowledged) and answer == one.outcome.answer


class _Windows:
    """Answers that booked nothing, each with the positions of the ledger at which it was given.

    At position p the first p commands are there. What was acknowledged before the question is
    there, what was asked for after the answer is not.
    """

    def __init__(self, commands: list[Command], about: Iterable[Invocation]) -> None:
        acknowledged = sorted((c.acknowledged, number) for number, c in enumerate(commands, 1))
        times = [time for time, _ in acknowledged]
        there = [0, *accumulate((number for _, number in acknowledged), max)]
        invoked = sorted(
            (c.invoked, number) for number, c in enumerate(commands, 1) if c.invoked < math.inf
        )
        asked = [time for time, _ in invoked]
        absent = [*accumulate((number for _, number in reversed(invoked)), min)][::-1]
        absent.append(len(commands) + 1)

        self._waiting: dict[int, list[tuple[int, Invocation]]] = {}
        self._active: list[tuple[int, Invocation]] = []
        for one in about:
            if _books_nothing(one):
                first = there[bisect_left(times, one.invoked)]
                last = absent[bisect_right(asked, one.returned)] - 1
                self._waiting.setdefault(first, []).append((last, one))

    def at(self, position: int, fits: Callable[[Invocation], bool]) -> Iterator[str]:
        """Drop the answers that are right here; tell of those that have never been."""
        self._active += self._waiting.pop(position, [])
        still = []
        for last, one in self._active:
            if fits(one):
                continue
            if last <= position:
                yield f"never right while it was asked: {one.call} -> {one.outcome}"
            else:
                still.append((last, one))
        self._active = still

    def rest(self) -> Iterator[str]:
        for one in self._active + [pair for pairs in self._waiting.values() for pair in pairs]:
            yield f"never right: {one[1].call} -> {one[1].outcome}"


def _books_nothing(one: Invocation) -> bool:
    if isinstance(one.outcome, Refused) or one.call.function == "get_balance":
        return isinstance(one.outcome, Refused | Acknowledged)
    return one.receipt is not None and one.receipt.is_replay


def _same_balance(model: Model, account: str, seen: Balance) -> bool:
    expected = shown.balance(model.account(account), model.now)
    return {name: _plain(getattr(seen, name)) for name in expected} == expected


def _plain(value: Any) -> Any:
    """As in JSON, instants in UTC."""
    if hasattr(value, "astimezone"):
        return shown.instant(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value
