"""Steps that move credits between accounts, and one that erases what was said beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.steps import Table, step

if TYPE_CHECKING:
    from tests.model.choices import Amount, Bought, Target

_SELDOM = st.sampled_from([*[False] * 9, True])
_PAIRS = st.sampled_from(
    [("ann", "bob"), ("ann", "bob"), ("bob", "ann"), ("ann", "cid"), ("cid", "ann"), ("bob", "cid")]
)


class Moving(Table):
    """Transfers in all directions; merges mostly into the account that the search works on."""

    @step(
        7,
        accounts=_PAIRS,
        amount=choices.spent,
        pool=choices.weighted((4, st.none()), (1, choices.pools)),
        to_oneself=_SELDOM,
        without_key=_SELDOM,
        tail=choices.tails,
    )
    def transfer_credits(
        self,
        *,
        accounts: tuple[str, str],
        amount: Amount,
        pool: str | None,
        to_oneself: bool,
        without_key: bool,
        tail: dict[str, Any],
    ) -> None:
        giver, receiver = accounts
        if not self.available(giver):
            giver, receiver = receiver, giver
        given: dict[str, Any] = {} if pool is None else {"pool": pool}
        if not without_key:
            tail = {"idempotency_key": "new"} | tail
        self.make(
            "transfer_credits",
            giver,
            tail,
            to_account_id=giver if to_oneself else receiver,
            amount=self.amount(giver, amount),
            **given,
        )

    @step(
        4,
        accounts=st.sampled_from(
            [("bob", "ann"), ("bob", "ann"), ("cid", "ann"), ("cid", "bob"), ("ann", "bob")]
        ),
        if_holds=st.sampled_from([None, "refuse", "release", "release"]),
        to_itself=_SELDOM,
        basket=choices.baskets,
        spent=choices.spent,
        refunded=choices.numbers,
        targets=st.tuples(choices.targets, choices.targets),
        tail=choices.tails,
    )
    def merge_accounts(
        self,
        *,
        accounts: tuple[str, str],
        if_holds: str | None,
        to_itself: bool,
        basket: list[Bought],
        spent: Amount,
        refunded: int,
        targets: tuple[Target, Target],
        tail: dict[str, Any],
    ) -> None:
        """Merge an account with a past, and give back what it has spent and what was paid for it.

        A merge is for good; a savepoint lets the search come back to before it.
        """
        guest, into = accounts
        if self.twin.depth < 3:
            self.twin.save()
        if self.account(guest).merged_into is None and not self.account(guest).payments:
            grants = [one.on(self.account(guest), self.twin.model) for one in basket]
            self.make(
                "record_payment",
                guest,
                {},
                payment=self.payment_name(guest, 9),
                amount_paid=100,
                currency="eur",
                grants=grants,
            )
            self.make("deduct_credit", guest, {}, amount=self.amount(guest, spent))
        self._return_money(guest, targets[0])
        self.make(
            "merge_accounts",
            guest,
            tail,
            into_account_id=guest if to_itself else into,
            if_holds=if_holds,
        )
        spends = [entry for name, entry in self.spends() if name == guest]
        if spends:
            spend = spends[refunded % len(spends)]
            self.make("refund_spend", guest, {}, entry_id=spend.entry_id, amount=1)
            self.make("refund_spend", guest, {}, entry_id=spend.entry_id)
        self._return_money(guest, targets[1])

    def _return_money(self, account_id: str, target: Target) -> None:
        """Take the newest payment of the account back, or a part of it."""
        account = self.account(account_id)
        for payment in [*account.payments.values()][-1:]:
            self.make(
                "clawback_credits",
                account_id,
                {},
                payment=payment.name,
                provider=payment.provider,
                **target.on(payment, account),
            )

    @step(1, account_id=choices.accounts, tail=choices.tails)
    def erase_metadata(self, account_id: str, tail: dict[str, Any]) -> None:
        said = {name: value for name, value in tail.items() if name != "metadata"}
        self.make("erase_metadata", account_id, said, reason="request")
        # Entries of before are compared again.
        self.twin.compare_all()
