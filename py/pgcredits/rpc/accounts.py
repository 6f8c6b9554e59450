"""Credits that go from one account to another, and metadata that is erased.

See the package's docstring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, given
from pgcredits.rpc.types import Receipt

if TYPE_CHECKING:
    from pgcredits.rpc.query import Connection, Metadata


def transfer_credits(
    conn: Connection,
    account_id: str,
    to_account_id: str,
    amount: int,
    *,
    pool: str | None = None,
    reference: str | None = None,
    idempotency_key: str,
    metadata: Metadata | None = None,
) -> Receipt:
    """Give ``amount`` credits to another account, in burn order or out of one ``pool``.

    The receipt is that of the giver.
    """
    return call(
        conn,
        Receipt,
        "transfer_credits",
        given(
            account_id=account_id,
            to_account_id=to_account_id,
            amount=amount,
            pool=pool,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def merge_accounts(
    conn: Connection,
    account_id: str,
    into_account_id: str,
    *,
    if_holds: str | None = None,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Merge an account, a guest's mostly, into another one, for good.

    ``if_holds`` says what happens when it has open holds: refuse (default) or release. The receipt
    is that of the account that was merged.
    """
    return call(
        conn,
        Receipt,
        "merge_accounts",
        given(
            account_id=account_id,
            into_account_id=into_account_id,
            if_holds=if_holds,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )


def erase_metadata(
    conn: Connection,
    account_id: str,
    reason: str,
    *,
    reference: str | None = None,
    idempotency_key: str | None = None,
) -> Receipt:
    """Erase the metadata of an account and of all entries of its ledger, for good."""
    return call(
        conn,
        Receipt,
        "erase_metadata",
        given(
            account_id=account_id,
            reason=reason,
            reference=reference,
            idempotency_key=idempotency_key,
        ),
    )
