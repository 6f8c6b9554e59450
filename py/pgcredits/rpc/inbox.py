"""The inbox of Stripe's events: what is open in it, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import StripeBacklog, StripeEvent, StripeOutcome, StripePurge

if TYPE_CHECKING:
    from pgcredits.rpc.query import Connection


def retry_stripe_event(
    conn: Connection, event_id: str | None = None, *, provider_account: str | None = None
) -> StripeOutcome:
    """Try one event again: the one named, or the failed one that is due longest.

    ``outcome`` is ``none`` when no event is due; call it in a transaction of its own until then.
    """
    return call(
        conn,
        StripeOutcome,
        "retry_stripe_event",
        given(event_id=event_id, provider_account=provider_account),
    )


def dismiss_stripe_event(
    conn: Connection, event_id: str, reason: str, *, provider_account: str | None = None
) -> StripeOutcome:
    """Close an event that is parked or failed and from which nothing is to come."""
    return call(
        conn,
        StripeOutcome,
        "dismiss_stripe_event",
        given(event_id=event_id, reason=reason, provider_account=provider_account),
    )


def purge_stripe_events(conn: Connection, limit: int | None = None) -> StripePurge:
    """Close what has waited too long and purge old bodies, at most ``limit`` of either."""
    return call(conn, StripePurge, "purge_stripe_events", given(limit=limit))


def list_stripe_events(
    conn: Connection,
    *,
    outcome: str | None = None,
    event_type: str | None = None,
    limit: int | None = None,
    after: str | None = None,
    after_account: str | None = None,
) -> list[StripeEvent]:
    """Events that are open, or those with ``outcome`` (``all``: every one).

    ``after`` and ``after_account`` are event_id and provider_account of the last row of the page.
    """
    return call_rows(
        conn,
        StripeEvent,
        "list_stripe_events",
        given(
            outcome=outcome,
            event_type=event_type,
            limit=limit,
            after=after,
            after_account=after_account,
        ),
    )


def list_stripe_backlog(conn: Connection) -> list[StripeBacklog]:
    """How many events there are of each outcome and type."""
    return call_rows(conn, StripeBacklog, "list_stripe_backlog", {})
