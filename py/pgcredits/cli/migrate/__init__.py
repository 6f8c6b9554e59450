"""``pgcredits migrate``, for people and for CI jobs: one module for each family of commands.

The result goes to stdout, progress and complaints to stderr. Needs psycopg and click alone.
"""

from __future__ import annotations

from pgcredits.cli.migrate.apply import apply_command
from pgcredits.cli.migrate.author import lint_command, new_command
from pgcredits.cli.migrate.bundle import bundle_command
from pgcredits.cli.migrate.group import migrate
from pgcredits.cli.migrate.look import plan_command, status_command
from pgcredits.cli.migrate.repair import baseline_command, repair_command
from pgcredits.cli.migrate.verify import verify_command

for _command in (
    apply_command,
    baseline_command,
    bundle_command,
    lint_command,
    new_command,
    plan_command,
    repair_command,
    status_command,
    verify_command,
):
    migrate.add_command(_command)

__all__ = ["migrate"]
