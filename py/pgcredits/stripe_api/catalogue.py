"""Products and prices, read from Stripe and told to the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pgcredits import rpc
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits import db
    from pgcredits.stripe_api.client import StripeApi


@dataclass(slots=True)
class SyncCounts:
    """What a sync has read, what of it was news, and what the database has refused."""

    products: int = 0
    prices: int = 0
    changed: int = 0
    refused: int = 0


def sync(
    conn: db.Connection,
    api: StripeApi,
    account: str = "",
    *,
    counts: SyncCounts | None = None,
    show: Callable[[str, SyncCounts], None] = lambda _kind, _counts: None,
    complain: Callable[[str], None] = lambda _text: None,
) -> SyncCounts:
    """Mirror every product and price of an account, archived ones too, each in a transaction.

    ``conn`` must be in autocommit. ``show`` is told of each page, ``complain`` of an object that
    the database refuses; the others go on. Raises `StripeTrouble`; ``counts``, if given, then say
    how far it came.
    """
    counts = counts or SyncCounts()
    # Products first: a price whose product is unknown would leave its events waiting.
    for kind in ("products", "prices"):
        for page, _ in api.pages(f"/v1/{kind}", account):
            seen_at = datetime.now(UTC)
            for found in page:
                try:
                    done = rpc.mirror_stripe_object(
                        conn,
                        found,
                        seen_at,
                        livemode=api.livemode,
                        provider_account=account,
                    )
                except CreditsError as exc:
                    counts.refused += 1
                    complain(f"{found.get('id')}: {exc}")
                else:
                    counts.changed += done.outcome == "applied"
                setattr(counts, kind, getattr(counts, kind) + 1)
            show(kind, counts)
    return counts
