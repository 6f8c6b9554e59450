"""Steps that open accounts and bring credits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.steps import Table, step

if TYPE_CHECKING:
    from tests.model.choices import Amount, Bought, Moment


class Granting(Table):
    """One step for each function that grants."""

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
