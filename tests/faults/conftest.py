"""Fixtures of the tests of faults."""

from __future__ import annotations

from tests.concurrency.conftest import sessions

__all__ = ["sessions"]
