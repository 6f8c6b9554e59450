"""`pgcredits stripe set-price`: what a price is worth."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
import psycopg

from pgcredits import db, rpc
from pgcredits.cli.complaints import explain
from pgcredits.errors import CreditsError


def _cap(_ctx: click.Context, _param: click.Parameter, value: str) -> int | None:
    """Read a number of credits, or ``none`` for no limit."""
    if value.lower() == "none":
        return None
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a number nor none") from None


@click.command("set-price")
@click.argument("price")
@click.option(
    "--credits",
    "amount",
    envvar="PGCREDITS_STRIPE_CREDITS",
    show_envvar=True,
    type=int,
    required=True,
    help="Credits that one unit of the price grants.",
)
@click.option(
    "--rollover-cap",
    envvar="PGCREDITS_STRIPE_ROLLOVER_CAP",
    show_envvar=True,
    metavar="CREDITS|none",
    callback=_cap,
    default="0",
    show_default=True,
    help="Unused credits carried over at a renewal, at most; none for all of them.",
)
@click.option(
    "--proration",
    envvar="PGCREDITS_STRIPE_PRORATION",
    show_envvar=True,
    type=click.Choice(["none", "proportional", "full"]),
    default="none",
    show_default=True,
    help="What a prorated line of an invoice grants.",
)
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    required=True,
    help="Connection string of a role that is a member of credits_admin.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def set_price(
    *,
    price: str,
    amount: int,
    rollover_cap: int | None,
    proration: str,
    database_url: str,
    as_json: bool,
) -> None:
    """Say how many credits an invoice line with PRICE (price_...) grants.

    Invoices that are paid from now on use the new figures; grants of the past stay as they are.
    """
    try:
        with db.connect(database_url, application_name="pgcredits stripe") as conn:
            row = rpc.set_stripe_price(
                conn, price, amount, rollover_cap=rollover_cap, proration=proration
            )
    except CreditsError as exc:
        raise click.ClickException(f"{exc.sqlstate} {exc}") from None
    except psycopg.Error as exc:
        raise click.ClickException(explain(exc)) from None
    if as_json:
        click.echo(json.dumps({**asdict(row), "updated_at": row.updated_at.isoformat()}))
    else:
        cap = "everything" if row.rollover_cap is None else f"at most {row.rollover_cap}"
        click.echo(f"{row.price} grants {row.credits} credits a unit, carries over {cap}")
