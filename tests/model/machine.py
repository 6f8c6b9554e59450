"""Random steps on a `Twin`: every command, in any order, close to every edge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.model import choices
from tests.model.administering import Administering
from tests.model.capping import Capping
from tests.model.choices import DAY, HOUR, US, Amount, Bought, Moment
from tests.model.granting import Granting
from tests.model.holding import Holding
from tests.model.moving import Moving
from tests.model.spending import Spending
from tests.model.steps import Step, any_step, step
from tests.model.subscribing import Subscribing
from tests.model.using import Using
from tests.model.wrong import WRONG

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.model.call import Call

_GRACES = st.sampled_from([3 * DAY, 7 * DAY, DAY, US, 0 * DAY])
_HOLD_TIMES = st.sampled_from([DAY, HOUR, US])
_CHANGES: list[dict[str, Any]] = [
    {},
    {},
    {"metadata": {"note": "again"}},
    {"reference": "order-9"},
    {"idempotency_key": "key-a"},
]


class Search(Granting, Subscribing, Spending, Holding, Using, Capping, Moving, Administering):
    """All steps: the commands, what is repeated or wrong, and what happens around the calls."""

    @rule(step=any_step())
    def take(self, step: Step) -> None:
        getattr(self, step.name)(**step.given)

    @initialize(
        renewal=_GRACES,
        refund=_GRACES,
        patience=_HOLD_TIMES,
        stock=st.lists(st.tuples(choices.baskets, choices.prices), min_size=1, max_size=3),
    )
    def begin(
        self,
        renewal: timedelta,
        refund: timedelta,
        patience: timedelta,
        stock: list[tuple[list[Bought], int]],
    ) -> None:
        settings = self.twin.model.settings
        settings = replace(settings, renewal_grace=renewal, refund_grace=refund, hold_time=patience)
        self.twin.configure(settings)
        self.offer()
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

    @step(
        5,
        account_id=choices.accounts,
        step=choices.steps,
        amount=st.sampled_from(["one", "all", "all", "more"]),
    )
    def tick_and_spend(self, account_id: str, step: Moment, amount: str) -> None:
        """What is seen right after the clock moved is also what can be spent."""
        self.twin.at(self.moment(account_id, step))
        available = self.available(account_id)
        amounts = {"one": 1, "all": max(available, 1), "more": available + 1}
        self.make("deduct_credit", account_id, {}, amount=amounts[amount])

    @step(
        2,
        nth=choices.numbers,
        closes=st.sampled_from([False, False, True]),
        change=st.sampled_from(_CHANGES),
        amount=choices.spent,
    )
    def call_while_frozen(
        self, *, nth: int, closes: bool, change: dict[str, Any], amount: Amount
    ) -> None:
        """Make a call of before again, and a spend, while the account is frozen or closed.

        A closed account stays closed, so that is rolled back.
        """
        repeated = self.calls[-1 - nth % len(self.calls)]
        account_id = repeated.accounts[0]
        if closes:
            self.twin.save()
            self.make("close_account", account_id, {}, reason="left", if_credits="forfeit")
        else:
            self.make("freeze_account", account_id, {}, reason="fraud")
        self.make("deduct_credit", account_id, {}, amount=self.amount(account_id, amount))
        self.twin.make(repeated.but(**change))
        if closes:
            self.twin.undo()
        else:
            self.make("unfreeze_account", account_id, {}, reason="cleared")

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

    @step(3, nth=st.integers(0, 60), step=st.sampled_from([-US, 0 * US, US]))
    def look_back(self, nth: int, step: timedelta) -> None:
        self.twin.look_back(nth, step)

    @step(2, nth=st.integers(0, 60))
    def recall(self, nth: int) -> None:
        self.twin.recall(nth)

    @step(3, limit=st.sampled_from([1, 2, 1000]))
    def expire_due(self, limit: int) -> None:
        self.twin.sweep(limit)

    @step(2, limit=st.sampled_from([3, 1000]))
    def seal_due(self, limit: int) -> None:
        self.twin.seal(limit)

    @step(
        6, nth=st.integers(0, 20), change=st.sampled_from(_CHANGES), more=st.sampled_from([0, 0, 1])
    )
    def repeat(self, nth: int, change: dict[str, Any], more: int) -> None:
        """A replay, or nearly one: a key or a payment that is used for another request."""
        made = self.calls[-1 - nth % len(self.calls)]
        if made.function != "erase_metadata" or "metadata" not in change:  # which it has not
            made = made.but(**change)
        if more and made.account and made.arguments.get("amount"):
            made = made.but(amount=made.arguments["amount"] + more)
        self.twin.make(made)

    @step(4, account_id=choices.accounts, wrong=st.sampled_from(WRONG))
    def call_wrongly(self, account_id: str, wrong: Call) -> None:
        named = {"account_id": account_id, **wrong.arguments}
        self.twin.make(wrong if "operations" in named else wrong.but(**named))
