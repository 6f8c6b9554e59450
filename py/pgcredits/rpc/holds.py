"""Holds: credits set aside for work whose cost is not known yet; see the package's docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import Hold, Receipt

if TYPE_CHECKING:
    from datetime import timedelta

    from pgcredits.rpc.query import Connection, Metadata


def hold_credits(
    conn: Connection,
    account_id: str,
    amount: int,
    *,
    expires_in: timedelta | None = None,
    feature: str | None = None,
    member: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Set credits aside; ``entry_id`` of the receipt is the ``hold_id`` of the other functions.

    ``expires_in`` (at most a day) is the setting hold_time by default, 15 minutes.
    """
    return call(
        conn,
        Receipt,
        "hold_credits",
        given(
            account_id=account_id,
            amount=amount,
            expires_in=expires_in,
            feature=feature,
            member=member,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def capture_hold(
    conn: Connection,
    account_id: str,
    hold_id: int,
    amount: int | None = None,
    *,
    final: bool | None = None,
    if_short: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Charge what the work has cost; everything held by default.

    A final capture (default) gives the rest back and closes the hold. ``if_short`` says what
    happens when more is asked than the hold and the account have: refuse (default) or partial.
    """
    return call(
        conn,
        Receipt,
        "capture_hold",
        given(
            account_id=account_id,
            hold_id=hold_id,
            amount=amount,
            final=final,
            if_short=if_short,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def release_hold(
    conn: Connection,
    account_id: str,
    hold_id: int,
    *,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Give everything that is still held back, because the work was not done."""
    return call(
        conn,
        Receipt,
        "release_hold",
        given(
            account_id=account_id,
            hold_id=hold_id,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def extend_hold(
    conn: Connection,
    account_id: str,
    hold_id: int,
    *,
    expires_in: timedelta | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Keep an open hold for ``expires_in`` from now; a later deadline stays as it is."""
    return call(
        conn,
        Receipt,
        "extend_hold",
        given(
            account_id=account_id,
            hold_id=hold_id,
            expires_in=expires_in,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def list_holds(
    conn: Connection,
    account_id: str,
    *,
    limit: int | None = None,
    before: int | None = None,
    open_only: bool | None = None,
) -> list[Hold]:
    """List holds, newest first, by default open ones; ``before`` is the page's last hold_id."""
    return call_rows(
        conn,
        Hold,
        "list_holds",
        given(account_id=account_id, limit=limit, before=before, open_only=open_only),
    )
