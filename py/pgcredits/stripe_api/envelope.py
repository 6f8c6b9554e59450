"""Objects that were read from Stripe's API, wrapped as the events that would have told of them.

So they take the same way as events do, and meet the same keys: an object that its event has told of
changes nothing. The ids of these events begin with ``pgcredits_``, which Stripe's never do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pgcredits.stripe_api.client import API_VERSION

if TYPE_CHECKING:
    from pgcredits.stripe_api.client import Object

_ENDED = {"won", "lost", "warning_closed"}


def event_text(obj: Object, *, livemode: bool, account: str = "", now: int) -> str | None:
    """Return the text of an event about the object as it was read at ``now`` (Unix time).

    What was paid counts from when it was paid, all else from now. None for an object that no event
    would act upon.
    """
    found = _kind(obj, now)
    if found is None:
        return None
    kind, created, state = found
    event: dict[str, Any] = {
        "id": f"pgcredits_{obj['id']}_{state}",
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": obj},
        "livemode": livemode,
        "pending_webhooks": 0,
        "request": None,
        "type": kind,
    }
    if account:
        event["account"] = account
    return json.dumps(event)


def _kind(obj: Object, now: int) -> tuple[str, int, str] | None:
    """Type and time of the event, and what makes its id another one when something has changed."""
    match obj["object"]:
        case "checkout.session" if is_paid(obj):
            return "checkout.session.completed", obj["created"], "paid"
        case "invoice" if is_paid(obj):
            paid_at = (obj.get("status_transitions") or {}).get("paid_at")
            return "invoice.paid", paid_at or obj["created"], "paid"
        case "refund":
            return "refund.updated", now, f"{obj.get('status')}_{obj.get('amount')}_{now}"
        case "dispute":
            end = "closed" if obj.get("status") in _ENDED else "updated"
            return f"charge.dispute.{end}", now, f"{obj.get('status')}_{obj.get('amount')}_{now}"
        case "customer":
            end = "deleted" if obj.get("deleted") else "updated"
            return f"customer.{end}", now, f"{end}_{now}"
    return None


def is_paid(obj: Object) -> bool:
    """Tell whether a session in payment mode, or an invoice, is paid."""
    if obj["object"] == "invoice":
        return obj.get("status") == "paid"
    return (
        obj.get("mode") == "payment"
        and obj.get("status") == "complete"
        and obj.get("payment_status") in {"paid", "no_payment_required"}
    )
