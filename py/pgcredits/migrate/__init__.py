"""The migration runner: `apply`, `status`, `plan`, `verify` and more. Needs psycopg alone.

    >>> from pgcredits import migrate
    >>> migrate.apply("postgresql://localhost/app")  # doctest: +SKIP
    Report(...)

All take ``root``, the directory of SQL files, which by default is the one that ships with
the package. They raise `MigrateError`, whose ``problems`` and ``exit_code`` say what to do.
"""

from __future__ import annotations

from pgcredits.migrate.apply import apply
from pgcredits.migrate.baseline import baseline
from pgcredits.migrate.bundle import bundle
from pgcredits.migrate.errors import MigrateError, Problem
from pgcredits.migrate.files import discover, fingerprint, sql_root
from pgcredits.migrate.inspect import plan, status
from pgcredits.migrate.lint import lint
from pgcredits.migrate.new import new
from pgcredits.migrate.repair import Repaired, accept_checksum, mark_applied, mark_pending
from pgcredits.migrate.report import Applied, Database, Item, Plan, Report, Status, Step, TableLock
from pgcredits.migrate.verify import Verification, verify
from pgcredits.migrate.verify import accept as accept_drift

__all__ = [
    "Applied",
    "Database",
    "Item",
    "MigrateError",
    "Plan",
    "Problem",
    "Repaired",
    "Report",
    "Status",
    "Step",
    "TableLock",
    "Verification",
    "accept_checksum",
    "accept_drift",
    "apply",
    "baseline",
    "bundle",
    "discover",
    "fingerprint",
    "lint",
    "mark_applied",
    "mark_pending",
    "new",
    "plan",
    "sql_root",
    "status",
    "verify",
]
