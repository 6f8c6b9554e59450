"""What somebody at a terminal sees: a progress bar on stderr, then a table on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from pgcredits.cli.verify.screen import cells, totals

if TYPE_CHECKING:
    from pgcredits.cli.verify.screen import Finding

# A table needs all of its rows at once; so many are kept, the others are counted.
ROWS = 1000
_HEADS = ("account", "violation", "entry", "lot", "expected", "found")


class Terminal:
    """The first findings as a table. The bar is drawn only if stderr is a terminal too."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []
        self._found = 0
        self._bar = Progress(
            TextColumn("accounts"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[found]} findings"),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("", total=None, found=0)

    def __enter__(self) -> Self:
        """Draw the bar."""
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Take the bar away."""
        self._bar.stop()

    def progress(self, accounts: int, total: int | None) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=accounts, total=total, found=self._found)

    def show(self, findings: list[Finding]) -> None:
        """Keep the rows for the table."""
        self._found += len(findings)
        self._rows += [cells(finding) for finding in findings[: ROWS - len(self._rows)]]

    def end(self, accounts: int, verified: int, findings: int) -> None:
        """Draw the table, and print the totals."""
        self._bar.stop()
        if self._rows:
            table = Table(*_HEADS, box=None)
            for row in self._rows:
                table.add_row(*(Text(cell) for cell in row))
            Console().print(table)
        if findings > len(self._rows):
            click.echo(f"and {findings - len(self._rows)} more: --json shows all of them")
        click.echo(totals(accounts, verified, findings))
