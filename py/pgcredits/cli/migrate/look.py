"""``pgcredits migrate status`` and ``plan``: looking without touching."""

from __future__ import annotations

from dataclasses import asdict

import click

from pgcredits import migrate as runner
from pgcredits.cli.migrate.common import Common, check_code, common_options, dsn_of, print_json
from pgcredits.migrate import terminal
from pgcredits.migrate.errors import OK
from pgcredits.migrate.report import document


@click.command("status")
@click.option("--check", is_flag=True, help="Exit code 3 when files are pending, 4 when refused.")
@common_options
def status_command(common: Common, *, check: bool) -> None:
    """Show every file and whether it is applied. Takes no locks."""
    found = runner.status(dsn_of(common), root=common.directory)
    code = check_code(found.problems, found.pending) if check else OK
    if common.as_json:
        items, pending = map(asdict, found.items), map(asdict, found.pending)
        print_json(
            document(
                "status",
                database=found.database,
                exit_code=code,
                files=[*items],
                pending=[*pending],
                problems=found.problems,
            )
        )
    else:
        terminal.show_status(found)
    click.get_current_context().exit(code)


@click.command("plan")
@click.option("--sql", "as_sql", is_flag=True, help="Print one script that psql can run.")
@click.option("--check", is_flag=True, help="Exit code 3 when files are pending.")
@click.option("--allow-downgrade", is_flag=True, help="As for apply.")
@common_options
def plan_command(common: Common, *, as_sql: bool, check: bool, allow_downgrade: bool) -> None:
    """Show what apply would do, one line a transaction. Takes no locks.

    With --sql and --json, the script is in the document.
    """
    found = runner.plan(dsn_of(common), root=common.directory, allow_downgrade=allow_downgrade)
    code = check_code(found.problems, found.pending if check else ())
    if common.as_json:
        script = {"sql": found.sql} if as_sql else {}
        print_json(
            document(
                "plan",
                database=found.database,
                exit_code=code,
                steps=[asdict(step) for step in found.steps],
                pending=[asdict(item) for item in found.pending],
                problems=found.problems,
                **script,
            )
        )
    elif as_sql:
        terminal.show_sql(found)
    else:
        terminal.show_plan(found)
    click.get_current_context().exit(code)
