"""What people see: results on stdout, progress and complaints on stderr.

Tables are drawn by rich when it is installed and stdout is a terminal; otherwise they are plain
columns that grep can read.
"""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgcredits.migrate.errors import Problem
    from pgcredits.migrate.repair import Repaired
    from pgcredits.migrate.report import Item, Plan, Report, Status, Step
    from pgcredits.migrate.verify import Verification

_COLOURS = {"applied": "green", "pending": "yellow", "changed": "yellow", "dropped": "yellow"}


def say(line: str) -> None:
    """One line of progress."""
    click.echo(line, err=True)


def complain(problem: Problem) -> None:
    """Print a problem with its hint."""
    label = click.style("error", fg="red") if _has_colours(sys.stderr.isatty()) else "error"
    click.echo(f"{label} [{problem.code}] {problem}", err=True)


def show_report(report: Report) -> None:
    """Print the result of `apply`: one line."""
    left = [item.id for item in report.left]
    state = f"{len(left)} left: {', '.join(left)}" if left else ""
    count = len(report.applied)
    if not count and not report.pruned:
        click.echo(f"{report.database}: nothing to do, {state or 'the schema is current'}")
        return
    total = sum(item.execution_ms for item in report.applied)
    files = "1 file" if count == 1 else f"{count} files"
    done = f"applied {files} in {total} ms"
    if report.pruned:
        done += f", dropped {len(report.pruned)} functions"
    if report.dry_run:
        click.echo(f"{report.database}: would have {done}; rolled back")
        click.echo("\n".join(_lock_lines(report)))
        return
    click.echo(f"{report.database}: {done}; {state or 'the schema is current'}")
    if not state and {"bootstrap.sql", "0001"} <= {item.id for item in report.applied}:
        click.echo("next: `verify` looks for changes by hand; grant the roles to your logins")


def show_repair(repaired: Repaired) -> None:
    """Print the result of `repair` and `baseline`: what was recorded, and the next step."""
    for file in repaired.files:
        click.echo(f"{repaired.database}: {repaired.action} {file}")
    click.echo("next: `plan` shows what apply would do now")


def _lock_lines(report: Report) -> list[str]:
    """One line for each file and table, with the lock that was taken first by this file."""
    lines = [
        f"  {item.name}: {lock.mode} on {lock.table}"
        + (", never analysed" if lock.rows is None else f", about {lock.rows} rows")
        for item in report.applied
        for lock in item.locks
    ]
    lines += [f"  {item.name}: not run, it cannot be rolled back" for item in report.left]
    return lines or ["  no locks on tables that were there before"]


def show_status(status: Status) -> None:
    """Print the result of `status`: a table of files, and a summary."""
    click.echo(f"{status.database}\n")
    _table(("file", "state", "applied", "ms"), [_row(item) for item in status.items])
    click.echo()
    for problem in status.problems:
        complain(problem)
    if status.is_current:
        click.echo(f"current: {len(status.items)} files applied")
    else:
        click.echo(f"{len(status.pending)} pending, {len(status.problems)} problems")


def show_plan(plan: Plan) -> None:
    """Print the result of `plan`: one paragraph a transaction."""
    click.echo(f"{plan.database}\n")
    for problem in plan.problems:
        complain(problem)
    for number, step in enumerate(plan.steps, start=1):
        click.echo(f"transaction {number}" if step.in_transaction else "without a transaction")
        click.echo("\n".join(_lines(step)))
    if not plan.steps:
        click.echo("apply would refuse" if plan.problems else "nothing to do")


def show_sql(plan: Plan) -> None:
    """Print the result of `plan --sql`: the script."""
    for problem in plan.problems:
        complain(problem)
    if plan.sql:
        click.echo(plan.sql)


def show_verification(found: Verification) -> None:
    """Print the result of `verify`: what was looked at, and a line for each finding."""
    click.echo(f"{found.database}\n")
    for problem in found.problems:
        complain(problem)
    if found.pending:
        click.echo(f"{len(found.pending)} files are pending: see `plan`")
    looked = f"{found.objects} objects, {len(found.scripts)} verify scripts"
    result = f"{len(found.problems)} findings" if found.problems else "as the runner left it"
    click.echo(f"{looked}: {result}")


def _lines(step: Step) -> list[str]:
    """Give each versioned file its line; the functions, of which there are many, share theirs."""
    functions = [label for label in step.files if label.startswith("functions/")]
    lines = [f"  {label}" for label in step.files if label not in functions]
    if functions:
        text = f"{len(functions)} function files: {', '.join(functions)}"
        lines.append(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="    "))
    return [*lines, *(f"  forget {gone}" for gone in step.forgotten)]


def _row(item: Item) -> tuple[str, str, str, str]:
    applied = f"{item.applied_at:%Y-%m-%d %H:%M:%S %Z}" if item.applied_at else ""
    name = item.name if item.kind == "versioned" else item.id
    return name, item.state, applied, "" if item.execution_ms is None else str(item.execution_ms)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if sys.stdout.isatty():
        try:
            from rich.console import Console  # noqa: PLC0415 -- optional, and slow to import
            from rich.table import Table  # noqa: PLC0415
        except ImportError:
            pass
        else:
            table = Table(*head, box=None)
            for row in rows:
                table.add_row(*row, style=_COLOURS.get(row[1], "red"))
            Console().print(table)
            return
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _has_colours(is_terminal: bool) -> bool:
    return is_terminal and not os.environ.get("NO_COLOR")
