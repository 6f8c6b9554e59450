"""`pgcredits verify`: every invariant of every account."""

from __future__ import annotations

from pgcredits.cli.verify.command import verify

__all__ = ["verify"]
