"""What the commands about accounts share: options, a rehearsal, a question, what is told."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
import psycopg

from pgcredits import db, rpc
from pgcredits.cli.complaints import explain
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Command = Callable[..., None]
    Call = Callable[[db.Connection], rpc.Receipt]


@contextmanager
def connected(database_url: str) -> Iterator[db.Connection]:
    """Connect; what the database refuses ends the command with its reason."""
    try:
        with db.connect(database_url, application_name="pgcredits account") as conn:
            yield conn
    except CreditsError as exc:
        raise click.ClickException(f"{exc.sqlstate} {exc}") from None
    except psycopg.Error as exc:
        raise click.ClickException(explain(exc)) from None


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def database_option(role: str) -> Callable[[Command], Command]:
    """Add --database-url, of a member of ``role``."""
    return click.option(
        "--database-url",
        envvar="DATABASE_URL",
        show_envvar=True,
        required=True,
        help=f"Connection string of a role that is a member of {role}.",
    )


def common(role: str) -> Callable[[Command], Command]:
    """Add the options that every command has."""

    def decorate(command: Command) -> Command:
        for option in (
            json_option,
            database_option(role),
            click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing."),
            click.option(
                "--reference",
                envvar="PGCREDITS_ACCOUNT_REFERENCE",
                show_envvar=True,
                help="Your reference, such as a ticket.",
            ),
        ):
            command = option(command)
        return command

    return decorate


def key_option(*, required: bool) -> Callable[[Command], Command]:
    """Add --key."""
    return click.option(
        "--key",
        envvar="PGCREDITS_ACCOUNT_KEY",
        show_envvar=True,
        required=required,
        help="Idempotency key: the same command again then changes nothing.",
    )


yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def ask(
    conn: db.Connection, call: Call, accounts: tuple[str, ...], question: str, *, skip: bool
) -> None:
    """Rehearse on a terminal, show what would be there, and ask; a refusal is told before."""
    if skip or not sys.stdin.isatty():
        return
    for line in _lines(run(conn, call, accounts, dry_run=True)):
        click.echo(line, err=True)
    click.confirm(question, abort=True, err=True)


def run(
    conn: db.Connection, call: Call, accounts: tuple[str, ...], *, dry_run: bool
) -> dict[str, Any]:
    """Make the call, or rehearse it, in one transaction with the balances before and after."""
    with conn.transaction(force_rollback=dry_run):
        before = [rpc.get_balance(conn, name) for name in accounts]
        receipt = call(conn)
        after = [rpc.get_balance(conn, name) for name in accounts]
    return {
        "dry_run": dry_run,
        "receipt": asdict(receipt),
        "accounts": [
            {"account_id": new.account_id, "before": asdict(old), "after": asdict(new)}
            for old, new in zip(before, after, strict=True)
        ],
    }


def show(report: dict[str, Any], *, as_json: bool) -> None:
    """Print a report of `run`."""
    if as_json:
        click.echo(json.dumps(report, default=lambda instant: instant.isoformat()))
        return
    for line in _lines(report):
        click.echo(line)


def said(report: dict[str, Any]) -> str:
    """Return what became of the command of a report that has its receipt."""
    receipt = report["receipt"]
    done = "would be booked" if report["dry_run"] else "booked"
    if receipt["is_replay"]:
        done = "was booked before"
    return f"{receipt['account_id']}: entry {receipt['entry_id']}, {receipt['kind']}, {done}"


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield said(report)
    for one in report["accounts"]:
        old, new = one["before"], one["after"]
        line = f"{one['account_id']}: available {old['available']} -> {new['available']}"
        if old["debt"] or new["debt"]:
            line += f", debt {old['debt']} -> {new['debt']}"
        if old["status"] != new["status"]:
            line += f", {old['status'] or 'unknown'} -> {new['status']}"
        yield line
