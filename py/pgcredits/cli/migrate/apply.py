"""``pgcredits migrate apply``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from pgcredits import migrate as runner
from pgcredits.cli.migrate.common import Common, Duration, common_options, dsn_of, print_json
from pgcredits.migrate import terminal
from pgcredits.migrate.report import document


@click.command("apply")
@click.option("--to", metavar="NNNN", help="No migration after this one; then no functions either.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Run everything, roll it back, and report the locks. It takes them: only on a copy.",
)
@click.option("--single-transaction", is_flag=True, help="All files in one transaction.")
@click.option("--allow-out-of-order", is_flag=True, help="Apply numbers that were left out, too.")
@click.option("--prune", is_flag=True, help="Drop functions in our schemas that no file defines.")
@click.option(
    "--allow-downgrade",
    is_flag=True,
    help="Replace functions of a newer pgcredits by those of this one; never its migrations.",
)
@click.option("--lock-wait", type=Duration(), help="Wait for another runner. [default: 60s]")
@click.option(
    "--lock-timeout",
    type=Duration(is_setting=True),
    help="Longest wait for somebody's lock before the file is tried again; 0: for ever."
    " [default: 2s]",
)
@click.option(
    "--statement-timeout",
    type=Duration(is_setting=True),
    help="For one statement of a file. [default: none]",
)
@click.option(
    "--retries",
    "tries",
    type=click.IntRange(min=1),
    help="How often a file is tried, in all, while locks are in its way. [default: 5]",
)
@click.option("--yes", is_flag=True, help="Do not ask before --prune drops functions.")
@common_options
def apply_command(common: Common, *, yes: bool, **options: Any) -> None:
    """Apply all pending files, one transaction after the other.

    On a terminal, --prune asks first. A file that begins with "-- migrate: no-transaction" runs
    alone and without --lock-timeout.
    """
    if options["prune"] and not options["dry_run"] and not yes and sys.stdin.isatty():
        click.confirm(
            "Drop the functions of our schemas that no file defines?", abort=True, err=True
        )
    run_apply(common, options)


def run_apply(common: Common, options: dict[str, Any]) -> None:
    """Apply with the options that were given, and print the result."""
    given = {name: value for name, value in options.items() if value is not None}
    report = runner.apply(
        dsn_of(common),
        root=common.directory,
        on_progress=common.progress,
        done=common.done,
        **given,
    )
    if common.as_json:
        applied = [asdict(item) for item in report.applied]
        print_json(
            document(
                "apply",
                database=report.database,
                applied=applied,
                pending=[asdict(item) for item in report.left],
                pruned=list(report.pruned),
                dry_run=report.dry_run,
                fingerprint=report.fingerprint,
            )
        )
    else:
        terminal.show_report(report)
