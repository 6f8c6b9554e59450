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
    from pgcredits.migrate.report import Item, Plan, Report, Status, Step

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
    count = len(report.applied)
    if not count:
        click.echo(f"{report.database}: nothing to do, the schema is current")
        return
    total = sum(item.execution_ms for item in report.applied)
    files = "1 file" if count == 1 else f"{count} files"
    click.echo(f"{report.database}: applied {files} in {total} ms; the schema is current")


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
        click.echo(f"transaction {number}")
        click.echo("\n".join(_lines(step)))
    if not plan.steps:
        click.echo("apply would refuse" if plan.problems else "nothing to do")


def show_sql(plan: Plan) -> None:
    """Print the result of `plan --sql`: the script."""
    for problem in plan.problems:
        complain(problem)
    if plan.sql:
        click.echo(plan.sql)


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
