"""What a search is made of: steps with a weight, and the state that they work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.model.call import Call, call
from tests.model.state import Settings
from tests.model.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from tests.model.choices import Amount, Moment
    from tests.model.state import Account, Entry, Hold, Payment

Method = TypeVar("Method", bound="Callable[..., None]")


@dataclass(frozen=True, slots=True)
class Step:
    """A method of the machine and what to give to it."""

    name: str
    given: dict[str, Any]


_STEPS: dict[str, tuple[int, st.SearchStrategy[dict[str, Any]]]] = {}
"""The methods that are steps, how often each is taken, and what it is given."""


def step(weight: int, **given: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Make a method a step.

    Rules of Hypothesis have no weight, and in each example it leaves about half of them out.
    """

    def register(method: Method) -> Method:
        _STEPS[method.__name__] = weight, st.fixed_dictionaries(given)
        return method

    return register


@st.composite
def any_step(draw: st.DrawFn) -> Step:
    names = [name for name, (weight, _) in _STEPS.items() for _ in range(weight)]
    # Hypothesis prefers the first choice: one that stands in the way of nothing.
    names.sort(key=lambda name: name != "open_account")
    name = draw(st.sampled_from(names))
    return Step(name, draw(_STEPS[name][1]))


def steps() -> set[str]:
    """Names of all steps."""
    return set(_STEPS)


class Table(RuleBasedStateMachine):
    """One example: a transaction of its own, rolled back in the end, and what lies in it."""

    def __init__(self, conn: psycopg.Connection[Any], shortfall: str) -> None:
        super().__init__()
        self._conn = conn
        conn.execute("begin")
        self.twin = Twin(conn, Settings(shortfall=shortfall))
        self.calls: list[Call] = []
        self.keys = 0

    def teardown(self) -> None:
        try:
            if not self.twin.has_failed:
                self.twin.compare_all()
        finally:
            self._conn.execute("rollback")

    def account(self, account_id: str) -> Account:
        return self.twin.model.account(account_id)

    def amount(self, account_id: str, amount: Amount) -> int:
        return amount.on(self.account(account_id), self.twin.model)

    def moment(self, account_id: str, moment: Moment) -> Any:
        return moment.on(self.account(account_id), self.twin.model)

    def available(self, account_id: str) -> int:
        return sum(lot.left for lot in self.account(account_id).spendable(self.twin.model.now))

    def make(self, function: str, account_id: str, tail: dict[str, Any], **given: Any) -> None:
        made = call(function, account_id, **given, **self.with_key(tail))
        self.calls.append(made)
        self.twin.make(made)

    def with_key(self, tail: dict[str, Any]) -> dict[str, Any]:
        """The same with a new key, if one is asked for."""
        if tail.get("idempotency_key") != "new":
            return tail
        self.keys += 1
        return tail | {"idempotency_key": f"new-{self.keys}"}

    def payments(self) -> list[tuple[str, Payment]]:
        """Every payment with its account, newest first inside the account."""
        return [
            (account_id, payment)
            for account_id, account in self.twin.model.accounts.items()
            for payment in reversed(account.payments.values())
        ]

    def holds(self) -> list[tuple[str, Hold]]:
        """Every hold with its account, newest first inside the account."""
        return [
            (account_id, hold)
            for account_id, account in self.twin.model.accounts.items()
            for hold in reversed(account.holds.values())
        ]

    def live_holds(self) -> list[tuple[str, Hold]]:
        """The holds that can be captured."""
        now = self.twin.model.now
        return [
            (account_id, hold)
            for account_id, hold in self.holds()
            if hold.status == "open" and now < hold.expires_at
        ]

    def spends(self) -> list[tuple[str, Entry]]:
        """Every spend and capture with its account, newest first inside the account."""
        return [
            (account_id, entry)
            for account_id, account in self.twin.model.accounts.items()
            for entry in reversed(account.entries)
            if entry.kind in {"spend", "capture"}
        ]

    def payment_name(self, account_id: str, number: int) -> str:
        """Few names, so that payments are repeated; number 0 is the same for all accounts."""
        return f"pay-{account_id}-{number}" if number else "pay-0"
