"""Features: what a use costs, and paying for it. A price is a fraction until it is made whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from pgcredits.rpc import Feature, FeatureUse, RateCard, Receipt
from tests.model import arguments
from tests.model.expiry import catch_up
from tests.model.holds import capture, take_hold
from tests.model.state import MOST, Refusal
from tests.model.work import Order, Work

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal

    from tests.model.model import Model
    from tests.model.state import Entry

_ROUND = {"up": ceil, "down": floor, "nearest": lambda price: floor(price + Fraction(1, 2))}


@dataclass(slots=True)
class Offer:
    """A feature and the versions of its price, oldest first."""

    feature: str
    unit: str = "use"
    is_active: bool = True
    cards: list[RateCard] = field(default_factory=list)

    def card(self, now: datetime) -> RateCard | None:
        """The version that counts at an instant."""
        valid = [card for card in self.cards if card.valid_from <= now]
        return max(valid, key=lambda card: (card.valid_from, card.rate_card), default=None)


def price(card: RateCard, quantity: int, modifiers: dict[str, str] | None) -> int:
    """Credits of a use; refuses modifiers that do not fit, and a price beyond all accounts."""
    chosen = card.defaults | (modifiers or {})
    for name in sorted(chosen.keys() | card.modifiers.keys()):
        known = ", ".join(sorted(card.modifiers))
        arguments.legal(
            f"p_modifiers.{name}",
            name in card.modifiers,
            f"one of the modifiers {known}" if known else "nothing: the feature has no modifiers",
        )
        options = card.modifiers[name]
        arguments.legal(
            f"p_modifiers.{name}",
            chosen.get(name) in options,
            "one of " + ", ".join(sorted(options)),
        )
    exact = Fraction(card.base)
    for name, option in chosen.items():
        exact *= Fraction(str(card.modifiers[name][option]))
    if card.charge == "per_unit":
        exact *= quantity
    credits = max(_ROUND[card.rounding](exact), card.minimum)
    if card.maximum is not None:
        credits = min(credits, card.maximum)
    arguments.legal("p_quantity", credits <= MOST, f"a quantity that costs at most {MOST} credits")
    return int(credits)


def define_feature(model: Model, *, feature: str, is_active: bool | None = None) -> Feature:
    """Define a feature, or switch it on and off."""
    old = model.features.get(feature, Offer(feature))
    offer = Offer(
        feature, old.unit, old.is_active if is_active is None else is_active, list(old.cards)
    )
    model.features = model.features | {feature: offer}
    card = offer.card(model.now)
    return Feature(
        feature,
        None,
        offer.unit,
        offer.is_active,
        *(
            (
                card.rate_card,
                card.base,
                card.charge,
                card.modifiers,
                card.defaults,
                card.minimum,
                card.maximum,
                card.rounding,
                card.valid_from,
            )
            if card
            else [None] * 9
        ),
    )


def set_rate_card(
    model: Model,
    *,
    feature: str,
    base: Decimal,
    charge: str = "per_unit",
    modifiers: dict[str, dict[str, float]] | None = None,
    defaults: dict[str, str] | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    rounding: str = "up",
    valid_from: datetime | None = None,
) -> RateCard:
    """Add a version, unless the one that counts then says the same."""
    offer = model.features[feature]
    arguments.legal(
        "p_valid_from",
        valid_from is None or valid_from >= model.now,
        "null for now, or an instant that is not past",
    )
    starts = valid_from or model.now
    terms = (base, charge, modifiers or {}, defaults or {}, minimum or 0, maximum, rounding)
    before = offer.card(starts)
    if before is not None and terms == (
        before.base,
        before.charge,
        before.modifiers,
        before.defaults,
        before.minimum,
        before.maximum,
        before.rounding,
    ):
        return before
    card = RateCard(feature, len(offer.cards) + 1, *terms, starts, model.now)
    changed = Offer(feature, offer.unit, offer.is_active, [*offer.cards, card])
    model.features = model.features | {feature: changed}
    return card


def use_feature(
    model: Model,
    account_id: str,
    *,
    feature: str | None,
    quantity: int = 1,
    modifiers: dict[str, str] | None = None,
    member: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> FeatureUse:
    arguments.account_id(account_id)
    _use(feature, quantity, member)
    arguments.tail(reference, idempotency_key, metadata)
    assert feature is not None
    work = Work(model, account_id)
    key = _key(feature, reference, idempotency_key)
    request = _asked(work, key, quantity, modifiers)
    order = Order("spend", reference, key, metadata, None, feature, member, request)
    if replay := work.replay(order):
        return _answer(work, replay, quantity)
    card = _card(model, feature)
    credits = price(card, quantity, modifiers)
    if credits == 0:
        work.require_known()
    work.require_status("active")
    catch_up(work)
    if credits:
        work.require_cap(member, credits)
    work.require_affordable(credits)
    order = order.but(request | {"rate_card": card.rate_card})
    work.book("spend", work.take(credits), order)
    return _answer(work, work.finish(), quantity)


def hold_feature(
    model: Model,
    account_id: str,
    *,
    feature: str | None,
    quantity: int = 1,
    modifiers: dict[str, str] | None = None,
    expires_in: timedelta | None = None,
    member: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    _use(feature, quantity, member)
    arguments.hold_time(expires_in)
    arguments.tail(reference, idempotency_key, metadata)
    assert feature is not None
    work = Work(model, account_id)
    key = _key(feature, reference, idempotency_key)
    request = _asked(work, key, quantity, modifiers)
    if expires_in is not None:
        request["expires_in_seconds"] = expires_in.total_seconds()
    order = Order("hold", reference, key, metadata, None, feature, member, request)
    if replay := work.replay(order):
        return replay
    card = _card(model, feature)
    credits = price(card, quantity, modifiers)
    arguments.legal(
        "p_quantity",
        credits > 0,
        "a quantity that costs something: what costs nothing needs no hold",
    )
    order = order.but(request | {"rate_card": card.rate_card})
    return take_hold(work, order, credits, expires_in)


def capture_feature(
    model: Model,
    account_id: str,
    *,
    hold_id: int | None,
    quantity: int,
    final: bool | None = True,
    if_short: str | None = "refuse",
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Receipt:
    arguments.account_id(account_id)
    arguments.legal(
        "p_hold_id",
        hold_id is not None and hold_id > 0,
        "the entry_id of a hold_feature receipt",
    )
    arguments.amount("p_quantity", quantity)
    if_short = if_short or "refuse"
    arguments.legal("p_if_short", if_short in {"refuse", "partial"}, "refuse or partial")
    arguments.tail(reference, idempotency_key, metadata)

    def amount(held_for: Entry) -> int:
        number: int | None = (held_for.request or {}).get("rate_card")
        arguments.legal("p_hold_id", number is not None, "the entry_id of a hold_feature receipt")
        assert number is not None
        assert held_for.feature is not None
        assert held_for.request is not None
        card = model.features[held_for.feature].cards[number - 1]
        credits = price(card, quantity, held_for.request.get("modifiers"))
        arguments.legal(
            "p_quantity",
            credits > 0,
            "a quantity that costs something; else release the hold",
        )
        return credits

    return capture(
        model,
        account_id,
        hold_id=hold_id,
        asked={"quantity": quantity},
        amount=amount,
        final=True if final is None else final,
        if_short=if_short,
        tail=(reference, idempotency_key, metadata),
    )


def _use(feature: str | None, quantity: int | None, member: str | None) -> None:
    arguments.legal("p_feature", feature is not None, "name of a feature; list_features shows them")
    arguments.amount("p_quantity", quantity)
    arguments.text("p_member", member)


def _key(feature: str, reference: str | None, key: str | None) -> str | None:
    """A reference makes a use repeatable where there is no key."""
    if key is None and reference is not None:
        return f"ref:{feature}:{reference}"
    return key


def _asked(
    work: Work, key: str | None, quantity: int, modifiers: dict[str, str] | None
) -> dict[str, Any]:
    """What a replay must ask again; the price stays the one that was recorded."""
    request: dict[str, Any] = {"quantity": quantity}
    if modifiers:
        request["modifiers"] = modifiers
    found = work.account.by_key(key)
    if found is not None and "rate_card" in (found.request or {}):
        assert found.request is not None
        request["rate_card"] = found.request["rate_card"]
    return request


def _card(model: Model, feature: str) -> RateCard:
    """The version that counts now, of a feature that can be used."""
    usable = [
        offer.feature
        for offer in model.features.values()
        if offer.is_active and offer.card(model.now) is not None
    ]
    offer = model.features.get(feature)
    if offer is None:
        raise Refusal("feature_not_found", feature=feature, allowed=sorted(usable))
    card = offer.card(model.now)
    if card is None or not offer.is_active:
        reason = "no rate card counts yet" if offer.is_active else "it is switched off"
        raise Refusal("feature_inactive", feature=feature, reason=reason, allowed=sorted(usable))
    return card


def _answer(work: Work, receipt: Receipt, quantity: int) -> FeatureUse:
    entry = work.account.entries[receipt.entry_id - 1]
    assert entry.request is not None
    assert entry.feature is not None
    return FeatureUse(
        account_id=receipt.account_id,
        entry_id=receipt.entry_id,
        command_id=receipt.command_id,
        kind=receipt.kind,
        feature=entry.feature,
        quantity=quantity,
        rate_card=entry.request["rate_card"],
        amount=receipt.amount,
        balance=receipt.balance,
        available=receipt.available,
        debt=receipt.debt,
        allocations=receipt.allocations or [],
        metadata=entry.metadata,
        is_replay=receipt.is_replay,
        created_at=receipt.created_at,
    )
