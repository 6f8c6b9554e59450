"""Steps that hold credits and end holds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.choices import US
from tests.model.steps import Table, step

if TYPE_CHECKING:
    from tests.model.choices import Amount, Captured, Patience, Target

_ENDS = st.sampled_from(
    ["capture_hold", "release_hold", "extend_hold", "deduct_credit", "sweep", "grant_credits"]
)
_RARELY = st.sampled_from([False, False, False, False, True])


class Holding(Table):
    """One step for each function of holds, and what happens to a hold meanwhile."""

    @step(
        8,
        account_id=choices.accounts,
        amounts=st.lists(choices.spent, min_size=1, max_size=3),
        patience=choices.patience,
        use=choices.uses,
        tail=choices.tails,
    )
    def hold_credits(
        self,
        *,
        account_id: str,
        amounts: list[Amount],
        patience: Patience | None,
        use: dict[str, Any],
        tail: dict[str, Any],
    ) -> None:
        if not self.available(account_id):
            account_id = max(["ann", "bob", "cid"], key=self.available)
        for amount in amounts:
            given = {**use, "amount": self.amount(account_id, amount)}
            self.make("hold_credits", account_id, tail, **given, **self._time(account_id, patience))

    @step(
        12,
        nth=choices.numbers,
        amount=choices.spent,
        use=choices.uses,
        is_late=_RARELY,
        amounts=st.lists(choices.captured, min_size=1, max_size=3),
        is_final=st.sampled_from([None, True, True, False, False]),
        if_short=st.sampled_from([None, "refuse", "partial", "partial"]),
        is_repeated=_RARELY,
        tail=choices.tails,
    )
    def capture_hold(
        self,
        *,
        nth: int,
        amount: Amount,
        use: dict[str, Any],
        is_late: bool,
        amounts: list[Captured],
        is_final: bool | None,
        if_short: str | None,
        is_repeated: bool,
        tail: dict[str, Any],
    ) -> None:
        """Capture what there is, or a new hold. All but the last capture leave it open."""
        if not is_late and not self.live_holds():
            account_id = max(["ann", "bob", "cid"], key=self.available)
            self.make(
                "hold_credits",
                account_id,
                tail,
                amount=self.amount(account_id, amount),
                **use,
            )
        holds = self.holds() if is_late else self.live_holds()
        if not holds:
            return
        account_id, hold = holds[nth % len(holds)]
        given: dict[str, Any] = {"hold_id": hold.hold_id}
        if if_short is not None:
            given["if_short"] = if_short
        for number, captured in enumerate(amounts, start=1):
            account = self.account(account_id)
            figure = captured.on(account.holds[hold.hold_id], account, self.twin.model)
            final = is_final if number == len(amounts) else False
            said = {} if final is None else {"final": final}
            self.make("capture_hold", account_id, tail, **given, **figure, **said)
        if is_repeated:
            self.twin.make(self.calls[-1])

    @step(
        4,
        nth=choices.numbers,
        is_late=_RARELY,
        plus=st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1]),
        tail=choices.tails,
    )
    def release_hold(self, *, nth: int, is_late: bool, plus: int, tail: dict[str, Any]) -> None:
        holds = self.holds() if is_late else self.live_holds()
        if holds:
            account_id, hold = holds[nth % len(holds)]
            self.make("release_hold", account_id, tail, hold_id=max(hold.hold_id + plus, 1))

    @step(
        4,
        nth=choices.numbers,
        is_late=_RARELY,
        patience=choices.patience,
        tail=choices.tails,
    )
    def extend_hold(
        self, *, nth: int, is_late: bool, patience: Patience | None, tail: dict[str, Any]
    ) -> None:
        holds = self.holds() if is_late else self.live_holds()
        if holds:
            account_id, hold = holds[nth % len(holds)]
            given = self._time(account_id, patience)
            self.make("extend_hold", account_id, tail, hold_id=hold.hold_id, **given)

    @step(
        8,
        nth=choices.numbers,
        plus=st.sampled_from([timedelta(), timedelta(), -US, US, choices.HOUR, choices.DAY]),
        does=_ENDS,
        captured=choices.captured,
    )
    def come_at_the_deadline(
        self, *, nth: int, plus: timedelta, does: str, captured: Captured
    ) -> None:
        """End a hold, or do something else, when its deadline comes or shortly after."""
        holds = [(owner, hold) for owner, hold in self.holds() if hold.status == "open"]
        if not holds:
            return
        account_id, hold = holds[nth % len(holds)]
        self.twin.at(max(hold.expires_at + plus, self.twin.model.now))
        account = self.account(account_id)
        if does == "sweep":
            self.twin.sweep(1)
        elif does == "capture_hold":
            amount = captured.on(hold, account, self.twin.model)
            self.make(does, account_id, {}, hold_id=hold.hold_id, **amount)
        elif does in {"release_hold", "extend_hold"}:
            self.make(does, account_id, {}, hold_id=hold.hold_id)
        else:
            amount = {"amount": max(1, self.available(account_id) + account.held)}
            self.make(does, account_id, {}, **amount)

    @step(
        5,
        nth=choices.numbers,
        amount=choices.spent,
        targets=st.lists(choices.targets, min_size=1, max_size=3),
        captured=choices.captured,
        does=_ENDS,
    )
    def lose_the_money_meanwhile(
        self, *, nth: int, amount: Amount, targets: list[Target], captured: Captured, does: str
    ) -> None:
        """Hold, take payments back that the hold draws on, then end it in one way or another."""
        payments = self.payments()
        if not payments:
            return
        account_id, _ = payments[nth % len(payments)]
        self.make("hold_credits", account_id, {}, amount=self.amount(account_id, amount))
        own = [payment for owner, payment in payments if owner == account_id]
        for target, payment in zip(targets, own, strict=False):
            given: dict[str, Any] = {"payment": payment.name, "provider": payment.provider}
            given |= target.on(payment, self.account(account_id))
            self.make("clawback_credits", account_id, {}, **given)
        self.come_at_the_deadline(nth=nth, plus=-US, does=does, captured=captured)

    def _time(self, account_id: str, patience: Patience | None) -> dict[str, timedelta]:
        if patience is None:
            return {}
        return {"expires_in": patience.on(self.account(account_id), self.twin.model)}
