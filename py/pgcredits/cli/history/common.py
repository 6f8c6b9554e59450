"""What the commands about an account share: options, the connection, how rows are shown."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
import psycopg

from pgcredits import db, rpc
from pgcredits.cli.complaints import explain
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _typeshed import DataclassInstance

    Command = Callable[..., None]

READERS = "credits_service, credits_admin or credits_reader"


def asks(role: str = READERS) -> Callable[[Command], Command]:
    """Add the options that every command has."""

    def decorate(command: Command) -> Command:
        command = click.option(
            "--json", "as_json", is_flag=True, help="Print JSON, one object a line."
        )(command)
        return click.option(
            "--database-url",
            envvar="DATABASE_URL",
            show_envvar=True,
            required=True,
            help=f"Connection string of a role that is a member of {role}.",
        )(command)

    return decorate


class Failed(click.ClickException):
    """Nobody knows the answer; where 1 means that something was found, the exit code is 2."""

    exit_code = 2


@contextmanager
def connected(
    database_url: str,
    *,
    writes: bool = False,
    failed: type[click.ClickException] = click.ClickException,
) -> Iterator[db.Connection]:
    """Open a connection in one snapshot, read-only unless it ``writes``; explain what goes wrong.

    What has been written is committed at the end of the block.
    """
    try:
        with db.connect(database_url, application_name="pgcredits account") as conn:
            if not writes:
                conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                conn.read_only = True
            yield conn
    except CreditsError as exc:
        raise failed(f"{exc.sqlstate} {exc}") from None
    except psycopg.Error as exc:
        raise failed(explain(exc)) from None


def known(
    conn: db.Connection,
    account: str,
    failed: type[click.ClickException] = click.ClickException,
) -> rpc.Balance:
    """Return the balance. An id that nobody has is a mistake of the caller."""
    balance = rpc.get_balance(conn, account)
    if balance.status is None:
        raise failed(f"there is no account {account!r}")
    return balance


def show_json(*rows: DataclassInstance | dict[str, Any]) -> None:
    """Print each row as a JSON object on a line of its own."""
    for row in rows:
        plain = row if isinstance(row, dict) else asdict(row)
        click.echo(json.dumps(plain, default=datetime.isoformat))


def show_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows below their heads: in colour on a terminal, else in columns of plain text."""
    texts = [[cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415 -- rich is slow to import
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(*heads, box=None)
        for row in texts:
            table.add_row(*map(Text, row))
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(heads, *texts, strict=True)]
    for row in [list(heads), *texts]:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def cell(value: Any) -> str:
    """Return a value as people read it; what could act on a terminal is shown as in JSON."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="auto")
    if isinstance(value, dict):
        return ", ".join(f"{cell(name)} {cell(one)}" for name, one in value.items())
    text = str(value)
    return text if text.isprintable() else json.dumps(text)
