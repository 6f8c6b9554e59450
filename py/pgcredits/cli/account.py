"""`pgcredits account`: look into accounts; transfer credits, merge accounts, erase metadata."""

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
from pgcredits.cli.history import COMMANDS
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Command = Callable[..., None]
    Call = Callable[[db.Connection], rpc.Receipt]


@click.group()
def account() -> None:
    """Look into accounts; transfer credits, merge accounts, erase metadata, repair damaged rows.

    With --dry-run a transfer, merge or erasure runs and is rolled back: what it would do is shown,
    and what would refuse it.
    """


for _command in COMMANDS:
    account.add_command(_command)


@contextmanager
def _connected(database_url: str) -> Iterator[db.Connection]:
    try:
        with db.connect(database_url, application_name="pgcredits account") as conn:
            yield conn
    except CreditsError as exc:
        raise click.ClickException(f"{exc.sqlstate} {exc}") from None
    except psycopg.Error as exc:
        raise click.ClickException(explain(exc)) from None


def _common(role: str) -> Callable[[Command], Command]:
    """Add the options that every command has."""

    def decorate(command: Command) -> Command:
        for option in (
            click.option("--json", "as_json", is_flag=True, help="Print JSON."),
            click.option(
                "--database-url",
                envvar="DATABASE_URL",
                show_envvar=True,
                required=True,
                help=f"Connection string of a role that is a member of {role}.",
            ),
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


def _key(*, required: bool) -> Callable[[Command], Command]:
    return click.option(
        "--key",
        envvar="PGCREDITS_ACCOUNT_KEY",
        show_envvar=True,
        required=required,
        help="Idempotency key: the same command again then changes nothing.",
    )


_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@account.command()
@click.argument("giver")
@click.argument("receiver")
@click.argument("amount", type=int)
@click.option(
    "--pool",
    envvar="PGCREDITS_ACCOUNT_POOL",
    show_envvar=True,
    help="Only credits of this pool; all, in burn order, by default.",
)
@_key(required=True)
@_common("credits_service or credits_admin")
def transfer(
    *,
    giver: str,
    receiver: str,
    amount: int,
    pool: str | None,
    key: str,
    reference: str | None,
    dry_run: bool,
    database_url: str,
    as_json: bool,
) -> None:
    """Give AMOUNT credits of the account GIVER to the account RECEIVER, which is opened if need be.

    Each lot keeps its pool and its expiry.
    """

    def call(conn: db.Connection) -> rpc.Receipt:
        return rpc.transfer_credits(
            conn, giver, receiver, amount, pool=pool, reference=reference, idempotency_key=key
        )

    with _connected(database_url) as conn:
        report = _run(conn, call, (giver, receiver), dry_run=dry_run)
    _show(report, as_json=as_json)


@account.command()
@click.argument("guest")
@click.argument("into")
@click.option(
    "--if-holds",
    envvar="PGCREDITS_ACCOUNT_IF_HOLDS",
    show_envvar=True,
    type=click.Choice(["refuse", "release"]),
    default="refuse",
    show_default=True,
    help="What becomes of open holds of GUEST.",
)
@_key(required=False)
@_yes
@_common("credits_service or credits_admin")
def merge(
    *,
    guest: str,
    into: str,
    if_holds: str,
    key: str | None,
    yes: bool,
    reference: str | None,
    dry_run: bool,
    database_url: str,
    as_json: bool,
) -> None:
    """Merge the account GUEST into the account INTO, for good.

    Lots, payments and debt go on there; GUEST is closed. On a terminal it shows what will be there
    and asks.
    """

    def call(conn: db.Connection) -> rpc.Receipt:
        return rpc.merge_accounts(
            conn, guest, into, if_holds=if_holds, reference=reference, idempotency_key=key
        )

    with _connected(database_url) as conn:
        _ask(
            conn, call, (guest, into), f"Merge {guest} into {into}, for good?", skip=yes or dry_run
        )
        report = _run(conn, call, (guest, into), dry_run=dry_run)
    _show(report, as_json=as_json)


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option(
    "--reason",
    envvar="PGCREDITS_ACCOUNT_REASON",
    show_envvar=True,
    required=True,
    help="Why; kept in the ledger.",
)
@_key(required=False)
@_yes
@_common("credits_admin")
def erase(
    *,
    account_id: str,
    reason: str,
    key: str | None,
    yes: bool,
    reference: str | None,
    dry_run: bool,
    database_url: str,
    as_json: bool,
) -> None:
    """Erase the metadata of ACCOUNT and of all entries of its ledger, for good.

    On a terminal it asks. Everything else in the ledger stays.
    """

    def call(conn: db.Connection) -> rpc.Receipt:
        return rpc.erase_metadata(
            conn, account_id, reason, reference=reference, idempotency_key=key
        )

    with _connected(database_url) as conn:
        _ask(
            conn,
            call,
            (account_id,),
            f"Erase the metadata of {account_id}, for good?",
            skip=yes or dry_run,
        )
        report = _run(conn, call, (account_id,), dry_run=dry_run)
    _show(report, as_json=as_json)


def _ask(
    conn: db.Connection, call: Call, accounts: tuple[str, ...], question: str, *, skip: bool
) -> None:
    """Rehearse on a terminal, show what would be there, and ask; a refusal is told before."""
    if skip or not sys.stdin.isatty():
        return
    for line in _lines(_run(conn, call, accounts, dry_run=True)):
        click.echo(line, err=True)
    click.confirm(question, abort=True, err=True)


def _run(
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


def _show(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report, default=lambda instant: instant.isoformat()))
        return
    for line in _lines(report):
        click.echo(line)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    receipt = report["receipt"]
    done = "would be booked" if report["dry_run"] else "booked"
    if receipt["is_replay"]:
        done = "was booked before"
    yield f"{receipt['account_id']}: entry {receipt['entry_id']}, {receipt['kind']}, {done}"
    for one in report["accounts"]:
        old, new = one["before"], one["after"]
        line = f"{one['account_id']}: available {old['available']} -> {new['available']}"
        if old["debt"] or new["debt"]:
            line += f", debt {old['debt']} -> {new['debt']}"
        if old["status"] != new["status"]:
            line += f", {old['status'] or 'unknown'} -> {new['status']}"
        yield line
