"""``python -m pgcredits.cli.migrate``."""

from __future__ import annotations

from pgcredits.cli.migrate import migrate

if __name__ == "__main__":
    migrate()
