"""Everything that can be seen of an account, from the model and from the database, in one form.

The form is that of JSON: rows are dictionaries, instants are texts. So the database answers one
statement, and what differs can be read in the output of a failed comparison.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.model import usage
from tests.model.state import NEVER, POOLS, Account, Entry, Hold, Lot, Payment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import psycopg

    from tests.model.items import Item, Subscription
    from tests.model.model import Model

Shown = dict[str, Any]

# Costs one round trip for all accounts. `known` is the number of entries compared before; verify
# and rebuild are most of the cost, and not asked where nothing has been booked.
_LOOK = """
select jsonb_object_agg(a.account_id, jsonb_build_object(
    'balance', (select to_jsonb(b) - 'as_of' from credits.get_balance(a.account_id) b),
    'entries', (
        select coalesce(jsonb_agg(to_jsonb(e) - 'actor' - 'request' order by e.entry_id), '[]')
        from credits.list_entries(a.account_id, 1000) e
        where e.entry_id > a.known
    ),
    'lots', (
        select coalesce(jsonb_agg(to_jsonb(l) order by l.ordinality), '[]')
        from credits.list_lots(a.account_id, 1000, null, false) with ordinality l
    ),
    'behind', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'lot_id', l.lot_id, 'item', l.item, 'plan', l.plan, 'expired', l.expired,
            'clawed', l.clawed, 'clawed_at', l.clawed_at, 'moved_to_lot_id', l.moved_to_lot_id
        ) order by l.lot_id), '[]')
        from credits_private.lots l
        where l.account_id = a.account_id
    ),
    'payments', (
        select coalesce(jsonb_agg(to_jsonb(p) - 'created_at' order by p.payment_id), '[]')
        from credits_private.payments p
        where p.account_id = a.account_id
    ),
    'holds', (
        select coalesce(jsonb_agg(to_jsonb(h) order by h.ordinality), '[]')
        from credits.list_holds(a.account_id, 1000, null, false) with ordinality h
    ),
    'members', (
        select coalesce(jsonb_agg(to_jsonb(m) order by m.ordinality), '[]')
        from credits.list_member_usage(a.account_id, null, 1000) with ordinality m
    ),
    'subscriptions', (
        select coalesce(jsonb_agg(to_jsonb(s)), '[]')
        from credits.list_subscriptions(a.account_id, 1000) s
    ),
    'findings', (
        select coalesce(jsonb_agg(to_jsonb(f)), '[]')
        from credits.verify(a.account_id) f
        where a.to_verify
    ),
    'differences', (
        select coalesce(jsonb_agg(to_jsonb(d)), '[]')
        from credits.rebuild(a.account_id) d
        where a.to_verify
    )
))
from unnest(%s::text[], %s::bigint[], %s::boolean[]) as a (account_id, known, to_verify)
"""


def in_database(
    conn: psycopg.Connection[Any], known: dict[str, int], to_verify: set[str]
) -> dict[str, Shown]:
    """What the database shows of these accounts, entries from after the known ones on.

    ``findings`` of ``verify`` and ``differences`` of ``rebuild`` are asked for the accounts
    ``to_verify`` alone. The session's time zone must be UTC.
    """
    asked = (list(known), list(known.values()), [name in to_verify for name in known])
    answer = conn.execute(_LOOK, asked).fetchone()
    assert answer is not None
    seen: dict[str, Shown] = answer[0]
    for shown in seen.values():
        for rows in (shown["lots"], shown["holds"], shown["members"]):
            for number, one in enumerate(rows, start=1):
                assert one.pop("ordinality") == number
    return seen


def in_model(model: Model, known: dict[str, int]) -> dict[str, Shown]:
    """What the database has to show of these accounts."""
    return {
        account_id: _shown(model.account(account_id), model.now, number)
        for account_id, number in known.items()
    }


def balance(account: Account, now: datetime) -> Shown:
    """The row of ``get_balance`` at this instant, without it."""
    spendable = account.spendable(now)
    pools = dict.fromkeys(POOLS, 0)
    expiries: dict[datetime, int] = defaultdict(int)
    for lot in spendable:
        pools[lot.pool] += lot.left
        expiries[lot.expires_at] += lot.left
    first = min(expiries.keys() - {NEVER}, default=None)
    credits = sum(pools.values())
    available = 0 if account.debt else credits
    return {
        "account_id": account.account_id,
        "status": account.status,
        "merged_into": account.merged_into,
        "plan": None,
        "balance": credits - account.debt,
        "available": available,
        "held": account.held,
        "settled": available + account.held,
        "debt": account.debt,
        "pools": pools,
        "next_expires_at": instant(first),
        "next_expires_amount": expiries[first] if first else None,
    }


def instant(moment: datetime | None) -> str | None:
    """As in JSON; never is null."""
    if moment is None or moment == NEVER:
        return None
    text = moment.isoformat()
    whole, point, rest = text.partition(".")
    if not point:
        return text
    fraction, offset = rest[:6], rest[6:]
    return f"{whole}.{fraction.rstrip('0')}{offset}"


def plain(values: Any) -> Any:
    """As JSON gives them back."""
    return json.loads(json.dumps(values, default=instant))


def entry(account: Account, one: Entry) -> Shown:
    """The row of ``list_entries``, without the actor and what was asked."""
    return {
        "account_id": account.account_id,
        "entry_id": one.entry_id,
        "command_id": one.command_id,
        "kind": one.kind,
        "amount": one.amount,
        "balance": one.balance,
        "debt": one.debt,
        "allocations": [list(part) for part in one.parts],
        "pools": _pools(account, one),
        "about_entry_id": one.about,
        "other_account_id": one.other and one.other[0],
        "other_entry_id": one.other and one.other[1],
        "feature": one.feature,
        "member": one.member,
        "reference": one.reference,
        "idempotency_key": one.key,
        "metadata": one.metadata,
        "created_at": instant(one.created_at),
        "occurred_at": instant(one.occurred_at),
    }


def _shown(account: Account, now: datetime, known: int) -> Shown:
    lots = account.lots.values()
    return {
        "balance": balance(account, now),
        "entries": [entry(account, one) for one in account.entries[known:]],
        "lots": [_lot(account, lot, now) for lot in sorted(lots, key=lambda lot: lot.rank)],
        "behind": [_behind(lot) for lot in lots],
        "payments": _payments(account, account.payments.values()),
        "holds": [_hold(account, one) for one in reversed(account.holds.values())],
        "members": [_member(account, name, now) for name in _members(account)],
        "subscriptions": [
            _subscription(account, one, now) for _, one in sorted(account.subscriptions.items())
        ],
        "findings": [],
        "differences": [],
    }


def _pools(account: Account, one: Entry) -> dict[str, int]:
    """What came to each pool and went."""
    pools: dict[str, int] = defaultdict(int)
    for lot_id, amount in one.parts:
        pools[account.lots[lot_id].pool if lot_id else "debt"] += amount
    return dict(pools)


def _lot(account: Account, lot: Lot, now: datetime) -> Shown:
    """The row of ``list_lots``."""
    return {
        "account_id": account.account_id,
        "lot_id": lot.lot_id,
        "pool": lot.pool,
        "priority": POOLS[lot.pool].priority,
        "granted": lot.granted,
        "remaining": lot.left,
        "expires_at": instant(lot.expires_at),
        "is_live": lot.left > 0 and now < lot.expires_at,
        "origin": lot.origin,
        "subscription": lot.subscription,
        "period_start": instant(lot.period_start),
        "period_end": instant(lot.period_end),
        "payment_id": lot.payment_id,
        "cost_amount": lot.cost,
        "cost_currency": lot.currency,
        "cost_moved": lot.cost_moved,
        "reference": lot.reference,
        "from_account_id": lot.giver and lot.giver[0],
        "from_lot_id": lot.giver and lot.giver[1],
        "granted_at": instant(lot.granted_at),
    }


def _hold(account: Account, hold: Hold) -> Shown:
    """The row of ``list_holds``."""
    entry = account.entries[hold.hold_id - 1]
    return {
        "account_id": account.account_id,
        "hold_id": hold.hold_id,
        "amount": hold.amount,
        "captured": hold.captured,
        "held": hold.held,
        "status": hold.status,
        "expires_at": instant(hold.expires_at),
        "feature": entry.feature,
        "member": entry.member,
        "reference": entry.reference,
        "metadata": entry.metadata,
        "created_at": instant(entry.created_at),
    }


def _members(account: Account) -> list[str]:
    """Everybody who has used credits or has a cap, by name."""
    used = {name for name, _, _ in usage.uses(account) if name is not None}
    return sorted(used | {member for member, _ in account.caps})


def _member(account: Account, member: str, now: datetime) -> Shown:
    """The row of ``list_member_usage``."""
    caps = []
    for period in usage.PERIODS:
        cap = account.caps.get((member, period))
        if cap is None:
            continue
        start, end = usage.window(account, period, now)
        used = usage.used(account, member, (start, end))
        caps.append(
            {
                "period": period,
                "cap": cap,
                "used": used,
                "left": max(cap - used, 0),
                "starts_at": None if start == usage.ALWAYS else instant(start),
                "resets_at": instant(end),
            }
        )
    used = usage.used(account, member)
    return {"account_id": account.account_id, "member": member, "used": used, "caps": caps}


def _subscription(account: Account, one: Subscription, now: datetime) -> Shown:
    """The row of ``list_subscriptions``."""
    last = max(one.items.values(), key=lambda item: (item.end, item.start))
    status = one.status
    if one.has_ended(now):
        status = "canceled"
    elif status == "trialing" and one.trial_end is not None and one.trial_end <= now:
        status = "past_due"
    return {
        "account_id": account.account_id,
        "subscription": one.name,
        "status": status,
        "trial_end": instant(one.trial_end),
        "period_start": instant(last.start),
        "period_end": instant(last.end),
        "cancel_at_period_end": one.at_period_end,
        "canceled_at": instant(one.canceled_at),
        "items": [_item(account, one, item) for _, item in sorted(one.items.items())],
        "created_at": instant(one.created_at),
    }


def _item(account: Account, one: Subscription, item: Item) -> Shown:
    due = None if account.status == "closed" else one.next_grant(item)
    every = [
        f"{number} {unit}" + "s" * (number != 1)
        for number, unit in zip(item.every or (), ("month", "day"), strict=False)
        if number
    ]
    return {
        "item": item.name or None,
        "plan": item.plan,
        "amount": item.amount,
        "rollover_cap": item.cap,
        "period_start": instant(item.start),
        "period_end": instant(item.end),
        "grant_every": " ".join(every) or None,
        "next_grant_at": instant(due),
        "next_amount": item.next_amount,
        "next_plan": item.next_plan,
    }


def _behind(lot: Lot) -> Shown:
    """What no function shows of a lot and later commands depend on."""
    return {
        "lot_id": lot.lot_id,
        "item": lot.item,
        "plan": lot.plan,
        "expired": lot.expired,
        "clawed": lot.clawed,
        "clawed_at": instant(lot.clawed_at),
        "moved_to_lot_id": lot.moved_to,
    }


def _payments(account: Account, payments: Iterable[Payment]) -> list[Shown]:
    """The rows of the table payments, without their date."""
    return [
        {
            "account_id": account.account_id,
            "payment_id": one.payment_id,
            "provider": one.provider,
            "object_id": one.name,
            "amount_paid": one.amount_paid,
            "currency": one.currency,
            "amount_returned": one.amount_returned,
            "granted": one.granted,
            "pending": one.pending,
            "target": one.target,
            "withheld": one.withheld,
            "clawed": one.clawed,
            "covered": one.covered,
            "owed": one.owed,
            "settled": one.settled,
            "written_off": one.written_off,
            "debt_paid": one.debt_paid,
            "demanded": one.demanded,
            "moved_to_payment_id": one.moved_to,
        }
        for one in payments
    ]
