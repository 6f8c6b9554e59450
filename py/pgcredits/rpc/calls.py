"""One typed function for each function of the schema ``credits``; see the package's docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import (
    Balance,
    Finding,
    Lot,
    Receipt,
    SchemaVersion,
    StripeOutcome,
    StripePrice,
    Sweep,
    VerifiedPage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pgcredits.rpc.query import Connection, Metadata


def open_account(
    conn: Connection,
    account_id: str,
    *,
    kind: str | None = None,
    time_zone: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Open an account of kind user (default), organisation or guest."""
    return call(
        conn,
        Receipt,
        "open_account",
        given(
            account_id=account_id,
            kind=kind,
            time_zone=time_zone,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def grant_credits(
    conn: Connection,
    account_id: str,
    amount: int,
    *,
    pool: str | None = None,
    expires_at: datetime | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Grant credits that nobody paid for, by default promotional ones that never expire."""
    return call(
        conn,
        Receipt,
        "grant_credits",
        given(
            account_id=account_id,
            amount=amount,
            pool=pool,
            expires_at=expires_at,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def add_purchased_credits(
    conn: Connection,
    account_id: str,
    amount: int,
    *,
    reference: str,
    expires_at: datetime | None = None,
    amount_paid: int | None = None,
    currency: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Grant a purchase made outside the known providers; ``reference`` is the payment's id.

    ``amount_paid`` is money in the smallest unit of ``currency`` (an ISO 4217 code). The same
    payment again is a replay.
    """
    return call(
        conn,
        Receipt,
        "add_purchased_credits",
        given(
            account_id=account_id,
            amount=amount,
            expires_at=expires_at,
            amount_paid=amount_paid,
            currency=currency,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def add_subscription_credits(
    conn: Connection,
    account_id: str,
    amount: int,
    period_end: datetime,
    *,
    subscription: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Grant credits of a subscription period; a reference or an idempotency key is required."""
    return call(
        conn,
        Receipt,
        "add_subscription_credits",
        given(
            account_id=account_id,
            amount=amount,
            period_end=period_end,
            subscription=subscription,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def record_payment(
    conn: Connection,
    account_id: str,
    payment: str,
    amount_paid: int,
    *,
    currency: str,
    grants: Sequence[Mapping[str, Any]],
    provider: str | None = None,
    amount_returned: int | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Record what was paid at a provider and grant what was bought.

    Each of ``grants`` has ``amount`` and optionally ``pool``, ``expires_at``, ``subscription``,
    ``item``, ``plan``, ``period_start``, ``period_end``, ``grant_every`` (such as "1 month"),
    ``rollover_cap``, ``cost``. Money (``amount_paid``, ``amount_returned``, ``cost``) is in the
    smallest unit of ``currency``.
    """
    return call(
        conn,
        Receipt,
        "record_payment",
        given(
            account_id=account_id,
            payment=payment,
            amount_paid=amount_paid,
            currency=currency,
            grants=list(grants),
            provider=provider,
            amount_returned=amount_returned,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def clawback_credits(
    conn: Connection,
    account_id: str,
    payment: str,
    *,
    target: int | None = None,
    amount_returned: int | None = None,
    provider: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Set how many credits of a payment are taken back by now, in total.

    ``target`` is in credits, ``amount_returned`` in money; at most one of them, and neither means
    everything that the payment granted. A smaller figure than before gives credits back.
    """
    return call(
        conn,
        Receipt,
        "clawback_credits",
        given(
            account_id=account_id,
            payment=payment,
            target=target,
            amount_returned=amount_returned,
            provider=provider,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def deduct_credit(
    conn: Connection,
    account_id: str,
    amount: int | None = None,
    *,
    feature: str | None = None,
    member: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Spend credits (1 by default), in burn order.

    Raises `InsufficientCredits`, `InDebt` or `AccountFrozen` when it is refused.
    """
    return call(
        conn,
        Receipt,
        "deduct_credit",
        given(
            account_id=account_id,
            amount=amount,
            feature=feature,
            member=member,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def refund_spend(
    conn: Connection,
    account_id: str,
    *,
    entry_id: int | None = None,
    spend_key: str | None = None,
    amount: int | None = None,
    if_expired: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Give a spend back, named by its entry or its idempotency key; all that is left by default.

    ``if_expired`` says what happens when its lot has expired meanwhile: grace (default) or lapse.
    """
    return call(
        conn,
        Receipt,
        "refund_spend",
        given(
            account_id=account_id,
            entry_id=entry_id,
            spend_key=spend_key,
            amount=amount,
            if_expired=if_expired,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def expire_subscription_credits(
    conn: Connection,
    account_id: str,
    *,
    subscription: str | None = None,
    reason: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """End the live credits of one subscription, or of all, now."""
    return call(
        conn,
        Receipt,
        "expire_subscription_credits",
        given(
            account_id=account_id,
            subscription=subscription,
            reason=reason,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def expire_due(conn: Connection, limit: int | None = None) -> Sweep:
    """End lots past their expiry and holds past their deadline, at most ``limit`` of them."""
    return call(conn, Sweep, "expire_due", given(limit=limit))


def get_balance(conn: Connection, account_id: str) -> Balance:
    """Return the balance of an account: zeros for one that does not exist."""
    return call(conn, Balance, "get_balance", given(account_id=account_id))


def list_lots(
    conn: Connection,
    account_id: str,
    *,
    limit: int | None = None,
    after: int | None = None,
    live_only: bool | None = None,
) -> list[Lot]:
    """Lots in burn order, by default the live ones; ``after`` is the last lot_id of the page."""
    return call_rows(
        conn,
        Lot,
        "list_lots",
        given(account_id=account_id, limit=limit, after=after, live_only=live_only),
    )


def verify(conn: Connection, account_id: str | None = None) -> list[Finding]:
    """Violated invariants of one account, or of all; an empty list is good."""
    return call_rows(conn, Finding, "verify", given(account_id=account_id))


def verify_page(
    conn: Connection,
    *,
    limit: int | None = None,
    after: str | None = None,
    since: datetime | None = None,
) -> VerifiedPage:
    """Verify the ``limit`` (1 to 10000, default 100) accounts that follow ``after`` by their ids.

    ``since`` leaves out accounts whose newest entry is older, and rows without an account.
    """
    return call(conn, VerifiedPage, "verify_page", given(limit=limit, after=after, since=since))


def schema_version(conn: Connection) -> SchemaVersion:
    """Return what has been applied to this database."""
    return call(conn, SchemaVersion, "schema_version", {})


def ingest_stripe_event(conn: Connection, payload: str, livemode: bool) -> StripeOutcome:
    """Store a Stripe event and apply it once.

    ``payload`` is the received text, unchanged, its signature already verified; ``livemode`` is
    the mode that this deployment accepts.
    """
    return call(
        conn, StripeOutcome, "ingest_stripe_event", given(payload=payload, livemode=livemode)
    )


def set_stripe_price(
    conn: Connection,
    price: str,
    credits: int,
    *,
    rollover_cap: int | None = 0,
    proration: str | None = None,
) -> StripePrice:
    """Say how many credits one unit of a Stripe price grants, and how many may be carried over.

    ``rollover_cap`` None means that everything is carried over; ``proration`` is none (default),
    proportional or full.
    """
    return call(
        conn,
        StripePrice,
        "set_stripe_price",
        {
            "p_rollover_cap": rollover_cap,
            **given(price=price, credits=credits, proration=proration),
        },
    )
