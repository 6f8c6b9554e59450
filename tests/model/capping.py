"""Steps about members of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.choices import DAY, US
from tests.model.steps import Table, step
from tests.model.usage import PERIODS, used, window

if TYPE_CHECKING:
    from datetime import timedelta

_MEMBERS = st.sampled_from(["max", "mia"])


class Capping(Table):
    """Caps close to what is used, and spends close to what they leave."""

    @step(
        6,
        account_id=choices.accounts,
        member=_MEMBERS,
        period=st.sampled_from(PERIODS),
        plus=st.sampled_from([None, -5, 0, 1, 20, 20, 60]),
        tail=choices.tails,
    )
    def set_member_cap(
        self,
        *,
        account_id: str,
        member: str,
        period: str,
        plus: int | None,
        tail: dict[str, Any],
    ) -> None:
        """A little more than is used by now, or less, or no cap."""
        account = self.account(account_id)
        now = window(account, period, self.twin.model.now)
        cap = None if plus is None else max(used(account, member, now) + plus, 0)
        self.make("set_member_cap", account_id, tail, member=member, period=period, cap=cap)

    @step(
        8,
        nth=choices.numbers,
        plus=st.sampled_from([0, 0, 1, -1]),
        step=st.sampled_from([None, None, -US, 0 * DAY]),
        does=st.sampled_from(["deduct_credit", "hold_credits"]),
        tail=choices.tails,
    )
    def use_what_a_cap_leaves(
        self, *, nth: int, plus: int, step: timedelta | None, does: str, tail: dict[str, Any]
    ) -> None:
        """Use what is left, now or at the end of the period."""
        caps = [
            (account_id, member, period, cap)
            for account_id, account in self.twin.model.accounts.items()
            for (member, period), cap in account.caps.items()
        ]
        if not caps:
            return
        account_id, member, period, cap = caps[nth % len(caps)]
        account = self.account(account_id)
        _, end = window(account, period, self.twin.model.now)
        if step is not None and end.year < 2040:
            self.twin.at(max(end + step, self.twin.model.now))
        left = cap - used(account, member, window(account, period, self.twin.model.now))
        self.make(does, account_id, tail, amount=max(left + plus, 1), member=member)
