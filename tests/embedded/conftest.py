from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory of mode 0755 that every user can reach, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="open-", dir="/tmp")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
