"""What administrators do to an account by hand; see the package's docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import AccessFinding, Receipt

if TYPE_CHECKING:
    from datetime import datetime

    from pgcredits.rpc.query import Connection, Metadata


def freeze_account(
    conn: Connection,
    account_id: str,
    reason: str,
    *,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Refuse spends and holds of an account until it is unfrozen; everything else goes on."""
    return call(
        conn,
        Receipt,
        "freeze_account",
        given(
            account_id=account_id,
            reason=reason,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def unfreeze_account(
    conn: Connection,
    account_id: str,
    reason: str,
    *,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Let a frozen account spend again."""
    return call(
        conn,
        Receipt,
        "unfreeze_account",
        given(
            account_id=account_id,
            reason=reason,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def close_account(
    conn: Connection,
    account_id: str,
    reason: str,
    *,
    if_credits: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Close an account for good.

    ``if_credits`` says what happens when it has any: refuse (default) or forfeit.
    """
    return call(
        conn,
        Receipt,
        "close_account",
        given(
            account_id=account_id,
            reason=reason,
            if_credits=if_credits,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def adjust_balance(
    conn: Connection,
    account_id: str,
    reason: str,
    person: str,
    *,
    difference: int | None = None,
    target: int | None = None,
    pool: str | None = None,
    expires_at: datetime | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Correct a balance by ``difference`` credits, or to ``target``; exactly one of them."""
    return call(
        conn,
        Receipt,
        "adjust_balance",
        given(
            account_id=account_id,
            reason=reason,
            person=person,
            difference=difference,
            target=target,
            pool=pool,
            expires_at=expires_at,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def audit_access(conn: Connection) -> list[AccessFinding]:
    """Deviations from the rights that pgcredits gives; an empty list is good."""
    return call_rows(conn, AccessFinding, "audit_access", {})
