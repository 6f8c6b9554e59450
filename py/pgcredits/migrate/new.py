"""`new`: the next migration, with the header that reviewers ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgcredits.migrate.errors import refuse
from pgcredits.migrate.files import discover

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = """\
-- Purpose: {purpose}.
-- Locks: which, and for how long.
-- Time on a million rows: measured, not guessed.

"""


def new(name: str, *, root: Path) -> Path:
    """Write ``migrations/NNNN_name.sql`` with the next number, and return its path.

    ``name`` is words: 'Add expiry' becomes ``add_expiry``. Raises `MigrateError` when there are
    none, when the files so far have problems, or when the file cannot be written.
    """
    words = re.findall(r"[a-z0-9]+", name.lower())
    if not words or not name.isascii():
        raise refuse(
            "bad_name",
            f"{name!r} is not a name for a migration",
            hint="use English letters and digits, like add_expiry",
        )
    source = discover(root)
    number = int(source.versioned[-1].id) + 1 if source.versioned else 1
    path = source.root / "migrations" / f"{number:04d}_{'_'.join(words)}.sql"
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(_HEADER.format(purpose=" ".join(words)))
    except OSError as exc:
        raise refuse("not_writable", f"cannot write {path}: {exc.strerror}") from exc
    return path
