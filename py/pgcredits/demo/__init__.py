"""`pgcredits demo`: a real server, the real relay and signed events over HTTP, in a few seconds.

`run` sets the stage (`pgcredits.demo.stage`), plays the story (`pgcredits.demo.story`) and shows
each step (`pgcredits.demo.screen`). `pgcredits.demo.events` builds the events.
"""

from __future__ import annotations

from pgcredits.demo.play import run
from pgcredits.demo.stage import StageError

__all__ = ["StageError", "run"]
