"""The option ``--since``: an instant, or how long ago it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


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
        interval = re.fullmatch(r"(\d{1,9})\s*(min|h|d|w)", text)
        try:
            if interval is not None:
                past = timedelta(**{_UNITS[interval[2]]: int(interval[1])})
                return datetime.now(UTC) - past
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
