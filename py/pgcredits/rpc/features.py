"""What credits can be used for at a known price; see the package's docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import (
    Feature,
    FeatureCheck,
    FeatureQuote,
    FeatureUse,
    RateCard,
    Receipt,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta
    from decimal import Decimal

    from pgcredits.rpc.query import Connection, Metadata

    Modifiers = Mapping[str, str]


def define_feature(
    conn: Connection,
    feature: str,
    *,
    description: str | None = None,
    unit: str | None = None,
    is_active: bool | None = None,
) -> Feature:
    """Define a feature, or change what is given of one. `set_rate_card` says what it costs."""
    return call(
        conn,
        Feature,
        "define_feature",
        given(feature=feature, description=description, unit=unit, is_active=is_active),
    )


def set_rate_card(
    conn: Connection,
    feature: str,
    base: Decimal | int,
    *,
    charge: str | None = None,
    modifiers: Mapping[str, Mapping[str, float]] | None = None,
    defaults: Modifiers | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    rounding: str | None = None,
    valid_from: datetime | None = None,
) -> RateCard:
    """Set what a feature costs, from now or ``valid_from`` on; see `RateCard` for how.

    ``modifiers`` maps each modifier to its options and their factors, ``defaults`` names the option
    of those that need not be chosen. The same again returns the version that says so already.
    """
    return call(
        conn,
        RateCard,
        "set_rate_card",
        given(
            feature=feature,
            base=base,
            charge=charge,
            modifiers=modifiers,
            defaults=defaults,
            minimum=minimum,
            maximum=maximum,
            rounding=rounding,
            valid_from=valid_from,
        ),
    )


def list_features(
    conn: Connection,
    *,
    limit: int | None = None,
    after: str | None = None,
    active_only: bool | None = None,
) -> list[Feature]:
    """List features by name; ``after`` is the last feature of the page before."""
    return call_rows(
        conn, Feature, "list_features", given(limit=limit, after=after, active_only=active_only)
    )


def list_rate_cards(
    conn: Connection, feature: str, *, limit: int | None = None, before: int | None = None
) -> list[RateCard]:
    """List versions, newest first; ``before`` is the last rate_card of the page before."""
    return call_rows(
        conn, RateCard, "list_rate_cards", given(feature=feature, limit=limit, before=before)
    )


def quote_feature(
    conn: Connection,
    account_id: str,
    feature: str,
    quantity: int | None = None,
    *,
    modifiers: Modifiers | None = None,
) -> FeatureQuote:
    """Tell what a use (of 1 by default) would cost now; nothing is reserved."""
    return call(
        conn,
        FeatureQuote,
        "quote_feature",
        given(account_id=account_id, feature=feature, quantity=quantity, modifiers=modifiers),
    )


def check_feature(
    conn: Connection,
    account_id: str,
    feature: str,
    quantity: int | None = None,
    *,
    modifiers: Modifiers | None = None,
    member: str | None = None,
) -> FeatureCheck:
    """Tell whether `use_feature` would pass now, without spending."""
    return call(
        conn,
        FeatureCheck,
        "check_feature",
        given(
            account_id=account_id,
            feature=feature,
            quantity=quantity,
            modifiers=modifiers,
            member=member,
        ),
    )


def use_feature(
    conn: Connection,
    account_id: str,
    feature: str,
    quantity: int | None = None,
    *,
    modifiers: Modifiers | None = None,
    member: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> FeatureUse:
    """Use a feature (1 by default) and pay what its rate card says now.

    Without a key, ``reference`` makes it repeatable: it pays for the feature once. Raises
    `InsufficientCredits`, `InDebt`, `AccountFrozen` or `LimitReached` when it is refused.
    """
    return call(
        conn,
        FeatureUse,
        "use_feature",
        given(
            account_id=account_id,
            feature=feature,
            quantity=quantity,
            modifiers=modifiers,
            member=member,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def hold_feature(
    conn: Connection,
    account_id: str,
    feature: str,
    quantity: int | None = None,
    *,
    modifiers: Modifiers | None = None,
    expires_in: timedelta | None = None,
    member: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Set aside what so much of a feature costs; ``entry_id`` of the receipt is the hold's id.

    Refused like `use_feature`. The hold keeps the rate card for `capture_feature`.
    """
    return call(
        conn,
        Receipt,
        "hold_feature",
        given(
            account_id=account_id,
            feature=feature,
            quantity=quantity,
            modifiers=modifiers,
            expires_in=expires_in,
            member=member,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def capture_feature(
    conn: Connection,
    account_id: str,
    hold_id: int,
    quantity: int,
    *,
    final: bool | None = None,
    if_short: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Charge what ``quantity`` has cost, out of a `hold_feature` hold; else as `capture_hold`."""
    return call(
        conn,
        Receipt,
        "capture_feature",
        given(
            account_id=account_id,
            hold_id=hold_id,
            quantity=quantity,
            final=final,
            if_short=if_short,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )
