"""Subscriptions: periods, trials, changes, cancellation; see the package's docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import GrantRun, Receipt, Subscription

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pgcredits.rpc.query import Connection, Metadata


def renew_subscription(
    conn: Connection,
    account_id: str,
    subscription: str,
    amount: int,
    *,
    period_start: datetime,
    period_end: datetime,
    rollover_cap: int | None = 0,
    item: str | None = None,
    plan: str | None = None,
    grant_every: timedelta | str | None = None,
    payment: str | None = None,
    amount_paid: int | None = None,
    currency: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Expire what is left of the subscription beyond the cap, carry the rest over, grant.

    ``rollover_cap`` is in credits; None means that everything is carried over. With
    ``grant_every`` ("1 month" in a period of a year) ``amount`` is granted again each time.
    """
    return call(
        conn,
        Receipt,
        "renew_subscription",
        {
            "p_rollover_cap": rollover_cap,
            **given(
                account_id=account_id,
                subscription=subscription,
                amount=amount,
                period_start=period_start,
                period_end=period_end,
                item=item,
                plan=plan,
                grant_every=grant_every,
                payment=payment,
                amount_paid=amount_paid,
                currency=currency,
                reference=reference,
                idempotency_key=idempotency_key,
                metadata=metadata,
            ),
        },
    )


def start_trial(
    conn: Connection,
    account_id: str,
    subscription: str,
    amount: int,
    *,
    trial_end: datetime,
    item: str | None = None,
    plan: str | None = None,
    trial_key: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Grant the credits of a trial, which end exactly at ``trial_end``; once per subscription.

    ``trial_key`` (the hash of a card, say) makes it once per key over all accounts. Raises
    `TrialUsed`.
    """
    return call(
        conn,
        Receipt,
        "start_trial",
        given(
            account_id=account_id,
            subscription=subscription,
            amount=amount,
            trial_end=trial_end,
            item=item,
            plan=plan,
            trial_key=trial_key,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def change_subscription(
    conn: Connection,
    account_id: str,
    subscription: str,
    amount: int,
    *,
    policy: str | None = None,
    when: str | None = None,
    item: str | None = None,
    plan: str | None = None,
    payment: str | None = None,
    amount_paid: int | None = None,
    currency: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Put an item on another plan, with ``amount`` credits in each grant.

    ``when`` is now (default) or period_end. Now, ``policy`` says what is granted at once:
    difference (default), full (once per ``plan``) or none. ``payment`` is the proration that pays
    for it.
    """
    return call(
        conn,
        Receipt,
        "change_subscription",
        given(
            account_id=account_id,
            subscription=subscription,
            amount=amount,
            policy=policy,
            when=when,
            item=item,
            plan=plan,
            payment=payment,
            amount_paid=amount_paid,
            currency=currency,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def cancel_subscription(
    conn: Connection,
    account_id: str,
    subscription: str,
    *,
    when: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Cancel: ``when`` is period_end (default), now, or never, which takes it back."""
    return call(
        conn,
        Receipt,
        "cancel_subscription",
        given(
            account_id=account_id,
            subscription=subscription,
            when=when,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def set_subscription_status(
    conn: Connection,
    account_id: str,
    subscription: str,
    status: str,
    *,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Note that it is active, past_due or paused; the latter two hold scheduled grants up."""
    return call(
        conn,
        Receipt,
        "set_subscription_status",
        given(
            account_id=account_id,
            subscription=subscription,
            status=status,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def grant_due(conn: Connection, limit: int | None = None) -> GrantRun:
    """Book scheduled grants that are due, for at most ``limit`` accounts."""
    return call(conn, GrantRun, "grant_due", given(limit=limit))


def list_subscriptions(
    conn: Connection,
    account_id: str,
    *,
    limit: int | None = None,
    after: str | None = None,
) -> list[Subscription]:
    """List subscriptions by their ids; ``after`` is the last one of the page before."""
    return call_rows(
        conn,
        Subscription,
        "list_subscriptions",
        given(account_id=account_id, limit=limit, after=after),
    )
