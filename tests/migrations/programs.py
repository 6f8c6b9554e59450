"""The real psql and pg_dump, beside the server of the run."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from pgcredits.embedded import find_bindir
from scripts.dump_schema import dump

if TYPE_CHECKING:
    from pathlib import Path


def bindir() -> Path:
    """Where the programs of the run are."""
    major = os.environ.get("PG_MAJOR")
    return find_bindir(int(major) if major else None)


def run_psql(dsn: str, file: Path, *, together: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a file as the documentation says: one transaction, stop at the first error."""
    options = ["-X", "-q", *(["-1"] if together else []), "-v", "ON_ERROR_STOP=1"]
    return subprocess.run(
        [bindir() / "psql", *options, "-d", dsn, "-f", file],
        capture_output=True,
        text=True,
        check=False,
    )


def dumped(dsn: str) -> str:
    """The schema as pg_dump shows it."""
    return dump(bindir(), dsn)
