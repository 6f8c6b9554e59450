"""Steps that use features, and change what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.model import choices
from tests.model.call import Call
from tests.model.choices import DAY, US
from tests.model.steps import Table, step

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.model.choices import Patience

_SIZES = {"size": {"s": 0.5, "m": 1, "l": 3}}
_CARDS: dict[str, list[dict[str, Any]]] = {
    "page": [
        {"base": Decimal(2)},
        {"base": Decimal("0.3")},
        {"base": Decimal("0.3"), "rounding": "down"},
        {"base": Decimal(7), "charge": "per_use"},
        {"base": Decimal(1), "minimum": 5, "maximum": 40},
        {"base": Decimal(0)},
    ],
    "image": [
        {"base": Decimal("1.5"), "modifiers": _SIZES, "defaults": {"size": "m"}},
        {"base": Decimal("2.5"), "modifiers": _SIZES, "rounding": "nearest"},
        {"base": Decimal(1), "modifiers": {"size": {"s": 0, "l": 2.25}}},
    ],
}
_PRICES = [(feature, card) for feature, cards in _CARDS.items() for card in cards]
_FEATURES = st.sampled_from(["page", "page", "page", "image", "image", "image", "ghost"])
_SIZE = st.sampled_from([None, {}, {"size": "s"}, {"size": "l"}, {"size": "l"}, {"color": "red"}])
_QUANTITIES = st.sampled_from([1, 1, 2, 3, 10, 33, 2**53 - 1])


class Using(Table):
    """Uses and holds by name, under prices that change."""

    def offer(self) -> None:
        """Begin with one price for each feature."""
        for feature, cards in _CARDS.items():
            self.twin.make(Call("define_feature", {"feature": feature}))
            self.twin.make(Call("set_rate_card", {"feature": feature, **cards[0]}))

    @step(
        12,
        account_id=choices.accounts,
        feature=_FEATURES,
        quantities=st.lists(_QUANTITIES, min_size=1, max_size=3),
        modifiers=_SIZE,
        member=st.sampled_from([None, None, "max", "mia"]),
        is_repeated=st.sampled_from([False, False, True]),
        tail=choices.tails,
    )
    def use_feature(
        self,
        *,
        account_id: str,
        feature: str,
        quantities: list[int],
        modifiers: dict[str, str] | None,
        member: str | None,
        is_repeated: bool,
        tail: dict[str, Any],
    ) -> None:
        for quantity in quantities:
            given: dict[str, Any] = {"feature": feature, "quantity": quantity}
            given |= self._chosen(feature, modifiers, member)
            self.make("use_feature", account_id, tail, **given)
        if is_repeated:
            self.twin.make(self.calls[-1])

    @step(
        6,
        account_id=choices.accounts,
        feature=_FEATURES,
        quantity=_QUANTITIES,
        modifiers=_SIZE,
        member=st.sampled_from([None, None, "max", "mia"]),
        patience=choices.patience,
        tail=choices.tails,
    )
    def hold_feature(
        self,
        *,
        account_id: str,
        feature: str,
        quantity: int,
        modifiers: dict[str, str] | None,
        member: str | None,
        patience: Patience | None,
        tail: dict[str, Any],
    ) -> None:
        given: dict[str, Any] = {"feature": feature, "quantity": quantity}
        given |= self._chosen(feature, modifiers, member)
        if patience is not None:
            given["expires_in"] = patience.on(self.account(account_id), self.twin.model)
        self.make("hold_feature", account_id, tail, **given)

    @step(
        8,
        nth=choices.numbers,
        quantity=_QUANTITIES,
        is_final=st.sampled_from([None, True, False]),
        if_short=st.sampled_from([None, "refuse", "partial", "partial"]),
        tail=choices.tails,
    )
    def capture_feature(
        self,
        *,
        nth: int,
        quantity: int,
        is_final: bool | None,
        if_short: str | None,
        tail: dict[str, Any],
    ) -> None:
        """Capture a hold, of a feature if there is any."""
        holds = self.holds()
        priced = [
            (owner, hold)
            for owner, hold in self.live_holds()
            if (self.account(owner).entries[hold.hold_id - 1].request or {}).get("rate_card")
        ]
        if not holds:
            return
        chosen = priced or holds
        account_id, hold = chosen[nth % len(chosen)]
        given: dict[str, Any] = {"hold_id": hold.hold_id, "quantity": quantity}
        given |= {} if is_final is None else {"final": is_final}
        given |= {} if if_short is None else {"if_short": if_short}
        self.make("capture_feature", account_id, tail, **given)

    @step(
        3,
        price=st.sampled_from(_PRICES),
        starts=st.sampled_from([None, None, 0 * DAY, US, DAY]),
    )
    def set_rate_card(self, price: tuple[str, dict[str, Any]], starts: timedelta | None) -> None:
        feature, card = price
        given = {"feature": feature, **card}
        if starts is not None:
            given["valid_from"] = self.twin.model.now + starts
        self.twin.make(Call("set_rate_card", given))

    @step(1, feature=st.sampled_from(["page", "image"]))
    def define_feature(self, feature: str) -> None:
        """While it is off a use is refused, and what was used before is a replay."""
        uses = [call for call in self.calls if call.function in {"use_feature", "hold_feature"}]
        self.twin.make(Call("define_feature", {"feature": feature, "is_active": False}))
        self.make("use_feature", "ann", {}, feature=feature)
        if uses:
            self.twin.make(uses[-1])
        self.twin.make(Call("define_feature", {"feature": feature, "is_active": True}))

    @staticmethod
    def _chosen(
        feature: str, modifiers: dict[str, str] | None, member: str | None
    ) -> dict[str, Any]:
        chosen: dict[str, Any] = {} if member is None else {"member": member}
        if modifiers is not None and (feature == "image" or "color" in modifiers):
            chosen["modifiers"] = modifiers
        return chosen
