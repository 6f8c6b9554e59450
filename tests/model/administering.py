"""Steps of administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.damage import FAULTS
from tests.model.state import MOST
from tests.model.steps import Table, step

if TYPE_CHECKING:
    from tests.model.choices import Amount, Moment
    from tests.model.damage import Fault

_REASONS = st.sampled_from(["fraud", "request"])


class Administering(Table):
    """One step for each function of administrators. What freezes an account soon unfreezes it."""

    @step(1, account_id=choices.accounts, reason=_REASONS, tail=choices.tails)
    def freeze_account(self, account_id: str, reason: str, tail: dict[str, Any]) -> None:
        self.make("freeze_account", account_id, tail, reason=reason)

    @step(2, account_id=choices.accounts, reason=_REASONS, tail=choices.tails)
    def unfreeze_account(self, account_id: str, reason: str, tail: dict[str, Any]) -> None:
        frozen = [name for name, one in self.twin.model.accounts.items() if one.status == "frozen"]
        self.make("unfreeze_account", [*frozen, account_id][0], tail, reason=reason)

    @step(
        1,
        account_id=st.sampled_from(["cid", "cid", "cid", "bob", "ann"]),
        if_credits=st.sampled_from([None, "refuse", "forfeit"]),
        is_undone=st.booleans(),
        tail=choices.tails,
    )
    def close_account(
        self, *, account_id: str, if_credits: str | None, is_undone: bool, tail: dict[str, Any]
    ) -> None:
        """Closing is for good, so it is mostly rolled back where it would end the search."""
        if is_undone or account_id == "ann":
            self.twin.save()
        self.make("close_account", account_id, tail, reason="left", if_credits=if_credits)
        if is_undone or account_id == "ann":
            self.twin.undo()

    @step(1, account_id=choices.accounts, reason=_REASONS, tail=choices.tails)
    def repair_account(self, account_id: str, reason: str, tail: dict[str, Any]) -> None:
        self.make("repair_account", account_id, tail, reason=reason, person="eve")

    @step(3, account_id=choices.accounts, fault=st.sampled_from(FAULTS), nth=choices.numbers)
    def damage_and_repair(self, account_id: str, fault: Fault, nth: int) -> None:
        """Whatever the account has been through, its entries tell what somebody has changed."""
        for name in dict.fromkeys([account_id, *self.twin.model.accounts]):
            if self.twin.damage(name, fault, nth):
                self.make("repair_account", name, {}, reason="damage", person="eve")
                break

    @step(
        4,
        account_id=choices.accounts,
        amount=choices.spent,
        says=st.sampled_from(["less", "less", "more", "target"]),
        pool=st.none() | choices.pools,
        expires=choices.expiries,
        tail=choices.tails,
    )
    def adjust_balance(
        self,
        *,
        account_id: str,
        amount: Amount,
        says: str,
        pool: str | None,
        expires: Moment | None,
        tail: dict[str, Any],
    ) -> None:
        figure = self.amount(account_id, amount)
        given: dict[str, Any] = {"reason": "goodwill", "person": "eve"}
        if says == "target":
            given["target"] = min(figure, MOST) - 1
        else:
            given["difference"] = -figure if says == "less" else figure
        if pool is not None:
            given["pool"] = pool
        if expires is not None:
            given["expires_at"] = self.moment(account_id, expires)
        self.make("adjust_balance", account_id, tail, **given)
