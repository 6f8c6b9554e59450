"""What end users may read about themselves; see the package's docstring.

The account comes from the verified claims of the request, so these work only in a session of the
API server's login, in a transaction that carries the claims: over HTTP in nearly all cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import Balance, MyEntry, MyLot

if TYPE_CHECKING:
    from datetime import datetime

    from pgcredits.rpc.query import Connection


def my_balance(conn: Connection) -> Balance:
    """Return what the signed-in user can spend right now."""
    return call(conn, Balance, "my_balance", {})


def my_entries(
    conn: Connection,
    *,
    limit: int | None = None,
    before: int | None = None,
    kind: str | None = None,
    feature: str | None = None,
    reference: str | None = None,
    from_: datetime | None = None,
    to: datetime | None = None,
) -> list[MyEntry]:
    """Ledger of the signed-in user, newest first, at most ``limit`` (1 to 1000, default 100).

    Pages and filters are those of `list_entries`. Raises: scan_limit.
    """
    return call_rows(
        conn,
        MyEntry,
        "my_entries",
        given(
            limit=limit,
            before=before,
            kind=kind,
            feature=feature,
            reference=reference,
            from_=from_,
            to=to,
        ),
    )


def my_lots(
    conn: Connection,
    *,
    limit: int | None = None,
    after: int | None = None,
    live_only: bool | None = None,
) -> list[MyLot]:
    """Live lots of the signed-in user in burn order, at most ``limit`` (1 to 1000, default 100).

    ``live_only=False`` adds the lots that are used up or over; ``after`` is the lot_id of the last
    row of the page before.
    """
    return call_rows(conn, MyLot, "my_lots", given(limit=limit, after=after, live_only=live_only))
