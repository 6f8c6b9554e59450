"""Sessions that write down what they ask, what they are told, and when.

    history = History()
    with Recorder(history, connect) as session:
        session.make(call("deduct_credit", "ann", amount=3, idempotency_key="job-1"))
        with session.transaction():
            ...

``connect`` opens a connection (autocommit). After a connection was lost it is called again, and for
half a minute again while the server is away. A session belongs to one thread, a history to all.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import psycopg

from pgcredits.errors import CreditsError
from tests.client import Credits
from tests.model.call import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits.rpc import Receipt


_PATIENCE = 10.0
"""Seconds that a session waits for a server that is away."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The call was answered and, if it was part of a transaction, that was committed."""

    answer: Any
    """A `Receipt`, or what else the function returns (a `Sweep`, a `Balance`)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The function refused the call."""

    code: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Undone:
    """The server said that nothing of the call remains: an error, or its transaction's rollback."""

    why: str


BY_BATCH = "another operation of the batch was refused"
"""Why a call is undone that was an operation of a batch, all of it or nothing."""
BY_CALLER = "rolled back by the caller"
"""Why a call is undone whose transaction was meant to be."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The connection was lost before the answer: the call may have been committed or not."""

    why: str


Outcome = Acknowledged | Refused | Undone | Unknown


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call: by which session, when it was invoked and answered (`time.monotonic`), and how.

    ``returned`` is infinite while the outcome is unknown. ``transaction`` is the same number for
    calls of one transaction; their ``returned`` is the moment its commit was acknowledged.
    """

    session: int
    transaction: int
    call: Call
    invoked: float
    returned: float
    outcome: Outcome

    @property
    def receipt(self) -> Receipt | None:
        """The receipt of an acknowledged command, else None."""
        answer = self.outcome.answer if isinstance(self.outcome, Acknowledged) else None
        return answer if hasattr(answer, "command_id") else None


@dataclass(slots=True)
class History:
    """What all sessions have written down; grows while they run."""

    invocations: list[Invocation] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def number(self) -> int:
        """A number for a session or a transaction that no other one has."""
        with self._lock:
            return next(self._numbers)

    def add(self, invocation: Invocation) -> None:
        with self._lock:
            self.invocations.append(invocation)

    def unknown(self) -> list[Invocation]:
        """The calls whose outcome nobody knows."""
        with self._lock:
            return [one for one in self.invocations if isinstance(one.outcome, Unknown)]

    def answers(self, call: Call) -> list[Outcome]:
        """Outcomes of every invocation of this call so far."""
        with self._lock:
            return [one.outcome for one in self.invocations if one.call == call]


class Recorder:
    """One session. A call never raises what the server answers: the outcome is returned."""

    def __init__(self, history: History, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self.history = history
        self.number = history.number()
        self._connect = connect
        self._credits: Credits | None = None
        self._open: list[Invocation] | None = None
        self._transaction = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.drop()

    @property
    def credits(self) -> Credits:
        """The API on this session's connection, opened when it is first needed."""
        if self._credits is None:
            self._credits = Credits(self._connected())
        return self._credits

    def _connected(self) -> psycopg.Connection[Any]:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return self._connect()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _begun(self) -> Credits:
        """The API in a new transaction, on another connection if this one is lost."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            credits = self.credits
            try:
                credits.conn.execute("begin")
            except psycopg.OperationalError:
                self.drop()
                if time.monotonic() > deadline:
                    raise
            else:
                return credits

    def drop(self) -> None:
        """Close the connection, if there is one; the next call opens another one."""
        credits, self._credits = self._credits, None
        if credits is not None:
            with suppress(psycopg.Error):
                credits.conn.close()

    def make(self, call: Call) -> Outcome:
        """Make one call and write it down; inside `transaction` it is written when that ends."""
        number = self._transaction if self._open is not None else self.history.number()
        invoked = time.monotonic()
        outcome = self._attempt(call)
        returned = math.inf if isinstance(outcome, Unknown) else time.monotonic()
        invocation = Invocation(self.number, number, call, invoked, returned, outcome)
        if self._open is not None:
            self._open.append(invocation)
            if isinstance(outcome, Undone | Unknown):
                raise _BrokenError(outcome)
        else:
            self.history.add(invocation)
        return outcome

    def make_batch(self, batch: Call) -> None:
        """Make a batch and write each operation down as the spend that it is."""
        assert self._open is None, "a batch inside a transaction"
        number = self.history.number()
        invoked = time.monotonic()
        outcome = self._attempt(batch)
        returned = math.inf if isinstance(outcome, Unknown) else time.monotonic()
        for operation, one in zip(batch.operations, _outcomes(batch, outcome), strict=True):
            # Some may have been refused: only all or nothing is there together.
            if not batch.arguments.get("all_or_nothing"):
                number = self.history.number()
            spend = Call("deduct_credit", operation)
            self.history.add(Invocation(self.number, number, spend, invoked, returned, one))

    def retry(self, call: Call, attempts: int = 10) -> Outcome:
        """Make a call that reads or carries a key until its outcome is known."""
        reads = call.function == "get_balance"
        assert reads or call.key is not None, f"without a key it must not be repeated: {call}"
        for _ in range(attempts):
            outcome = self.make(call)
            if not isinstance(outcome, Undone | Unknown):
                return outcome
        raise AssertionError(f"no answer after {attempts} attempts: {call}")

    @contextmanager
    def transaction(self, *, rollback: bool = False) -> Iterator[None]:
        """Calls that commit together, or with ``rollback`` not at all.

        A refused call is undone by its own savepoint and the transaction goes on. When the server
        breaks it or the connection is lost, the block ends there, without an exception.
        """
        assert self._open is None, "a transaction inside a transaction"
        credits = self._begun()
        self._open, self._transaction = [], self.history.number()
        fate: Outcome | None = Undone(BY_CALLER) if rollback else None
        try:
            yield
            credits.conn.execute("rollback" if rollback else "commit")
        except _BrokenError as broken:
            # Before the commit was asked for, a lost connection means that nothing remains.
            fate = Undone(str(broken.outcome.why))
        except psycopg.Error as exc:
            fate = self._fate(credits, exc)
        except BaseException:
            fate = Undone("rolled back by an exception of the caller")
            raise
        finally:
            calls, self._open = self._open, None
            ended = time.monotonic()
            with suppress(psycopg.Error):
                credits.conn.rollback()
            if credits.conn.closed:
                self.drop()
            for one in calls:
                self.history.add(_ended(one, fate, ended))

    def _attempt(self, call: Call) -> Outcome:
        try:
            credits = self.credits
        except psycopg.OperationalError as exc:
            return Undone(f"no connection: {exc}")
        try:
            if self._open is None:
                return Acknowledged(call.on(credits))
            with credits.conn.transaction():
                return Acknowledged(call.on(credits))
        except CreditsError as refusal:
            return Refused(refusal.code, refusal.values)
        except psycopg.Error as exc:
            outcome = self._fate(credits, exc)
            if isinstance(outcome, Unknown) and self._open is None:
                self.drop()
            return outcome

    @staticmethod
    def _fate(credits: Credits, exc: psycopg.Error) -> Undone | Unknown:
        """An error that came as an answer has undone the call; a lost connection says nothing.

        A pooler tells of its lost server connection by an error of class 08 or 58.
        """
        why = f"{type(exc).__name__}: {exc}".strip().replace("\n", " ")
        fatal = exc.diag.severity_nonlocalized in {"FATAL", "PANIC"}
        lost = (exc.sqlstate or "08").startswith(("08", "57P", "58"))
        return Unknown(why) if fatal or lost or credits.conn.closed else Undone(why)


class _BrokenError(Exception):
    """The transaction cannot go on."""

    def __init__(self, outcome: Undone | Unknown) -> None:
        super().__init__(outcome.why)
        self.outcome = outcome


def _outcomes(batch: Call, outcome: Outcome) -> list[Outcome]:
    """What each operation of a batch was told."""
    if isinstance(outcome, Acknowledged):
        return [
            Refused(one.refusal.code, one.refusal.values)
            if one.refusal is not None
            else Acknowledged(one.receipt)
            for one in outcome.answer.parsed()
        ]
    if isinstance(outcome, Refused):
        outcome = Undone(BY_BATCH)
    return [outcome] * len(batch.operations)


def _ended(one: Invocation, fate: Outcome | None, ended: float) -> Invocation:
    """A call of a transaction, now that the transaction's end is known."""
    if fate is None:
        return replace(one, returned=ended)
    if isinstance(fate, Unknown) and isinstance(one.outcome, Refused):
        return replace(one, returned=ended, outcome=Undone(fate.why))
    returned = math.inf if isinstance(fate, Unknown) else ended
    return replace(one, returned=returned, outcome=fate)
