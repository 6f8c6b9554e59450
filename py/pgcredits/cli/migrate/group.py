"""``pgcredits migrate`` itself: the exit codes, and what it does without a command."""

from __future__ import annotations

import sys

import click

from pgcredits import migrate as runner
from pgcredits.cli.migrate.apply import run_apply
from pgcredits.cli.migrate.common import Common, common_options, dsn_of
from pgcredits.migrate import terminal
from pgcredits.migrate.errors import exit_code_of


@click.group(invoke_without_command=True)
@click.option("--yes", is_flag=True, help="Without a command: apply, and do not ask.")
@common_options
def migrate(common: Common, *, yes: bool) -> None:
    """Bring a database up to the SQL files, or see what that would do.

    Without a command: apply; on a terminal the plan is shown first, and you are asked.

    \b
    Exit codes
      0    done, or nothing to do
      1    unexpected error: a bug
      2    wrong usage, or files that cannot be used
      3    --check: something is pending
      4    files and database do not fit together: somebody has to look
      5    somebody is in the way: nothing changed, try again
      6    a file failed and was rolled back
      7    part of a file may be permanent: somebody has to look
      8    no connection, wrong server, missing rights, transaction pooler
      130  Ctrl-C; 143 SIGTERM: what was not committed was rolled back
    """  # noqa: D301 -- click wants the backspace itself
    if click.get_current_context().invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and not yes:
        if common.as_json:
            raise click.UsageError("--json without a command needs --yes")
        planned = runner.plan(dsn_of(common), root=common.directory)
        terminal.show_plan(planned)
        if planned.problems:
            click.get_current_context().exit(exit_code_of(planned.problems))
        if not planned.pending:
            return
        click.confirm("Apply?", abort=True, err=True)
    run_apply(common, {})
