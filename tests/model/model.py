"""All accounts, and the commands that can be given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.model.administration import (
    adjust_balance,
    close_account,
    erase_metadata,
    freeze_account,
    repair_account,
    unfreeze_account,
)
from tests.model.batches import deduct_credits_batch
from tests.model.expiry import expire_due, expire_subscription_credits
from tests.model.features import (
    Offer,
    capture_feature,
    define_feature,
    hold_feature,
    set_rate_card,
    use_feature,
)
from tests.model.grants import (
    add_purchased_credits,
    add_subscription_credits,
    grant_credits,
    open_account,
    record_payment,
    renew_subscription,
)
from tests.model.holds import capture_hold, extend_hold, hold_credits, release_hold
from tests.model.laws import uphold_together
from tests.model.members import set_member_cap
from tests.model.merging import merge_accounts
from tests.model.money_back import clawback_credits
from tests.model.spends import deduct_credit, refund_spend
from tests.model.state import Account, Settings
from tests.model.subscriptions import (
    cancel_subscription,
    change_subscription,
    grant_due,
    set_subscription_status,
    start_trial,
)
from tests.model.transfers import transfer_credits

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.model.call import Call

COMMANDS: dict[str, Callable[..., Any]] = {
    command.__name__: command
    for command in (
        open_account,
        grant_credits,
        add_purchased_credits,
        add_subscription_credits,
        renew_subscription,
        record_payment,
        start_trial,
        change_subscription,
        cancel_subscription,
        set_subscription_status,
        grant_due,
        clawback_credits,
        deduct_credit,
        deduct_credits_batch,
        refund_spend,
        hold_credits,
        capture_hold,
        release_hold,
        extend_hold,
        set_member_cap,
        define_feature,
        set_rate_card,
        use_feature,
        hold_feature,
        capture_feature,
        freeze_account,
        unfreeze_account,
        close_account,
        adjust_balance,
        transfer_credits,
        merge_accounts,
        erase_metadata,
        repair_account,
        expire_subscription_credits,
        expire_due,
    )
}

_BETWEEN = {"transfer_credits", "merge_accounts", "refund_spend"}
"""The commands that may move credits between accounts."""


@dataclass(slots=True)
class Model:
    """Accounts and features by name; names of payments and keys of trials, unique over all."""

    settings: Settings = field(default_factory=Settings)
    now: datetime = datetime(2030, 1, 1, tzinfo=UTC)
    accounts: dict[str, Account] = field(default_factory=dict)
    names: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    trial_keys: set[str] = field(default_factory=set)
    features: dict[str, Offer] = field(default_factory=dict)

    def make(self, call: Call) -> Any:
        """Answer the call as the database must, or raise its `Refusal`; then nothing changed."""
        answer = COMMANDS[call.function](self, **call.arguments)
        if call.function in _BETWEEN:
            uphold_together(self.accounts)
        return answer

    def copy(self) -> Model:
        """The same state for other commands to go on from."""
        return Model(
            self.settings,
            self.now,
            dict(self.accounts),
            dict(self.names),
            set(self.trial_keys),
            dict(self.features),
        )

    def account(self, account_id: str) -> Account:
        """The account, or an empty one that has no status if nobody has heard of it."""
        return self.accounts.get(account_id) or Account(account_id)

    def chain(self, account_id: str) -> list[str]:
        """The account and those that it was merged into; the last one has its credits now."""
        chain: list[str] = []
        following: str | None = account_id
        while following is not None:
            chain.append(following)
            following = self.account(following).merged_into
        return chain

    def booked_first(self, account_id: str, entry_id: int) -> tuple[str, int]:
        """Where a lot or payment was booked that came with a merge; else just there."""
        account = self.accounts[account_id]
        one = account.lots.get(entry_id) or account.payments.get(entry_id)
        paid = account.payments.get(entry_id)
        was = (paid and paid.was) or (one and one.was)
        return self.booked_first(*was) if was else (account_id, entry_id)
