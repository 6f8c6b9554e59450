"""Tamper evidence: seals of the ledger, and how far the periodic jobs have come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgcredits.rpc.query import call, call_rows, given
from pgcredits.rpc.types import Backlog, Finding, Seal, Sealing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgcredits.rpc.query import Connection


def seal_due(conn: Connection, limit: int | None = None) -> Sealing:
    """Seal entries that are not sealed yet, at most ``limit`` of them."""
    return call(conn, Sealing, "seal_due", given(limit=limit))


def get_seal(conn: Connection, account_id: str) -> Seal:
    """Return the last seal of an account."""
    return call(conn, Seal, "get_seal", given(account_id=account_id))


def list_seals(
    conn: Connection, *, limit: int | None = None, after: str | None = None
) -> list[Seal]:
    """Return the last seal of each account; ``after`` is the last account_id of the page before."""
    return call_rows(conn, Seal, "list_seals", given(limit=limit, after=after))


def verify_seals(conn: Connection, heads: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Check accounts against heads that were exported: ``account_id``, ``entry_id``, ``hash``."""
    return call_rows(conn, Finding, "verify_seals", given(heads=list(heads)))


def get_backlog(conn: Connection) -> Backlog:
    """Return what the periodic jobs have before them."""
    return call(conn, Backlog, "get_backlog", {})
