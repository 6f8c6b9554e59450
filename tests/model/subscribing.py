"""Steps about subscriptions: their periods, trials, changes and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.call import Call
from tests.model.choices import DAY, HOUR, PERIOD, US, Period
from tests.model.steps import Table, step

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.model.choices import Amount, Moment

_NAMES = st.tuples(choices.accounts, choices.subscriptions, st.sampled_from([None, None, "seat"]))


class Subscribing(Table):
    """One step for each function about subscriptions; most are about one that is there."""

    def there(self, nth: int, otherwise: tuple[str, str, str | None]) -> dict[str, Any]:
        """Account, subscription and item that exist, or the names given."""
        known = [
            (account_id, name, item or None)
            for account_id, account in self.twin.model.accounts.items()
            for name, one in account.subscriptions.items()
            for item in one.items
        ]
        names = known[nth % len(known)] if known and nth % 8 else otherwise
        return dict(zip(("account_id", "subscription", "item"), names, strict=True))

    @step(
        6,
        account_id=choices.accounts,
        subscription=choices.subscriptions,
        amount=choices.granted,
        period=choices.periods,
        cap=choices.caps,
        item=st.sampled_from([None, None, "seat"]),
        plan=choices.plans,
        grant_every=choices.schedules,
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
        plan: str | None,
        grant_every: timedelta | str | None,
        price: int | None,
        number: int | None,
        tail: dict[str, Any],
    ) -> None:
        given: dict[str, Any] = {"subscription": subscription}
        given |= {"amount": self.amount(account_id, amount), "rollover_cap": cap, "item": item}
        given |= period.on(self.twin.model)
        if plan is not None:
            given["plan"] = plan
        if grant_every is not None:
            given["grant_every"] = grant_every
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
        grant_every=choices.schedules,
        delay=st.sampled_from([-DAY, -US, 0 * US, US, HOUR, DAY, 3 * DAY, 3 * DAY + US, 7 * DAY]),
    )
    def live_through_periods(
        self,
        *,
        account_id: str,
        subscription: str,
        amounts: list[Amount],
        cap: int | None,
        grant_every: timedelta | str | None,
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
                grant_every=grant_every,
            )

    @step(
        3,
        account_id=choices.accounts,
        subscription=choices.subscriptions,
        amount=choices.granted,
        trial_end=choices.ends,
        item=st.sampled_from([None, None, "seat"]),
        plan=choices.plans,
        trial_key=st.sampled_from([None, None, "card-1", "card-2"]),
        tail=choices.tails,
    )
    def start_trial(
        self,
        *,
        account_id: str,
        subscription: str,
        amount: Amount,
        trial_end: Moment,
        item: str | None,
        plan: str | None,
        trial_key: str | None,
        tail: dict[str, Any],
    ) -> None:
        self.make(
            "start_trial",
            account_id,
            tail,
            subscription=subscription,
            amount=self.amount(account_id, amount),
            trial_end=self.moment(account_id, trial_end),
            item=item,
            plan=plan,
            trial_key=trial_key,
        )

    @step(
        8,
        nth=st.integers(0, 20),
        names=_NAMES,
        factor=st.sampled_from([0, 0.5, 1, 1, 2, 3]),
        policy=st.sampled_from([None, None, "difference", "full", "none"]),
        when=st.sampled_from(["now", "now", "now", "period_end"]),
        plan=choices.plans,
        price=choices.prices,
        number=st.none() | st.none() | st.integers(20, 29),
        tail=choices.tails,
    )
    def change_subscription(
        self,
        *,
        nth: int,
        names: tuple[str, str, str | None],
        factor: float,
        policy: str | None,
        when: str,
        plan: str | None,
        price: int | None,
        number: int | None,
        tail: dict[str, Any],
    ) -> None:
        given = self.there(nth, names)
        account_id = given.pop("account_id")
        known = self.account(account_id).subscriptions.get(given["subscription"])
        item = known.items.get(given["item"] or "") if known else None
        given["amount"] = min(int((item.amount if item else 10) * factor), 2**53 - 1)
        given |= {"policy": policy, "when": when}
        if plan is not None:
            given["plan"] = plan
        if number is not None and when == "now":
            given["payment"] = self.payment_name(account_id, number)
            if price is not None:
                given |= {"amount_paid": price, "currency": "eur"}
        self.make("change_subscription", account_id, tail, **given)

    @step(
        5,
        nth=st.integers(0, 20),
        names=_NAMES,
        when=st.sampled_from(["period_end", "period_end", None, "now", "never", "never"]),
        tail=choices.tails,
    )
    def cancel_subscription(
        self,
        nth: int,
        names: tuple[str, str, str | None],
        when: str | None,
        tail: dict[str, Any],
    ) -> None:
        given = self.there(nth, names)
        del given["item"]
        self.make("cancel_subscription", given.pop("account_id"), tail, when=when, **given)

    @step(
        6,
        nth=st.integers(0, 20),
        names=_NAMES,
        status=st.sampled_from(["past_due", "paused", "active", "active"]),
        tail=choices.tails,
    )
    def set_subscription_status(
        self, nth: int, names: tuple[str, str, str | None], status: str, tail: dict[str, Any]
    ) -> None:
        given = self.there(nth, names)
        del given["item"]
        self.make("set_subscription_status", given.pop("account_id"), tail, status=status, **given)

    @step(3, limit=st.sampled_from([1, 2, 1000]))
    def grant_due(self, limit: int) -> None:
        self.twin.make(Call("grant_due", {"limit": limit}))
