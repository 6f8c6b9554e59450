"""Random steps on a `Twin`: every command, in any order, close to every edge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model import choices
from tests.model.call import Call, call
from tests.model.choices import DAY, US, Amount, Bought, Moment, Period, Target
from tests.model.state import Settings
from tests.model.twin import Twin
from tests.model.wrong import WRONG

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from tests.model.state import Account, Entry, Payment

Method = TypeVar("Method", bound="Callable[..., None]")

_GRACES = st.sampled_from([3 * DAY, 7 * DAY, DAY, US, 0 * DAY])
_CHANGES: list[dict[str, Any]] = [
    {},
    {},
    {"metadata": {"note": "again"}},
    {"reference": "order-9"},
    {"idempotency_key": "key-a"},
]


@dataclass(frozen=True, slots=True)
class Step:
    """A method of `Search` and what to give to it."""

    name: str
    given: dict[str, Any]


_STEPS: dict[str, tuple[int, st.SearchStrategy[dict[str, Any]]]] = {}
"""The methods that are steps, how often each is taken, and what it is given."""


def step(weight: int, **given: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Make a method a step. Rules of Hypothesis have no weight, and half of them are left out."""

    def register(method: Method) -> Method:
        _STEPS[method.__name__] = weight, st.fixed_dictionaries(given)
        return method

    return register


@st.composite
def _steps(draw: st.DrawFn) -> Step:
    names = [name for name, (weight, _) in _STEPS.items() for _ in range(weight)]
    name = draw(st.sampled_from(names))
    return Step(name, draw(_STEPS[name][1]))


def steps() -> set[str]:
    """Names of all steps."""
    return set(_STEPS)


class Search(RuleBasedStateMachine):
    """One example: a transaction of its own, rolled back in the end."""

    def __init__(self, conn: psycopg.Connection[Any], shortfall: str) -> None:
        super().__init__()
        self._conn = conn
        conn.execute("begin")
        self.twin = Twin(conn, Settings(shortfall=shortfall))
        self.calls: list[Call] = []
        self.keys = 0

    def teardown(self) -> None:
        try:
            if self._conn.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
                self.twin.compare_all()
        finally:
            self._conn.execute("rollback")

    # Helpers.

    def account(self, account_id: str) -> Account:
        return self.twin.model.account(account_id)

    def amount(self, account_id: str, amount: Amount) -> int:
        return amount.on(self.account(account_id), self.twin.model)

    def moment(self, account_id: str, moment: Moment) -> Any:
        return moment.on(self.account(account_id), self.twin.model)

    def available(self, account_id: str) -> int:
        return sum(lot.left for lot in self.account(account_id).spendable(self.twin.model.now))

    def make(self, function: str, account_id: str, tail: dict[str, Any], **given: Any) -> None:
        if tail.get("idempotency_key") == "new":
            self.keys += 1
            tail = tail | {"idempotency_key": f"new-{self.keys}"}
        made = call(function, account_id, **given, **tail)
        self.calls.append(made)
        self.twin.make(made)

    def payments(self) -> list[tuple[str, Payment]]:
        """Every payment with its account, newest first inside the account."""
        return [
            (account_id, payment)
            for account_id, account in self.twin.model.accounts.items()
            for payment in reversed(account.payments.values())
        ]

    def spends(self) -> list[tuple[str, Entry]]:
        """Every spend with its account, newest first inside the account."""
        return [
            (account_id, entry)
            for account_id, account in self.twin.model.accounts.items()
            for entry in reversed(account.entries)
            if entry.kind == "spend"
        ]

    def payment_name(self, account_id: str, number: int) -> str:
        """Few names, so that payments are repeated; number 0 is the same for all accounts."""
        return f"pay-{account_id}-{number}" if number else "pay-0"

    @rule(step=_steps())
    def take(self, step: Step) -> None:
        getattr(self, step.name)(**step.given)

    # The surroundings.

    @initialize(
        renewal=_GRACES,
        refund=_GRACES,
        stock=st.lists(st.tuples(choices.baskets, choices.prices), min_size=1, max_size=3),
    )
    def begin(
        self,
        renewal: timedelta,
        refund: timedelta,
        stock: list[tuple[list[Bought], int]],
    ) -> None:
        settings = self.twin.model.settings
        self.twin.configure(replace(settings, renewal_grace=renewal, refund_grace=refund))
        for number, (basket, price) in enumerate(stock, start=100):
            self.record_payment(
                account_id="ann",
                number=number,
                price=price,
                returned=None,
                basket=basket,
                tail={},
            )

    @step(1, shortfall=st.sampled_from(["debt", "write_off"]))
    def change_shortfall(self, shortfall: str) -> None:
        self.twin.configure(replace(self.twin.model.settings, shortfall=shortfall))

    @step(8, account_id=choices.accounts, step=choices.steps)
    def tick(self, account_id: str, step: Moment) -> None:
        self.twin.at(self.moment(account_id, step))

    @step(3, account_id=choices.accounts, step=choices.steps, more=st.sampled_from([0, 0, 1]))
    def tick_and_spend(self, account_id: str, step: Moment, more: int) -> None:
        """What is seen right after the clock moved is also what can be spent."""
        self.twin.at(self.moment(account_id, step))
        available = self.available(account_id)
        if available + more:
            self.make("deduct_credit", account_id, {}, amount=available + more)

    @step(
        2,
        nth=choices.numbers,
        status=st.sampled_from(["frozen", "frozen", "closed"]),
        change=st.sampled_from(_CHANGES),
        amount=choices.spent,
    )
    def call_while_frozen(
        self, nth: int, status: str, change: dict[str, Any], amount: Amount
    ) -> None:
        """Make a call of before again, and a spend, while the account is frozen or closed."""
        account_id = self.calls[-1 - nth % len(self.calls)].account
        assert account_id is not None
        self.twin.set_status(account_id, status)
        self.make("deduct_credit", account_id, {}, amount=self.amount(account_id, amount))
        self.repeat(nth, change, 0)
        self.twin.set_status(account_id, "active")

    @step(3)
    def save(self) -> None:
        if self.twin.depth < 3:
            self.twin.save()

    @step(4, undo=st.booleans())
    def end_savepoint(self, undo: bool) -> None:
        if self.twin.depth and undo:
            self.twin.undo()
        elif self.twin.depth:
            self.twin.keep()

    # The commands.

    @step(1, account_id=choices.accounts, kind=st.sampled_from([None, "user", "guest"]))
    def open_account(self, account_id: str, kind: str | None) -> None:
        given = {} if kind is None else {"kind": kind, "time_zone": "Europe/Berlin"}
        self.make("open_account", account_id, {}, **given)

    @step(
        5,
        account_id=choices.accounts,
        amount=choices.granted,
        pool=choices.pools,
        expires=choices.expiries,
        tail=choices.tails,
    )
    def grant_credits(
        self,
        *,
        account_id: str,
        amount: Amount,
        pool: str,
        expires: Moment | None,
        tail: dict[str, Any],
    ) -> None:
        given: dict[str, Any] = {"amount": self.amount(account_id, amount), "pool": pool}
        if expires is not None:
            given["expires_at"] = self.moment(account_id, expires)
        self.make("grant_credits", account_id, tail, **given)

    @step(
        5,
        account_id=choices.accounts,
        amount=choices.granted,
        expires=choices.expiries,
        price=choices.prices,
        number=choices.numbers,
        tail=choices.tails,
    )
    def add_purchased_credits(
        self,
        *,
        account_id: str,
        amount: Amount,
        expires: Moment | None,
        price: int | None,
        number: int,
        tail: dict[str, Any],
    ) -> None:
        given: dict[str, Any] = {"amount": self.amount(account_id, amount)}
        if expires is not None:
            given["expires_at"] = self.moment(account_id, expires)
        if price is not None:
            given |= {"amount_paid": price, "currency": "eur"}
        tail = tail | {"reference": self.payment_name(account_id, number)}
        self.make("add_purchased_credits", account_id, tail, **given)

    @step(
        3,
        account_id=choices.accounts,
        amount=choices.granted,
        period_end=choices.ends,
        subscription=choices.subscriptions,
        tail=choices.tails,
    )
    def add_subscription_credits(
        self,
        *,
        account_id: str,
        amount: Amount,
        period_end: Moment,
        subscription: str,
        tail: dict[str, Any],
    ) -> None:
        if not tail.keys() & {"idempotency_key", "reference"}:
            tail = tail | {"idempotency_key": "new"}
        self.make(
            "add_subscription_credits",
            account_id,
            tail,
            amount=self.amount(account_id, amount),
            period_end=self.moment(account_id, period_end),
            subscription=subscription,
        )

    @step(
        6,
        account_id=choices.accounts,
        subscription=choices.subscriptions,
        amount=choices.granted,
        period=choices.periods,
        cap=choices.caps,
        item=st.sampled_from([None, None, "seat"]),
        price=choices.prices,
        number=st.none() | st.none() | choices.numbers,
        tail=choices.tails,
    )
    def renew_subscription(
        self,
        *,
        account_id: str,
        subscription: str,
        amount: Amount,
        period: Period,
        cap: int | None,
        item: str | None,
        price: int | None,
        number: int | None,
        tail: dict[str, Any],
    ) -> None:
        given: dict[str, Any] = {"subscription": subscription}
        given |= {"amount": self.amount(account_id, amount), "rollover_cap": cap, "item": item}
        given |= period.on(self.twin.model)
        if number is not None:
            given["payment"] = self.payment_name(account_id, number)
            if price is not None:
                given |= {"amount_paid": price, "currency": "eur"}
        self.make("renew_subscription", account_id, tail, **given)

    @step(
        5,
        account_id=choices.accounts,
        number=choices.numbers,
        price=choices.prices,
        returned=st.sampled_from([None, None, 0, 3, 50, 100, 1000]),
        basket=choices.baskets,
        tail=choices.tails,
    )
    def record_payment(
        self,
        *,
        account_id: str,
        number: int,
        price: int | None,
        returned: int | None,
        basket: list[Bought],
        tail: dict[str, Any],
    ) -> None:
        account = self.account(account_id)
        self.make(
            "record_payment",
            account_id,
            tail,
            payment=self.payment_name(account_id, number),
            amount_paid=price,
            currency="eur",
            grants=[one.on(account, self.twin.model) for one in basket],
            provider="bank" if number == 1 else "manual",
            amount_returned=returned,
        )

    @step(
        10,
        nth=choices.numbers,
        moves=st.lists(choices.targets, min_size=1, max_size=3),
        tail=choices.tails,
    )
    def clawback_credits(self, nth: int, moves: list[Target], tail: dict[str, Any]) -> None:
        for target in moves if self.payments() else []:
            payments = self.payments()
            account_id, payment = payments[nth % len(payments)]
            self.make(
                "clawback_credits",
                account_id,
                tail,
                payment=payment.name,
                provider=payment.provider,
                **target.on(payment, self.account(account_id)),
            )

    @step(
        14,
        account_id=choices.accounts,
        may_be_empty=st.sampled_from([False, False, False, False, True]),
        amounts=st.lists(choices.spent, min_size=1, max_size=4),
        feature=st.sampled_from([None, None, "chat"]),
        tail=choices.tails,
    )
    def deduct_credit(
        self,
        *,
        account_id: str,
        may_be_empty: bool,
        amounts: list[Amount],
        feature: str | None,
        tail: dict[str, Any],
    ) -> None:
        if not may_be_empty and not self.available(account_id):
            account_id = max(["ann", "bob", "cid"], key=self.available)
        given: dict[str, Any] = {} if feature is None else {"feature": feature}
        for amount in amounts:
            given["amount"] = self.amount(account_id, amount)
            self.make("deduct_credit", account_id, tail, **given)

    @step(
        10,
        nth=choices.numbers,
        amounts=st.lists(st.none() | choices.spent, min_size=1, max_size=2),
        by_key=st.booleans(),
        if_expired=st.sampled_from(["grace", "grace", "lapse", None]),
        tail=choices.tails,
    )
    def refund_spend(
        self,
        *,
        nth: int,
        amounts: list[Amount | None],
        by_key: bool,
        if_expired: str | None,
        tail: dict[str, Any],
    ) -> None:
        spends = self.spends()
        if not spends:
            return
        account_id, spend = spends[nth % len(spends)]
        given: dict[str, Any] = {"if_expired": if_expired, "entry_id": spend.entry_id}
        if by_key and spend.key is not None:
            given = {"if_expired": if_expired, "spend_key": spend.key}
        for amount in amounts:
            if amount is not None:
                rest = -spend.amount - self.refunded(account_id, spend)
                given["amount"] = min(self.amount(account_id, amount), rest + 1)
            self.make("refund_spend", account_id, tail, **given)

    def refunded(self, account_id: str, spend: Entry) -> int:
        entries = self.account(account_id).entries
        return sum(entry.amount for entry in entries if entry.reverses == spend.entry_id)

    @step(
        2,
        account_id=choices.accounts,
        subscription=st.none() | choices.subscriptions,
        tail=choices.tails,
    )
    def expire_subscription_credits(
        self, account_id: str, subscription: str | None, tail: dict[str, Any]
    ) -> None:
        given = {} if subscription is None else {"subscription": subscription}
        self.make("expire_subscription_credits", account_id, tail, **given)

    @step(3, limit=st.sampled_from([1, 2, 1000]))
    def expire_due(self, limit: int) -> None:
        self.twin.sweep(limit)

    @step(
        6, nth=st.integers(0, 20), change=st.sampled_from(_CHANGES), more=st.sampled_from([0, 0, 1])
    )
    def repeat(self, nth: int, change: dict[str, Any], more: int) -> None:
        """A replay, or nearly one: a key or a payment that is used for another request."""
        made = self.calls[-1 - nth % len(self.calls)].but(**change)
        if more and made.arguments.get("amount"):
            made = made.but(amount=made.arguments["amount"] + more)
        self.twin.make(made)

    @step(4, account_id=choices.accounts, wrong=st.sampled_from(WRONG))
    def call_wrongly(self, account_id: str, wrong: Call) -> None:
        account_id = wrong.arguments.get("account_id", account_id)
        self.twin.make(wrong.but(account_id=account_id))
