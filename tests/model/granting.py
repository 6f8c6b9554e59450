"""Steps that open accounts and bring credits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.choices import DAY, HOUR, PERIOD, US, Period
from tests.model.steps import Table, step

if TYPE_CHECKING:
    from datetime import timedelta

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
        4,
        account_id=choices.accounts,
        subscription=choices.subscriptions,
        amounts=st.lists(choices.granted, min_size=2, max_size=3),
        cap=choices.caps,
        delay=st.sampled_from([-DAY, -US, 0 * US, US, HOUR, DAY, 3 * DAY, 3 * DAY + US, 7 * DAY]),
    )
    def live_through_periods(
        self,
        *,
        account_id: str,
        subscription: str,
        amounts: list[Amount],
        cap: int | None,
        delay: timedelta,
    ) -> None:
        """Period after period, each renewed a little early or late; none is used up."""
        start = Period(0).on(self.twin.model)["period_start"]
        for number, amount in enumerate(amounts):
            begins = start + number * PERIOD
            if number:
                self.twin.at(max(begins + delay, self.twin.model.now))
            self.make(
                "renew_subscription",
                account_id,
                {},
                subscription=subscription,
                amount=self.amount(account_id, amount),
                period_start=begins,
                period_end=begins + PERIOD,
                rollover_cap=cap,
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
