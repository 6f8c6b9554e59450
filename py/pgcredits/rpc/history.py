"""What was, what follows from it, and what would be; see the package's docstring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import Entry, Receipt

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pgcredits.rpc.query import Connection, Metadata


@dataclass(frozen=True, slots=True)
class PastBalance:
    """What an account had at ``as_of``; the fields are those of `Balance`.

    ``entry_id`` is the newest entry that had taken effect, None if there was none.
    """

    account_id: str
    entry_id: int | None
    balance: int
    available: int
    held: int
    settled: int
    debt: int
    pools: dict[str, int]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an entry took from one lot (``amount`` is negative) or gave to it, and ``reason``.

    ``position`` counts from 1. Lot 0 is the debt; it has no pool. ``given_back`` is None where
    nothing was taken; ``expires_at`` None means never.
    """

    account_id: str
    entry_id: int
    position: int
    lot_id: int
    pool: str | None
    priority: int | None
    expires_at: datetime | None
    amount: int
    given_back: int | None
    left_before: int
    left_after: int
    reason: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a spend of ``amount`` would do at ``as_of``.

    ``refusal`` is the code that it would be refused with, None if it would pass; ``short`` is what
    is missing. ``allocations`` are ``[[lot, signed credits], ...]`` as in a receipt. ``expiring``
    are objects with ``lot_id``, ``pool``, ``expires_at`` (text) and ``amount``: what expires if
    nothing else is spent, ``unused`` credits in all, ``avoidable`` of them sooner than necessary. A
    lot that a hold past its deadline would make has None for its number. Where ``grants_due`` is
    true, scheduled grants are due that a spend would book first: it may find more than this.
    """

    account_id: str
    amount: int
    refusal: str | None
    available: int
    short: int
    allocations: list[list[int | None]]
    unused: int
    avoidable: int
    expiring: list[dict[str, Any]]
    grants_due: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Expiring:
    """``credits`` of an account that expire at ``expires_at``, of ``lots`` lots, also by pool."""

    account_id: str
    status: str | None
    expires_at: datetime
    credits: int
    lots: int
    pools: dict[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is ``stored`` otherwise than the entries say (``rebuilt``).

    ``part`` is lot, hold, tail or entry, and ``number`` that of the lot, hold or entry.
    """

    account_id: str
    part: str
    number: int
    field: str
    stored: str | None
    rebuilt: str | None
    is_repairable: bool


def list_entries(
    conn: Connection,
    account_id: str,
    *,
    limit: int | None = None,
    before: int | None = None,
    kind: str | None = None,
    feature: str | None = None,
    reference: str | None = None,
    member: str | None = None,
    from_: datetime | None = None,
    to: datetime | None = None,
) -> list[Entry]:
    """List ledger entries, newest first; ``before`` is the last entry_id of the previous page.

    ``from_`` (included) and ``to`` (not) choose by ``created_at``. The last page is an empty one:
    with a filter others may be shorter than ``limit``. Raises `pgcredits.errors.ScanLimit` where
    none of 100,000 entries fits; its ``values["before"]`` is the ``before`` to go on with.
    """
    return call_rows(
        conn,
        Entry,
        "list_entries",
        given(
            account_id=account_id,
            limit=limit,
            before=before,
            kind=kind,
            feature=feature,
            reference=reference,
            member=member,
            from_=from_,
            to=to,
        ),
    )


def balance_at(conn: Connection, account_id: str, at: datetime) -> PastBalance:
    """Read what an account had at an instant of the past, to the microsecond."""
    return call(conn, PastBalance, "balance_at", given(account_id=account_id, at=at))


def explain_spend(conn: Connection, account_id: str, entry_id: int) -> list[Explanation]:
    """Say which lots an entry took its credits from, and why in that order."""
    return call_rows(
        conn, Explanation, "explain_spend", given(account_id=account_id, entry_id=entry_id)
    )


def simulate_spend(conn: Connection, account_id: str, amount: int | None = None) -> Simulation:
    """Say what `deduct_credit` would do now, one credit by default; nothing is locked."""
    return call(conn, Simulation, "simulate_spend", given(account_id=account_id, amount=amount))


def list_expiring(
    conn: Connection,
    within: timedelta,
    *,
    limit: int | None = None,
    after_expires_at: datetime | None = None,
    after_account_id: str | None = None,
) -> list[Expiring]:
    """List credits of all accounts that expire within a time from now, soonest first.

    For the next page give ``expires_at`` and ``account_id`` of the last row.
    """
    return call_rows(
        conn,
        Expiring,
        "list_expiring",
        given(
            within=within,
            limit=limit,
            after_expires_at=after_expires_at,
            after_account_id=after_account_id,
        ),
    )


def rebuild(conn: Connection, account_id: str) -> list[Difference]:
    """Replay the entries of an account and list where what is stored differs."""
    return call_rows(conn, Difference, "rebuild", given(account_id=account_id))


def repair_account(
    conn: Connection,
    account_id: str,
    reason: str,
    person: str,
    *,
    reference: str | None = None,
    idempotency_key: str | None = None,
    metadata: Metadata | None = None,
) -> Receipt:
    """Make lots and holds of an account what its entries say; what was changed is kept."""
    return call(
        conn,
        Receipt,
        "repair_account",
        given(
            account_id=account_id,
            reason=reason,
            person=person,
            reference=reference,
            idempotency_key=idempotency_key,
            metadata=metadata,
        ),
    )
