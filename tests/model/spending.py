"""Steps that spend credits, give them back, take them back and end them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.call import Call
from tests.model.choices import US
from tests.model.state import NEVER, later
from tests.model.steps import Table, step

if TYPE_CHECKING:
    from tests.model.choices import Amount, Target
    from tests.model.state import Entry


class Spending(Table):
    """Several calls in one step, since what is spent and clawed in a row shows most."""

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
        use=choices.uses,
        tail=choices.tails,
    )
    def deduct_credit(
        self,
        *,
        account_id: str,
        may_be_empty: bool,
        amounts: list[Amount],
        use: dict[str, Any],
        tail: dict[str, Any],
    ) -> None:
        if not may_be_empty and not self.available(account_id):
            account_id = max(["ann", "bob", "cid"], key=self.available)
        for amount in amounts:
            given = {**use, "amount": self.amount(account_id, amount)}
            self.make("deduct_credit", account_id, tail, **given)

    @step(
        8,
        wanted=st.lists(
            st.tuples(choices.accounts, choices.spent, choices.uses, choices.tails),
            min_size=1,
            max_size=6,
        ),
        repeats=st.sampled_from([False, False, True]),
        all_or_nothing=st.sampled_from([False, False, False, True]),
    )
    def deduct_credits_batch(
        self,
        *,
        wanted: list[tuple[str, Amount, dict[str, Any], dict[str, Any]]],
        repeats: bool,
        all_or_nothing: bool,
    ) -> None:
        """Spends of several accounts, and now and then one that was made before."""
        operations = [
            {
                "account_id": account_id,
                **self.with_key({"idempotency_key": "new", **tail}),
                **use,
                "amount": self.amount(account_id, amount),
            }
            for account_id, amount, use, tail in wanted
        ]
        earlier = [made for made in self.calls if made.function == "deduct_credit" and made.key]
        if repeats and earlier:
            operations.insert(len(operations) // 2, dict(earlier[-1].arguments))
        given = {"operations": operations, "all_or_nothing": all_or_nothing}
        made = Call("deduct_credits_batch", given)
        self.calls.append(made)
        self.twin.make(made)

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

    @step(
        4,
        account_id=choices.accounts,
        targets=st.lists(choices.targets, min_size=2, max_size=3),
        amounts=st.lists(choices.granted, min_size=1, max_size=3),
        pool=choices.pools,
    )
    def run_into_debt(
        self, *, account_id: str, targets: list[Target], amounts: list[Amount], pool: str
    ) -> None:
        """Spend all, lose the money of several payments, and earn some credits after that."""
        account_id = max([account_id, "ann"], key=self.available)
        if self.available(account_id):
            self.make("deduct_credit", account_id, {}, amount=self.available(account_id))
        payments = [payment for owner, payment in self.payments() if owner == account_id]
        for target, payment in zip(targets, payments, strict=False):
            given: dict[str, Any] = {"payment": payment.name, "provider": payment.provider}
            given |= target.on(payment, self.account(account_id))
            self.make("clawback_credits", account_id, {}, **given)
        for amount in amounts:
            given = {"amount": self.amount(account_id, amount), "pool": pool}
            self.make("grant_credits", account_id, {}, **given)

    @step(
        5,
        nth=choices.numbers,
        grace=st.booleans(),
        plus=st.sampled_from([timedelta(), timedelta(), -US, US]),
        amount=st.none() | choices.spent,
        if_expired=st.sampled_from(["grace", "grace", "lapse"]),
    )
    def refund_at_the_end(
        self,
        *,
        nth: int,
        grace: bool,
        plus: timedelta,
        amount: Amount | None,
        if_expired: str,
    ) -> None:
        """Refund a spend when the last lot it took from ends, or when its grace does."""
        spends = self.spends()
        if not spends:
            return
        account_id, spend = spends[nth % len(spends)]
        if not spend.parts:
            return
        lot = self.account(account_id).lots[spend.parts[-1][0]]
        end = later(lot.expires_at, self.twin.model.settings.refund_grace if grace else 0 * US)
        if end != NEVER and end + plus >= self.twin.model.now:
            self.twin.at(end + plus)
        self.refund_spend(nth=nth, amounts=[amount], by_key=False, if_expired=if_expired, tail={})

    def refunded(self, account_id: str, spend: Entry) -> int:
        entries = self.account(account_id).entries
        return sum(entry.amount for entry in entries if entry.about == spend.entry_id)

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
