"""The Markdown pages, cut into fenced blocks, and psql to run them.

The first word after the fence is the language, the second says what the tests do with the block:

* ``sql runnable``: psql runs it, all blocks of a page in order against one database;
* ``text output``: what psql prints for the block before it;
* ``python runnable``: python runs it with DATABASE_URL;
* ``text demo``: an excerpt of what the demo prints; a line ``[...]`` stands for what is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pgcredits.embedded import find_bindir

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GAP = "[...]"

_FENCE = re.compile(r"^```(\S*)[ \t]*(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:?\d\d)?|Z)?"), "TIME"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\d+\.\d s\b"), "N s"),
    (re.compile(r"PostgreSQL \d+(\.\d+)?"), "PostgreSQL N"),
    (re.compile(r"\d+ files applied"), "N files applied"),
    # Columns are as wide as what stands in them.
    (re.compile(r"[ \t]+"), " "),
    (re.compile(r"-{2,}"), "--"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it begins, its language, its purpose, and its text."""

    path: Path
    line: int
    language: str
    purpose: str
    text: str

    def __str__(self) -> str:
        return f"{name(self.path)}:{self.line}"


def name(path: Path) -> str:
    """Return the path as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def blocks(path: Path) -> tuple[Block, ...]:
    """Return all fenced blocks of a page."""
    page = path.read_text("utf-8")
    return tuple(
        Block(path, page.count("\n", 0, found.start()) + 1, found[1], found[2], found[3])
        for found in _FENCE.finditer(page)
    )


def marked(language: str, purpose: str) -> list[Block]:
    """Return the blocks of all pages with this language and purpose."""
    return [
        block
        for path in PAGES
        for block in blocks(path)
        if (block.language, block.purpose) == (language, purpose)
    ]


def normal(text: str) -> list[str]:
    """Return the lines without what differs from run to run."""
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return [line.rstrip() for line in text.strip().splitlines()]


def psql(dsn: str, script: str) -> str:
    """Run a script as a reader of the page would, and return what psql shows."""
    bindir = find_bindir(int(os.environ["PG_MAJOR"]) if os.environ.get("PG_MAJOR") else None)
    done = subprocess.run(
        [bindir / "psql", "-X", "-q", "-v", "SHOW_CONTEXT=never", "-d", dsn, "-f", "-"],
        input=script,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PGTZ": "UTC", "LC_ALL": "C.UTF-8"},
    )
    # With -f psql says in which line of the script an error was raised.
    return re.sub(r"^psql:\S+:\d+: ", "", done.stdout, flags=re.MULTILINE)
