"""The real psql and pg_dump, beside the server of the run."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from pgcredits.embedded import find_bindir
from scripts.dump_schema import dump

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def bindir() -> Path:
    """Where the programs of the run are."""
    major = os.environ.get("PG_MAJOR")
    return find_bindir(int(major) if major else None)


AS_DOCUMENTED = ("-v", "ON_ERROR_STOP=1")


def run_psql(
    dsn: str, file: Path, options: Sequence[str] = AS_DOCUMENTED
) -> subprocess.CompletedProcess[str]:
    """Run a file with psql, as the documentation says or with other options."""
    return subprocess.run(
        [bindir() / "psql", "-X", "-q", *options, "-d", dsn, "-f", file],
        capture_output=True,
        text=True,
        check=False,
    )


def dumped(dsn: str) -> str:
    """The schema as pg_dump shows it."""
    return dump(bindir(), dsn)
