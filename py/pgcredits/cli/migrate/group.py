"""``pgcredits migrate`` itself: the exit codes, and what it does without a command."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pgcredits import migrate as runner
from pgcredits.cli.migrate.apply import run_apply
from pgcredits.cli.migrate.common import Common, common_options, dsn_of, print_json
from pgcredits.migrate import terminal
from pgcredits.migrate.errors import Problem, exit_code_of
from pgcredits.migrate.report import document

if TYPE_CHECKING:
    from collections.abc import Iterator

_WANTS_JSON = "pgcredits.migrate.wants_json"


class _Group(click.Group):
    """A group whose commands answer with a JSON document when they are called wrongly, too."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the arguments of the group itself."""
        with _usage_document("--json" in args, info_name):
            context = super().make_context(info_name, [*args], parent, **extra)
        context.meta[_WANTS_JSON] = "--json" in args
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Read the arguments of a command, and run it."""
        with _usage_document(ctx.meta[_WANTS_JSON], ctx.info_name):
            return super().invoke(ctx)


@contextmanager
def _usage_document(wants_json: bool, group: str | None) -> Iterator[None]:
    """Print the document of an error that click would only describe."""
    try:
        yield
    except click.ClickException as exc:
        if wants_json:
            context = exc.ctx if isinstance(exc, click.UsageError) else None
            command = (context.info_name if context else group) or "migrate"
            problem = Problem("usage", None, exc.format_message())
            print_json(document(command, exit_code=exc.exit_code, problems=(problem,)))
        raise


@click.group(cls=_Group, invoke_without_command=True)
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
