"""Commands of `pgcredits account` that tell what an account has, had and why."""

from __future__ import annotations

from pgcredits.cli.history.damage import rebuild, repair
from pgcredits.cli.history.reads import balance_at, entries, expiring, explain, show, simulate

COMMANDS = (balance_at, entries, expiring, explain, rebuild, repair, show, simulate)

__all__ = ["COMMANDS"]
