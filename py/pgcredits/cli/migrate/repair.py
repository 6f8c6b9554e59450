"""``pgcredits migrate repair`` and ``baseline``: what only a person can know."""

from __future__ import annotations

import sys

import click

from pgcredits import migrate as runner
from pgcredits.cli.migrate.common import (
    Common,
    Duration,
    common_options,
    dsn_of,
    print_json,
)
from pgcredits.migrate import terminal
from pgcredits.migrate.report import document


@click.command("repair")
@click.option("--accept-checksum", metavar="ID", help="The edited file is as good as what ran.")
@click.option("--mark-applied", metavar="ID", help="The work of this migration is done.")
@click.option("--mark-pending", metavar="ID", help="Run this file again with the next apply.")
@click.option("--reason", required=True, help="Why. It is kept in schema_migrations_log.")
@click.option(
    "--lock-wait", type=Duration(), default=60.0, help="Wait for a runner. [default: 60s]"
)
@common_options
def repair_command(
    common: Common,
    *,
    accept_checksum: str | None,
    mark_applied: str | None,
    mark_pending: str | None,
    reason: str,
    lock_wait: float,
) -> None:
    """Set the history of one file right. Runs nothing of it.

    ID is a number like 0007, or a path like functions/api/get_balance.sql.
    """
    given = [
        (accept_checksum, runner.accept_checksum),
        (mark_applied, runner.mark_applied),
        (mark_pending, runner.mark_pending),
    ]
    chosen = [(file_id, act) for file_id, act in given if file_id is not None]
    if len(chosen) != 1:
        raise click.UsageError("one of --accept-checksum, --mark-applied, --mark-pending is needed")
    [(file_id, act)] = chosen
    done = act(dsn_of(common), file_id, reason, root=common.directory, lock_wait=lock_wait)
    _show(common, "repair", done)


@click.command("baseline")
@click.option("--to", required=True, metavar="NNNN", help="The last migration that is there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--lock-wait", type=Duration(), default=60.0, help="Wait for a runner. [default: 60s]"
)
@common_options
def baseline_command(common: Common, *, to: str, yes: bool, lock_wait: float) -> None:
    """Record migrations as applied that another tool has applied.

    Only where nothing is recorded yet, and only if the objects of these migrations exist: tables,
    columns, constraints, indexes, triggers, views, sequences, types and functions.
    """
    if sys.stdin.isatty() and not yes:
        click.confirm(f"Record all migrations up to {to} as applied?", abort=True, err=True)
    done = runner.baseline(dsn_of(common), to=to, root=common.directory, lock_wait=lock_wait)
    _show(common, "baseline", done)


def _show(common: Common, command: str, done: runner.Repaired) -> None:
    if common.as_json:
        files = list(done.files)
        print_json(document(command, database=done.database, action=done.action, files=files))
    else:
        terminal.show_repair(done)
