"""What an account had at an instant of the past: what `balance_at` has to answer.

Written in two ways that know nothing of each other: from the entries by their dates, and from what
the account really was when somebody looked.
"""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING

from tests.model import shown
from tests.model.state import POOLS

if TYPE_CHECKING:
    from datetime import datetime

    from tests.model.shown import Shown
    from tests.model.state import Account

_PARTS = ("balance", "available", "held", "settled", "debt", "pools")


def instants(account: Account) -> set[datetime]:
    """When something happened to the account, or will."""
    return {
        *(entry.occurred_at for entry in account.entries),
        *(lot.expires_at for lot in account.lots.values()),
        *(hold.expires_at for hold in account.holds.values()),
    }


def balance(account: Account, moment: datetime) -> Shown:
    """What the account had at ``moment``, from its entries.

    An entry counts from its date, unless an entry before it counts later. Credits of a lot count
    until its expiry, whatever has been booked of it.
    """
    entries = list(takewhile(lambda one: one.occurred_at <= moment, account.entries))
    left: Counter[int] = Counter()
    for entry in entries:
        for lot_id, amount in entry.parts:
            left[lot_id] += amount
    debt = -left.pop(0, 0)
    pools = dict.fromkeys(POOLS, 0)
    for lot_id, credits in left.items():
        lot = account.lots[lot_id]
        if moment < lot.expires_at:
            pools[lot.pool] += credits
    held = -sum(one.amount for one in entries if one.kind in {"hold", "release"})
    credits = sum(pools.values())
    available = 0 if debt else credits
    return {
        "balance": credits - debt,
        "available": available,
        "held": held,
        "settled": available + held,
        "debt": debt,
        "pools": pools,
    }


def reading(account: Account, moment: datetime) -> Shown:
    """What ``get_balance`` says of the account at ``moment``, as far as ``balance_at`` does."""
    seen = shown.balance(account, moment)
    return {part: seen[part] for part in _PARTS}


def stands(then: Account, moment: datetime, now: Account) -> bool:
    """Whether what was read of ``then`` at ``moment`` is what history says of it ``now``.

    It is not where something was booked later with a date up to that moment (a period that was
    billed late, the release of a hold at its deadline), at that very moment, or where the clock
    has run backwards.
    """
    if any(one.occurred_at > moment for one in then.entries):
        return False
    if any(hold.is_overdue(moment) for hold in then.holds.values()):
        return False
    for one in now.entries[len(then.entries) :]:
        is_due = one.kind == "expire" and all(
            lot_id in then.lots and then.lots[lot_id].expires_at <= moment
            for lot_id, _ in one.parts
        )
        if one.occurred_at <= moment and not is_due:
            return False
    return all(
        (lot.expires_at <= moment) == (now.lots[number].expires_at <= moment)
        for number, lot in then.lots.items()
        if lot.left
    )
