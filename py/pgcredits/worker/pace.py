"""When a job runs next. Pure, but for the dice."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST, _LONGEST = 5.0, 60.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Pauses of a job that is to run every ``interval`` seconds.

    All of them vary, so that several workers do not keep step. ``dice`` gives numbers from 0 to 1.
    """

    interval: float
    dice: Callable[[], float] = random.random

    def first(self) -> float:
        """Seconds until the first run: a few."""
        return self.dice() * min(self.interval, _FIRST)

    def after_success(self, took: float) -> float:
        """Seconds until the next run, after one that took ``took`` seconds: begin to begin."""
        return max(0.0, self.interval * (0.9 + 0.2 * self.dice()) - took)

    def after_failure(self, failures: int) -> float:
        """Seconds until the next try, after so many failures in a row: 1, 2, 4 up to 60."""
        pause = min(2.0 ** min(failures - 1, 10), _LONGEST, self.interval)
        return pause * (0.5 + 0.5 * self.dice())
