"""Times as options and arguments: instants, intervals before now, durations."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(text: str) -> timedelta | None:
    """Return the duration, None if the text is none. Raises OverflowError."""
    found = re.fullmatch(r"(\d{1,9})\s*(min|h|d|w)", text)
    return None if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})


class Since(click.ParamType[datetime]):
    """'90min', '24h', '7d', '2w' before now, or an ISO 8601 instant with its zone."""

    name = "when"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            interval = _duration(text)
            if interval is not None:
                return datetime.now(UTC) - interval
            instant = datetime.fromisoformat(text)
        except OverflowError:
            self.fail(f"{value!r} is before the calendar begins", param, ctx)
        except ValueError:
            self.fail(
                f"{value!r} is neither an interval like 90min, 24h, 7d or 2w"
                " nor an instant like 2030-01-31T03:00:00Z",
                param,
                ctx,
            )
        if instant.tzinfo is None:
            self.fail(f"{value!r} has no time zone: add Z or an offset like +01:00", param, ctx)
        return instant


class Within(click.ParamType[timedelta]):
    """'90min', '24h', '7d', '2w' from now."""

    name = "how long"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the duration."""
        if isinstance(value, timedelta):
            return value
        try:
            duration = _duration(str(value).strip())
        except OverflowError:
            self.fail(f"{value!r} is longer than the calendar", param, ctx)
        if duration is None:
            self.fail(f"{value!r} is no interval like 90min, 24h, 7d or 2w", param, ctx)
        return duration
