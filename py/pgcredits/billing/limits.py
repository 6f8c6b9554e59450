"""How often an account may call."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 10_000


class Limiter:
    """Lets each name through so many times a minute; what is unused adds up to that many."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._now = now
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, name: str) -> float:
        """Count a call and return 0, or return in how many seconds one is possible again."""
        gap = 60 / self._per_minute
        now = self._now()
        with self._lock:
            full_at = max(self._full_at.get(name, now), now) + gap
            if full_at > now + 60 + 1e-9:
                return full_at - now - 60
            if name not in self._full_at and len(self._full_at) >= _MOST:
                self._full_at = {n: t for n, t in self._full_at.items() if t > now}
            self._full_at[name] = full_at
        return 0.0
