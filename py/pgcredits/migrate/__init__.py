"""The migration runner: `apply`, `status` and `plan`. Needs psycopg alone.

    >>> from pgcredits import migrate
    >>> migrate.apply("postgresql://localhost/app")  # doctest: +SKIP
    Report(...)

All three take ``root``, the directory of SQL files, which by default is the one that ships with
the package. They raise `MigrateError`, whose ``problems`` and ``exit_code`` say what to do.
"""

from __future__ import annotations

from pgcredits.migrate.apply import apply
from pgcredits.migrate.errors import MigrateError, Problem
from pgcredits.migrate.files import discover, fingerprint, sql_root
from pgcredits.migrate.inspect import plan, status
from pgcredits.migrate.report import Applied, Database, Item, Plan, Report, Status, Step

__all__ = [
    "Applied",
    "Database",
    "Item",
    "MigrateError",
    "Plan",
    "Problem",
    "Report",
    "Status",
    "Step",
    "apply",
    "discover",
    "fingerprint",
    "plan",
    "sql_root",
    "status",
]
