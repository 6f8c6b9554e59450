"""The inbox of Stripe's events: what is open in it, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import (
    StripeBacklog,
    StripeCustomer,
    StripeEvent,
    StripeOutcome,
    StripePurge,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

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


def add_stripe_line_items(
    conn: Connection,
    object_id: str,
    line_items: Sequence[Mapping[str, Any]],
    *,
    livemode: bool | None = None,
    provider_account: str | None = None,
) -> StripeOutcome:
    """Tell what a checkout session or invoice consists of, all its lines as Stripe lists them.

    Returns what became of the event that waited for them; ``outcome`` ``none`` when none did.
    """
    return call(
        conn,
        StripeOutcome,
        "add_stripe_line_items",
        given(
            object_id=object_id,
            line_items=list(line_items),
            livemode=livemode,
            provider_account=provider_account,
        ),
    )


def link_customer(
    conn: Connection,
    account_id: str,
    customer: str,
    *,
    livemode: bool | None = None,
    provider_account: str | None = None,
) -> StripeCustomer:
    """Say which account a customer of Stripe stands for, and grant what waited for that."""
    return call(
        conn,
        StripeCustomer,
        "link_customer",
        given(
            account_id=account_id,
            customer=customer,
            livemode=livemode,
            provider_account=provider_account,
        ),
    )


def link_payment(
    conn: Connection,
    account_id: str,
    payment: str,
    event_id: str,
    *,
    provider: str | None = None,
    provider_account: str | None = None,
) -> StripeOutcome:
    """Tie a purchase of Stripe to the payment under which its credits were granted by hand."""
    return call(
        conn,
        StripeOutcome,
        "link_payment",
        given(
            account_id=account_id,
            payment=payment,
            event_id=event_id,
            provider=provider,
            provider_account=provider_account,
        ),
    )


def claim_payment(
    conn: Connection, account_id: str, event_id: str, *, provider_account: str | None = None
) -> StripeOutcome:
    """Grant a purchase that was parked because its buyer is unknown to an account, once."""
    return call(
        conn,
        StripeOutcome,
        "claim_payment",
        given(account_id=account_id, event_id=event_id, provider_account=provider_account),
    )
