"""What members have used, and the periods in which their caps count it.

Nothing is kept: usage is added up from the entries each time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.model.state import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.model.state import Account, Entry

PERIODS = ("hour", "day", "week", "month", "billing_period", "lifetime")
ALWAYS = datetime.min.replace(tzinfo=UTC)
Window = tuple[datetime, datetime]


def uses(account: Account) -> Iterator[tuple[str | None, datetime, int]]:
    """Who used how much, and when; what came back is negative, at the time of the use.

    A capture uses what its hold did not have when it is captured; that comes back first.
    """
    entries = account.entries
    refunded: dict[int, int] = {}
    for entry in entries:
        root = entries[entry.about - 1] if entry.about else entry
        if entry.kind in {"spend", "hold"}:
            yield entry.member, entry.occurred_at, -entry.amount
        elif entry.kind == "release":
            yield entry.member, root.occurred_at, -entry.amount
        elif entry.kind == "capture":
            yield entry.member, root.occurred_at, -entry.amount - entry.over
            yield entry.member, entry.occurred_at, entry.over
        elif entry.kind == "refund":
            before = refunded.get(root.entry_id, 0)
            refunded[root.entry_id] = before + entry.amount
            above = min(max(root.over - before, 0), entry.amount)
            yield entry.member, root.occurred_at, -above
            yield entry.member, _held_or_spent(account, root), above - entry.amount


def _held_or_spent(account: Account, spend: Entry) -> datetime:
    return account.entries[spend.about - 1].occurred_at if spend.about else spend.occurred_at


def used(account: Account, member: str, window: Window = (ALWAYS, NEVER)) -> int:
    """Credits that the member has used in a period, by what is known now."""
    start, end = window
    return sum(amount for user, at, amount in uses(account) if user == member and start <= at < end)


def window(account: Account, period: str, now: datetime) -> Window:
    """The period that contains now: start, and the first instant after it."""
    zone = ZoneInfo(account.time_zone)
    local = now.astimezone(zone)
    if period == "lifetime":
        return ALWAYS, NEVER
    if period == "billing_period":
        return _billing_period(account, now)
    if period == "hour":
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now - past, now - past + timedelta(hours=1)
    first = local.date()
    if period == "day":
        return _midnight(first, zone), _midnight(first + timedelta(days=1), zone)
    if period == "week":
        first -= timedelta(days=first.weekday())
        return _midnight(first, zone), _midnight(first + timedelta(days=7), zone)
    first = first.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return _midnight(first, zone), _midnight(following, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _billing_period(account: Account, now: datetime) -> Window:
    """The newest subscription period that contains now, or the time between two."""
    periods = [
        (lot.period_start or lot.granted_at, lot.period_end)
        for lot in account.lots.values()
        if lot.period_end is not None and lot.origin in {"grant", "trial", "schedule"}
    ]
    periods = [(start, end) for start, end in periods if start < end]
    current = [(start, end) for start, end in periods if start <= now < end]
    if current:
        return max(current)
    return (
        max((end for _, end in periods if end <= now), default=ALWAYS),
        min((start for start, _ in periods if start > now), default=NEVER),
    )
