"""`pgcredits seal` itself: the job, and the group of the other two."""

from __future__ import annotations

import click
from click.core import ParameterSource

from pgcredits.cli.jobs import ROLE, work
from pgcredits.worker.jobs import JOBS


def _is_given(source: ParameterSource | None) -> bool:
    return source is ParameterSource.COMMANDLINE


@click.group(invoke_without_command=True)
@click.option(
    "--limit",
    envvar="PGCREDITS_SEAL_LIMIT",
    show_envvar=True,
    type=click.IntRange(1, 100_000),
    default=10_000,
    show_default=True,
    help="Entries in one transaction.",
)
@click.option("--database-url", envvar="DATABASE_URL", show_envvar=True, help=ROLE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def seal(ctx: click.Context, *, limit: int, database_url: str | None, as_json: bool) -> None:
    """Seal all entries that are not sealed yet; or export the seals, and check them.

    Without a command, it seals until nothing is left. It locks nothing that a spend wants. One
    session seals at a time; another one says so and leaves with exit code 0.

    Exit codes: 0 done, 1 failed, 2 wrong use; 130 and 143 interrupted: what was sealed stays.
    """
    if ctx.invoked_subcommand is not None:
        if any(map(_is_given, map(ctx.get_parameter_source, ctx.params))):
            raise click.UsageError(f"give options after the command {ctx.invoked_subcommand}.")
        return
    if database_url is None:
        raise click.UsageError("Missing option '--database-url' (env var: 'DATABASE_URL').")
    work(ctx, JOBS["seal"], database_url, limit, as_json=as_json)
