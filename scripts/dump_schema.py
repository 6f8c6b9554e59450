#!/usr/bin/env python3
"""Write sql/schema.sql: the finished schema as pg_dump shows it, for people who review changes.

    python scripts/dump_schema.py [--check]

Installs the files in a throwaway PostgreSQL 18 and dumps what came out: tables, types, functions,
rights and comments. Nothing applies the result. With --check nothing is written, and the exit
status is 1 when the file is not current.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pgcredits import migrate
from pgcredits.embedded import LocalPostgres

if TYPE_CHECKING:
    from collections.abc import Sequence

MAJOR = 18
"""pg_dump writes the same schema differently from one major version to the next."""

TARGET = Path(__file__).resolve().parents[1] / "sql" / "schema.sql"

HEADER = """\
-- The finished schema, made by scripts/dump_schema.py from the other files here. For reading, and
-- for reviewing changes: nothing applies it. The roles are made by bootstrap.sql.

"""
# pg_dump's version, the server's, and a random token against injected psql commands.
_VARIABLE = re.compile(
    r"^(?:-- Dumped (?:from database|by pg_dump) version .*|\\(?:un)?restrict .*)\n", re.MULTILINE
)


def dump(bindir: Path, dsn: str) -> str:
    """Run pg_dump on a database; return its schema without what differs from run to run."""
    command = [str(bindir / "pg_dump"), "--schema-only", "--no-password", "--dbname", dsn]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pg_dump: {done.stderr.strip()}")
    text = _VARIABLE.sub("", done.stdout)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def schema(server: LocalPostgres, dbname: str = "postgres") -> str:
    """Return what sql/schema.sql must be, from a database of ours on a server of that major."""
    return HEADER + dump(server.bindir, server.dsn(dbname))


def main(arguments: Sequence[str]) -> int:
    """Write the file, or check it."""
    if [*arguments] not in ([], ["--check"]):
        sys.exit(str(__doc__))
    with LocalPostgres(major=MAJOR) as server:
        migrate.apply(server.dsn())
        text = schema(server)
    current = TARGET.read_text("utf-8") if TARGET.exists() else ""
    if arguments:
        if text != current:
            sys.stderr.write("sql/schema.sql is not current: python scripts/dump_schema.py\n")
        return int(text != current)
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
