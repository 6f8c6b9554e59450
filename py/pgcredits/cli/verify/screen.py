"""How `pgcredits verify` shows what it finds: as JSON lines, as plain lines, or on a terminal."""

from __future__ import annotations

import json
import sys
from typing import Any, Protocol, Self

import click

Finding = dict[str, Any]

_COLUMNS = ("account_id", "violation", "entry_id", "lot_id", "expected", "actual")


class Screen(Protocol):
    """Where findings, progress and the end go."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *exc: object) -> None:
        """Clear up, however the run ended."""

    def progress(self, accounts: int, total: int | None) -> None:
        """So many accounts are done, of about ``total``."""

    def show(self, findings: list[Finding]) -> None:
        """Show what a page has found."""

    def end(self, accounts: int, verified: int, findings: int) -> None:
        """Show the totals of a run that went through everything."""


def choose(*, as_json: bool) -> Screen:
    """JSON if asked for, a table and a progress bar on a terminal, else plain lines."""
    if as_json:
        return JsonLines()
    if not sys.stdout.isatty():
        return Lines()
    from pgcredits.cli.verify.terminal import Terminal  # noqa: PLC0415 -- rich is slow to import

    return Terminal()


class Lines:
    """One line for each finding, as it is found; then one with the totals."""

    def __enter__(self) -> Self:
        """Begin with nothing."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave what was printed."""

    def progress(self, accounts: int, total: int | None) -> None:
        """Say nothing."""

    def show(self, findings: list[Finding]) -> None:
        """Print the lines of a page."""
        for finding in findings:
            account, violation, entry, lot, expected, actual = cells(finding)
            where = "".join(
                f", {name} {number}" for name, number in (("entry", entry), ("lot", lot)) if number
            )
            click.echo(f"{account}{where}: {violation}: expected {expected}, found {actual}")

    def end(self, accounts: int, verified: int, findings: int) -> None:
        """Print the totals."""
        click.echo(totals(accounts, verified, findings))


class JsonLines(Lines):
    """One JSON object a line: the findings, then the totals under ``summary``.

    A document without the summary belongs to a run that did not come to its end.
    """

    def show(self, findings: list[Finding]) -> None:
        """Print the lines of a page."""
        for finding in findings:
            click.echo(json.dumps({column: finding[column] for column in _COLUMNS}))

    def end(self, accounts: int, verified: int, findings: int) -> None:
        """Print the totals."""
        summary = {"accounts": accounts, "verified": verified, "findings": findings}
        click.echo(json.dumps({"summary": summary}))


def totals(accounts: int, verified: int, findings: int) -> str:
    """Return the last line for people."""
    of = "" if accounts == verified else f" of {accounts}"
    noun = "account" if accounts == 1 else "accounts"
    result = {0: "nothing found", 1: "1 finding"}.get(findings, f"{findings} findings")
    return f"verified {verified}{of} {noun}: {result}"


def cells(finding: Finding) -> tuple[str, ...]:
    """Return the columns as text; what could act on a terminal is shown in JSON's notation."""
    return tuple(
        _cell(finding[name], missing="nothing" if name in {"expected", "actual"} else "")
        for name in _COLUMNS
    )


def _cell(value: str | int | None, missing: str) -> str:
    text = missing if value is None else str(value)
    return text if text.isprintable() else json.dumps(text)
