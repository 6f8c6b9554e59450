#!/usr/bin/env python3
"""The migration runner for people who do not install the package.

    python scripts/apply_migrations.py --dsn postgresql://… [apply | status | plan]

Runs from a checkout; needs ``pip install "psycopg[binary]" click`` and nothing else.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "py"))

try:
    from pgcredits.cli.migrate import migrate
except ModuleNotFoundError as exc:
    if exc.name not in {"psycopg", "click"}:
        raise
    sys.exit(f'{exc.name} is missing: pip install "psycopg[binary]" click')

if __name__ == "__main__":
    migrate(prog_name="apply_migrations.py")
