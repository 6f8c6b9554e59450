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
    plan: str | None = None
    every: tuple[int, int] | None = None


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


def end_of(
    grant: Grant, newest: datetime | None, period_end: datetime | None, work: Work
) -> datetime:
    """When the lot ends: as asked, or with its period and the grace that only the newest has."""
    if grant.expires_at is not None:
        return grant.expires_at
    if period_end is None:
        return NEVER
    if is_old(grant, newest):
        return period_end
    return later(period_end, work.settings.renewal_grace)


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
    """End the lots of periods that are over; up to the cap carries over, the newest lots first.

    What is left of a trial ends too, over or not, and nothing of it carries over.
    """
    tried = _trial_before(work, grant)
    over = [lot for lot in work.account.holding() if _is_over(lot, grant, tried)]
    cap = grant.rollover_cap
    lapsed = []
    for lot in reversed(over):
        carried = lot.left if cap is None else min(lot.left, cap)
        carried = 0 if _is_of(tried, lot) else carried
        cap = None if cap is None else cap - carried
        lapse, lot.left = lot.left - carried, 0
        lot.expired += lapse
        lot.expires_at = min(lot.expires_at, work.effective_at)
        if lapse:
            lapsed.append((lot.lot_id, -lapse))
        if carried:
            work.add(_carried(lot, carried, grant, ends_at), "rollover", [(lot.lot_id, -carried)])
    for lot in work.account.lots.values():
        # Used-up lots end too: what comes back later does not live in a period that is over.
        if _is_over(lot, grant, tried) and not lot.left:
            lot.expires_at = min(lot.expires_at, work.effective_at)
    if lapsed:
        work.book("expire", lapsed)


def _trial_before(work: Work, grant: Grant) -> Lot | None:
    """The lot of the subscription's trial, if that had begun when the period ends."""
    for lot in reversed(work.account.lots.values()):
        if (lot.subscription, lot.origin) == (grant.subscription, "trial"):
            assert lot.period_start is not None
            assert grant.period_end is not None
            return lot if lot.period_start < grant.period_end else None
    return None


def _is_of(trial: Lot | None, lot: Lot) -> bool:
    """Whether the lot holds credits of the trial, or restores some."""
    if trial is None:
        return False
    return (lot.period_start, lot.period_end) == (trial.period_start, trial.period_end)


def _is_over(lot: Lot, grant: Grant, trial: Lot | None) -> bool:
    if lot.subscription != grant.subscription or lot.period_end is None:
        return False
    assert grant.period_start is not None
    return lot.period_end <= grant.period_start or _is_of(trial, lot)


def _carried(lot: Lot, amount: int, grant: Grant, ends_at: datetime) -> Lot:
    new = lot.derived("rollover", amount, ends_at)
    new.period_start, new.period_end = grant.period_start, grant.period_end
    return new
