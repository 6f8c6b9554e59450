"""Subscription periods: how long their lots live, and what a new period does to the old ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.model.state import NEVER, Lot, later

if TYPE_CHECKING:
    from datetime import datetime

    from tests.model.work import Work


@dataclass(frozen=True, slots=True)
class Grant:
    """One lot to be granted. With an item it starts a period and renews its subscription."""

    amount: int
    pool: str
    expires_at: datetime | None = None
    subscription: str | None = None
    item: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    rollover_cap: int | None = 0
    cost: int | None = None


def newest_period(work: Work, grant: Grant) -> datetime | None:
    """Start of the newest period that the subscription has been granted so far."""
    starts = [
        lot.period_start
        for lot in work.account.lots.values()
        if lot.origin == "grant"
        and lot.item is not None
        and lot.subscription == grant.subscription
        and lot.period_start is not None
    ]
    return max(starts, default=None)


def end_of(grant: Grant, newest: datetime | None, work: Work) -> datetime:
    """When the lot ends: as asked, or with its period and the grace that only the newest has."""
    if grant.expires_at is not None:
        return grant.expires_at
    if grant.period_end is None:
        return NEVER
    if is_old(grant, newest):
        return grant.period_end
    return later(grant.period_end, work.settings.renewal_grace)


def is_old(grant: Grant, newest: datetime | None) -> bool:
    """Whether the grant is for a period before the newest one."""
    return (
        grant.item is not None
        and newest is not None
        and grant.period_start is not None
        and grant.period_start < newest
    )


def starts_period(grant: Grant, newest: datetime | None) -> bool:
    """Whether the grant is the first one of a new period."""
    if grant.item is None or grant.period_start is None:
        return False
    return newest is None or newest < grant.period_start


def roll_over(work: Work, grant: Grant, ends_at: datetime) -> None:
    """End the lots of periods that are over; up to the cap carries over, the newest lots first."""
    assert grant.period_start is not None
    over = [
        lot
        for lot in work.account.holding()
        if lot.subscription == grant.subscription
        and lot.period_end is not None
        and lot.period_end <= grant.period_start
    ]
    cap = grant.rollover_cap
    lapsed = []
    for lot in reversed(over):
        carried = lot.left if cap is None else min(lot.left, cap)
        cap = None if cap is None else cap - carried
        lapse, lot.left = lot.left - carried, 0
        lot.expired += lapse
        lot.expires_at = min(lot.expires_at, work.now)
        if lapse:
            lapsed.append((lot.lot_id, -lapse))
        if carried:
            work.add(_carried(lot, carried, grant, ends_at), "rollover", [(lot.lot_id, -carried)])
    for lot in work.account.lots.values():
        # Used-up lots end too: what comes back later does not live in a period that is over.
        is_over = lot.period_end is not None and lot.period_end <= grant.period_start
        if lot.subscription == grant.subscription and is_over and not lot.left:
            lot.expires_at = min(lot.expires_at, work.now)
    if lapsed:
        work.book("expire", lapsed)


def _carried(lot: Lot, amount: int, grant: Grant, ends_at: datetime) -> Lot:
    new = lot.derived("rollover", amount, ends_at)
    new.period_start, new.period_end = grant.period_start, grant.period_end
    return new
