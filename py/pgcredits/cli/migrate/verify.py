"""``pgcredits migrate verify``: what somebody has changed by hand."""

from __future__ import annotations

from dataclasses import asdict

import click

from pgcredits import migrate as runner
from pgcredits.cli.migrate.common import Common, common_options, dsn_of, print_json
from pgcredits.migrate import terminal
from pgcredits.migrate.errors import exit_code_of
from pgcredits.migrate.report import document


@click.command("verify")
@click.option("--accept", is_flag=True, help="What was changed by hand is to stay; then check.")
@click.option("--reason", help="Why. It is kept in schema_migrations_log. Needed by --accept.")
@common_options
def verify_command(common: Common, *, accept: bool, reason: str | None) -> None:
    """Check that the database is still what the runner left behind.

    The recorded checksums against the files; every function, table, column, constraint, index,
    trigger, policy, right and comment against the fingerprint that the last apply has stored; the
    scripts verify/NNNN_*.sql, each rolled back; and what must hold anywhere: SECURITY DEFINER
    functions pin their search_path, PUBLIC, anon and authenticated may execute nothing beyond the
    matrix, one role owns everything, our roles are harmless, row level security is on. Exit code 4
    when anything is found. Pending files are shown, and are no finding. Changes nothing, unless
    --accept says so.
    """
    if accept != bool(reason):
        raise click.UsageError("--accept and --reason need each other")
    dsn = dsn_of(common)
    if reason:
        found = runner.accept_drift(dsn, reason, root=common.directory)
    else:
        found = runner.verify(dsn, root=common.directory)
    if common.as_json:
        print_json(
            document(
                "verify",
                database=found.database,
                objects=found.objects,
                scripts=[*found.scripts],
                pending=[asdict(item) for item in found.pending],
                problems=found.problems,
            )
        )
    else:
        terminal.show_verification(found)
    click.get_current_context().exit(exit_code_of(found.problems))
