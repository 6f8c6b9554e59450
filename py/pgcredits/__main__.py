"""`python -m pgcredits`: the command line without the console script."""

from __future__ import annotations

from pgcredits.cli import main

if __name__ == "__main__":
    main(prog_name="pgcredits")
