"""The file that an export writes: JSON lines, a title, the heads, and a summary.

A file without its summary was cut off. Lines are in the order of the account ids.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = "pgcredits seals 1"


class MalformedError(Exception):
    """The file is not, or not wholly, what an export wrote; the text says where."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last seal of an account when it was exported."""

    account_id: str
    entry_id: int
    hash: str


def title(exported_at: str) -> str:
    """Return the first line; ``exported_at`` is an instant in ISO 8601."""
    return json.dumps({"format": FORMAT, "exported_at": exported_at}) + "\n"


def line(head: Head) -> str:
    """Return the line of a head."""
    return (
        json.dumps(
            {"account_id": head.account_id, "entry_id": head.entry_id, "hash": head.hash},
            ensure_ascii=False,
        )
        + "\n"
    )


def summary(accounts: int) -> str:
    """Return the last line."""
    return json.dumps({"summary": {"accounts": accounts}}) + "\n"


def count(path: Path) -> int:
    """Go through the whole file and return how many heads it has.

    Raises `MalformedError`, and `OSError`.
    """
    heads, end = 0, None
    for number, row in _rows(path):
        if number == 1:
            if row.get("format") != FORMAT:
                raise MalformedError(f"line 1: not a file of `seal export` ({FORMAT})")
        elif end is not None:
            raise MalformedError(f"line {number}: something follows the summary")
        elif "summary" in row:
            end = row["summary"]
        else:
            _head(number, row)
            heads += 1
    if end is None:
        raise MalformedError("the file is cut off: it has no summary")
    if end != {"accounts": heads}:
        raise MalformedError(f"the summary does not count the {heads} heads of the file")
    return heads


def read(path: Path) -> Iterator[Head]:
    """Read the heads of a file that `count` has accepted."""
    for number, row in _rows(path):
        if number > 1 and "summary" not in row:
            yield _head(number, row)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        try:
            for number, text in enumerate(file, start=1):
                row = json.loads(text)
                if not isinstance(row, dict):
                    raise MalformedError(f"line {number}: not a JSON object")
                yield number, row
        except UnicodeDecodeError:
            raise MalformedError("the file is not UTF-8") from None
        except ValueError:
            raise MalformedError(f"line {number}: not JSON") from None


def _head(number: int, row: dict[str, Any]) -> Head:
    account, entry, digest = row.get("account_id"), row.get("entry_id"), row.get("hash")
    if not (
        isinstance(account, str)
        and isinstance(entry, int)
        and not isinstance(entry, bool)
        and isinstance(digest, str)
        and len(row) == 3
    ):
        raise MalformedError(f"line {number}: not a head: account_id, entry_id and hash")
    return Head(account, entry, digest)
