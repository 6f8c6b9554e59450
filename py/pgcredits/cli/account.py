"""`pgcredits account`: look into accounts; cap members, transfer, merge, erase."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pgcredits import rpc
from pgcredits.cli.caps import cap
from pgcredits.cli.history import COMMANDS
from pgcredits.cli.rehearsal import ask, common, connected, key_option, run, show, yes_option

if TYPE_CHECKING:
    from pgcredits import db


@click.group()
def account() -> None:
    """Look into accounts; cap members, transfer, merge, erase metadata, repair damaged rows.

    With --dry-run a transfer, merge or erasure runs and is rolled back: what it would do is shown,
    and what would refuse it. So is a cap.
    """


for _command in (cap, *COMMANDS):
    account.add_command(_command)


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
@key_option(required=True)
@common("credits_service or credits_admin")
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

    with connected(database_url) as conn:
        report = run(conn, call, (giver, receiver), dry_run=dry_run)
    show(report, as_json=as_json)


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
@key_option(required=False)
@yes_option
@common("credits_service or credits_admin")
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

    Lots, payments, debt and caps of members go on there; GUEST is closed. On a terminal it shows
    what will be there and asks.
    """

    def call(conn: db.Connection) -> rpc.Receipt:
        return rpc.merge_accounts(
            conn, guest, into, if_holds=if_holds, reference=reference, idempotency_key=key
        )

    with connected(database_url) as conn:
        ask(conn, call, (guest, into), f"Merge {guest} into {into}, for good?", skip=yes or dry_run)
        report = run(conn, call, (guest, into), dry_run=dry_run)
    show(report, as_json=as_json)


@account.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option(
    "--reason",
    envvar="PGCREDITS_ACCOUNT_REASON",
    show_envvar=True,
    required=True,
    help="Why; kept in the ledger.",
)
@key_option(required=False)
@yes_option
@common("credits_admin")
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

    with connected(database_url) as conn:
        ask(
            conn,
            call,
            (account_id,),
            f"Erase the metadata of {account_id}, for good?",
            skip=yes or dry_run,
        )
        report = run(conn, call, (account_id,), dry_run=dry_run)
    show(report, as_json=as_json)
