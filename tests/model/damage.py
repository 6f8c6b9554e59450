"""Rows that somebody changes behind the functions: `rebuild` must tell what, and only that.

The entries stay as they are. What they do not tell (pools, expiries, deadlines) stays too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import psycopg

    from pgcredits.rpc import Difference


class Fault(NamedTuple):
    """What is written into which row of ``relation``, where the figures allow for it."""

    relation: str
    changes: str
    where: str


FAULTS = [
    Fault("lots", "remaining = 0, is_open = false", "t.remaining > 0"),
    Fault(
        "lots",
        "remaining = t.granted, is_open = true",
        "t.remaining < t.granted and t.moved_to_lot_id is null",
    ),
    Fault("lots", "granted = t.granted + 7", "true"),
    Fault("lots", "expired = t.granted - t.expired", "t.granted <> 2 * t.expired"),
    Fault("lots", "clawed = t.clawed - 1", "t.clawed > 1"),
    Fault(
        "lots",
        "clawed = t.clawed + 1, clawed_at = coalesce(t.clawed_at, t.granted_at)",
        "t.clawed < t.granted",
    ),
    Fault("lots", "granted_at = t.granted_at - interval '1 hour'", "true"),
    Fault("holds", "amount = t.amount + 1", "true"),
    Fault("holds", "captured = t.captured + 1", "t.captured < t.amount"),
    Fault("holds", "status = 'released'", "t.status = 'open'"),
]

Changed = set[tuple[str, int, str]]
# These follow from the other figures, and are not told where they make no difference.
_DERIVED = {"is_open", "clawed_at"}


def plant(conn: psycopg.Connection[Any], account_id: str, fault: Fault, nth: int) -> Changed:
    """Change one row of the account; return part, number and field of what is different now.

    Nothing changes, and nothing is returned, where no row of the account allows for the fault.
    """
    column = f"{fault.relation[:-1]}_id"
    found = conn.execute(
        f"select t.{column}, to_jsonb(t) from credits_private.{fault.relation} t"  # noqa: S608
        f" where t.account_id = %s and {fault.where} order by 1".encode(),
        (account_id,),
    ).fetchall()
    if not found:
        return set()
    number, before = found[nth % len(found)]
    after = conn.execute(
        f"update credits_private.{fault.relation} as t set {fault.changes}"  # noqa: S608
        f" where t.account_id = %s and t.{column} = %s returning to_jsonb(t)".encode(),
        (account_id, number),
    ).fetchone()
    assert after is not None
    return {
        (fault.relation[:-1], number, field)
        for field, value in after[0].items()
        if value != before[field] and field not in _DERIVED
    }


def told(differences: list[Difference]) -> Changed:
    """What `rebuild` says, in the same form."""
    assert all(one.is_repairable for one in differences)
    return {(one.part, one.number, one.field) for one in differences if one.field not in _DERIVED}
