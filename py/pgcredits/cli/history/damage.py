"""`pgcredits account rebuild` and `repair`: rows that are not what the entries say."""

from __future__ import annotations

from dataclasses import asdict

import click

from pgcredits import rpc
from pgcredits.cli.history.common import Failed, asks, connected, known, show_json, show_table

FOUND = 1


def _show(differences: list[rpc.Difference]) -> None:
    show_table(
        ("part", "number", "field", "stored", "the entries say"),
        [
            (
                one.part,
                one.number,
                one.field,
                "nothing" if one.stored is None else one.stored,
                "nothing" if one.rebuilt is None else one.rebuilt,
            )
            for one in differences
        ],
    )


@click.command()
@click.argument("account_id", metavar="ACCOUNT")
@asks()
@click.pass_context
def rebuild(ctx: click.Context, *, account_id: str, database_url: str, as_json: bool) -> None:
    """Replay the entries of ACCOUNT, and say where its lots and holds are stored otherwise.

    Exit codes: 0 they agree, 1 they differ, 2 wrong use or no connection.
    """
    with connected(database_url, failed=Failed) as conn:
        known(conn, account_id, Failed)
        differences = rpc.rebuild(conn, account_id)
    if as_json:
        show_json(*differences)
    elif differences:
        _show(differences)
    else:
        click.echo("lots and holds are what the entries say")
    ctx.exit(FOUND if differences else 0)


@click.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option(
    "--reason",
    envvar="PGCREDITS_ACCOUNT_REASON",
    show_envvar=True,
    required=True,
    help="What happened; kept in the ledger.",
)
@click.option(
    "--person",
    envvar="PGCREDITS_ACCOUNT_PERSON",
    show_envvar=True,
    required=True,
    help="Who repairs it; kept in the ledger.",
)
@asks("credits_admin")
def repair(*, account_id: str, reason: str, person: str, database_url: str, as_json: bool) -> None:
    """Make the lots and holds of ACCOUNT what its entries say, and book what was changed.

    See what would be changed with `pgcredits account rebuild` first. Refused when the entries
    contradict one another, and when a row is missing that they do not tell in full.
    """
    with connected(database_url, writes=True) as conn:
        known(conn, account_id)
        differences = rpc.rebuild(conn, account_id)
        receipt = rpc.repair_account(conn, account_id, reason, person)
    if as_json:
        show_json(
            {
                "receipt": asdict(receipt),
                "differences": [asdict(difference) for difference in differences],
            }
        )
        return
    if differences:
        _show(differences)
    click.echo(f"{account_id}: entry {receipt.entry_id}, {len(differences)} figures put right")
