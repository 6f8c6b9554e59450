"""Subscriptions and their items: what was told of them, and when each grant of a period is due."""

from __future__ import annotations

from calendar import monthrange
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_US = timedelta(microseconds=1)
Share = tuple[int | None, int, int, int | None]
"""One part of each later grant: who pays, credits, credits before downgrades, cost of those."""


def on_the_clock(start: datetime, months: int, days: int, zone: str) -> datetime:
    """So many months and days after ``start`` on the wall clock of a zone.

    A month that lacks the day ends with its last one. An hour that the zone leaves out is taken as
    the clock went before the change, an hour that it has twice as it went after.
    """
    local = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    month = local.month - 1 + months
    year, month = local.year + month // 12, month % 12 + 1
    local = local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))
    before, after = (
        (local + timedelta(days=days)).replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1)
    )
    offsets = before.utcoffset(), after.utcoffset()
    assert offsets[0] is not None
    assert offsets[1] is not None
    return (before if offsets[0] < offsets[1] else after).astimezone(UTC)


@dataclass(slots=True)
class Item:
    """One item: ``amount`` credits in each grant of the newest paid period, or of the trial.

    ``every`` is the months and days between grants, None when all is granted at the start; ``done``
    of them are booked.
    """

    name: str
    amount: int
    cap: int | None
    start: datetime
    end: datetime
    plan: str | None = None
    is_trial: bool = False
    every: tuple[int, int] | None = None
    zone: str = "UTC"
    parts: list[Share] = field(default_factory=list)
    done: int = 1
    next_amount: int | None = None
    next_plan: str | None = None

    def instant(self, number: int) -> datetime:
        """When the grant of this number (0 is the first) is due; the end if there is none."""
        if number <= 0:
            return self.start
        if self.every is None:
            return self.end
        return min(self.end, max(self._plain(number), self._plain(number - 1) + _US))

    def _plain(self, number: int) -> datetime:
        assert self.every is not None
        months, days = self.every
        return on_the_clock(self.start, number * months, number * days, self.zone)

    @property
    def to_come(self) -> int:
        """How many grants of the period are not booked."""
        number = self.done
        while self.instant(number) < self.end:
            number += 1
        return number - self.done


@dataclass(slots=True)
class Subscription:
    """What was told of it. ``canceled_at`` is when it was canceled, not when that takes effect."""

    name: str
    status: str
    created_at: datetime
    trial_end: datetime | None = None
    canceled_at: datetime | None = None
    at_period_end: bool = False
    items: dict[str, Item] = field(default_factory=dict)

    def copy(self) -> Subscription:
        subscription = copy(self)
        subscription.items = {name: copy(item) for name, item in self.items.items()}
        return subscription

    def has_ended(self, now: datetime) -> bool:
        """Whether its cancellation has taken effect."""
        if self.canceled_at is None:
            return False
        if self.at_period_end:
            return max(item.end for item in self.items.values()) <= now
        return self.canceled_at <= now

    @property
    def grants(self) -> bool:
        """Whether its schedule goes on."""
        is_canceled = self.canceled_at is not None and not self.at_period_end
        return self.status in {"trialing", "active"} and not is_canceled

    def next_grant(self, item: Item) -> datetime | None:
        """When the item's next grant is due, if one is to come."""
        if not self.grants or item.every is None or item.instant(item.done) >= item.end:
            return None
        return item.instant(item.done)

    def latest(self, start: datetime | None, end: datetime) -> datetime | None:
        """Until when credits of a paid period live at most; None while it is not canceled.

        Who cancels at ``start`` or before has not canceled the period; None if it was known then.
        """
        if self.canceled_at is None or (start is not None and self.canceled_at <= start):
            return None
        return end if self.at_period_end else self.canceled_at
