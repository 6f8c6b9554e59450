"""Fixtures of the tests of faults."""

from __future__ import annotations

from tests.concurrency.conftest import at_noon, sessions

__all__ = ["at_noon", "sessions"]
