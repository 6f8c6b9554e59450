"""Command line of the SQL lint."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.lint_sql import lint


def main(arguments: list[str] | None = None) -> int:
    """Print the findings; return 0 when there are none, 1 otherwise, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="lint_sql", description="House rules for the SQL files.")
    parser.add_argument("root", nargs="?", type=Path, default=Path("sql"), help="default: sql")
    try:
        root: Path = parser.parse_args(arguments).root
    except SystemExit as stop:
        return int(stop.code or 0)
    if not any(root.rglob("*.sql")):
        print(f"lint_sql: no SQL files below {root}", file=sys.stderr)
        return 2
    findings = lint(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
