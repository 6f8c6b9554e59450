"""What a test of faults needs from the machine beside a PostgreSQL server."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test and say why; with ``CI`` set nothing may be missing, and the test fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
