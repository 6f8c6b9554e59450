"""Lines of checkout sessions and invoices, fetched for the events that wait for them.

An event is committed before its lines are fetched, and no lock is held meanwhile; all lines go to
the database in one call, which grants the whole purchase or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pgcredits import rpc
from pgcredits.stripe_api.client import StripeTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from pgcredits import db
    from pgcredits.stripe_api.client import Object, StripeApi

_PATHS = {
    "checkout.session": "/v1/checkout/sessions/{}/line_items",
    "invoice": "/v1/invoices/{}/lines",
}
_EXPAND = {"checkout.session": ["data.price.product"], "invoice": []}
# Trouble of one object; any other is trouble of all of them.
_OF_ONE = {"missing", "refused"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Events of a page that wait for lines; ``last`` is where the next page begins, if there is."""

    events: list[rpc.StripeEvent]
    last: rpc.StripeEvent | None


@dataclass(slots=True)
class LineCounts:
    """Objects whose lines were fetched, and those that Stripe would not give."""

    fetched: int = 0
    missed: int = 0


def waiting(conn: db.Connection, after: rpc.StripeEvent | None, limit: int = 100) -> Waiting:
    """Look through one page of the parked events for those that wait for lines."""
    page = rpc.list_stripe_events(
        conn,
        outcome="parked",
        limit=limit,
        after=after.event_id if after else None,
        after_account=after.provider_account if after else None,
    )
    wanted = [event for event in page if (event.waits_for or "").startswith("lines:")]
    return Waiting(wanted, page[-1] if len(page) == limit else None)


def fetch(
    transaction: Callable[[], AbstractContextManager[object]],
    conn: db.Connection,
    api: StripeApi,
    events: Sequence[rpc.StripeEvent],
    tell: Callable[[str], None] = lambda _text: None,
) -> LineCounts:
    """Fetch the lines of these events and tell them to the database, a ``transaction`` each.

    Events of the other mode are left alone. ``tell`` gets a line about each object. Raises
    `StripeTrouble` when it is not about one object.
    """
    counts = LineCounts()
    done = set()
    for event in events:
        found: dict[str, Any] = (event.body or {}).get("data", {}).get("object", {})
        identifier, kind = found.get("id"), found.get("object")
        name = (event.provider_account, identifier)
        if event.livemode != api.livemode or kind not in _PATHS or name in done:
            continue
        done.add(name)
        seen_at = datetime.now(UTC)
        try:
            lines = read_lines(api, kind, str(identifier), event.provider_account)
        except StripeTrouble as exc:
            if exc.kind not in _OF_ONE:
                raise
            counts.missed += 1
            tell(f"{identifier}: {exc}")
            continue
        for known in _catalogue(lines):
            with transaction():
                _mirror(conn, api, known, seen_at, event.provider_account)
        with transaction():
            outcome = rpc.add_stripe_line_items(
                conn,
                str(identifier),
                lines,
                livemode=event.livemode,
                provider_account=event.provider_account,
            )
        counts.fetched += 1
        reason = f": {outcome.reason}" if outcome.reason else ""
        tell(f"{identifier}: {len(lines)} lines, {event.event_id} {outcome.outcome}{reason}")
    return counts


def read_lines(api: StripeApi, kind: str, identifier: str, account: str = "") -> list[Object]:
    """Read all lines of a session or invoice. Raises `StripeTrouble`."""
    path = _PATHS[kind].format(identifier)
    return list(api.all(path, account, expand=_EXPAND[kind]))


def _catalogue(lines: Sequence[Object]) -> list[Object]:
    """Products and prices that the lines show, products first, each once."""
    found: dict[str, Object] = {}
    for line in lines:
        price = line.get("price")
        if not isinstance(price, dict):
            continue
        product = price.get("product")
        if isinstance(product, dict):
            if not product.get("deleted"):
                found[product["id"]] = product
            price = {**price, "product": product["id"]}
        found[price["id"]] = price
    return list(found.values())


def _mirror(
    conn: db.Connection, api: StripeApi, found: Object, seen_at: datetime, account: str
) -> None:
    rpc.mirror_stripe_object(conn, found, seen_at, livemode=api.livemode, provider_account=account)
