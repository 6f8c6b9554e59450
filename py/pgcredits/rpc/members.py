"""What members of an account may use, and what they have used; see the package's docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import MemberUsage, Receipt

if TYPE_CHECKING:
    from pgcredits.rpc.query import Connection, Metadata


def set_member_cap(
    conn: Connection,
    account_id: str,
    member: str,
    period: str,
    cap: int | None,
    *,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Let a member use at most ``cap`` credits in each ``period``; None removes the cap.

    ``period`` is hour, day, week, month, billing_period or lifetime. What goes beyond is refused
    with `LimitReached`.
    """
    return call(
        conn,
        Receipt,
        "set_member_cap",
        {
            "p_cap": cap,
            **given(
                account_id=account_id,
                member=member,
                period=period,
                reference=reference,
                idempotency_key=idempotency_key,
                metadata=metadata,
            ),
        },
    )


def list_member_usage(
    conn: Connection,
    account_id: str,
    *,
    member: str | None = None,
    limit: int | None = None,
    after: str | None = None,
    capped_only: bool | None = None,
) -> list[MemberUsage]:
    """List what members have used, by name; ``after`` is the last member of the page before.

    Without ``capped_only`` the whole ledger of the account is read, to find who has no cap.
    """
    return call_rows(
        conn,
        MemberUsage,
        "list_member_usage",
        given(
            account_id=account_id, member=member, limit=limit, after=after, capped_only=capped_only
        ),
    )
