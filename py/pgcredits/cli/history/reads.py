"""`pgcredits account show`, `entries`, `explain`, `balance-at`, `simulate` and `expiring`."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import click

from pgcredits import rpc
from pgcredits.cli.history.common import asks, connected, known, show_json, show_table
from pgcredits.cli.times import Since, Within
from pgcredits.errors import ScanLimit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from pgcredits import db

_PAGE = 1000


@click.command()
@click.argument("account_id", metavar="ACCOUNT")
@asks()
def show(*, account_id: str, database_url: str, as_json: bool) -> None:
    """Show what ACCOUNT has now: its balance, its live lots in burn order, its open holds."""
    with connected(database_url) as conn:
        balance = known(conn, account_id)
        lots = rpc.list_lots(conn, account_id, limit=_PAGE)
        holds = rpc.list_holds(conn, account_id, limit=_PAGE)
    if as_json:
        show_json(
            {
                "balance": asdict(balance),
                "lots": [asdict(lot) for lot in lots],
                "holds": [asdict(hold) for hold in holds],
            }
        )
        return
    click.echo(
        f"{account_id} is {balance.status}: {balance.available} available, {balance.held} held, "
        f"{balance.debt} owed"
    )
    if lots:
        show_table(
            ("lot", "pool", "left", "of", "expires", "from"),
            [
                (lot.lot_id, lot.pool, lot.remaining, lot.granted, lot.expires_at, lot.origin)
                for lot in lots
            ],
        )
    if holds:
        show_table(
            ("hold", "holds", "of", "until", "feature", "reference"),
            [
                (
                    hold.hold_id,
                    hold.held,
                    hold.amount,
                    hold.expires_at,
                    hold.feature,
                    hold.reference,
                )
                for hold in holds
            ],
        )


@click.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option(
    "--kind", envvar="PGCREDITS_ACCOUNT_KIND", show_envvar=True, help="Only entries of this kind."
)
@click.option(
    "--feature",
    envvar="PGCREDITS_ACCOUNT_FEATURE",
    show_envvar=True,
    help="Only entries for this feature.",
)
@click.option(
    "--reference",
    envvar="PGCREDITS_ACCOUNT_ABOUT",
    show_envvar=True,
    help="Only entries with this reference.",
)
@click.option(
    "--member",
    envvar="PGCREDITS_ACCOUNT_MEMBER",
    show_envvar=True,
    help="Only entries for this member.",
)
@click.option(
    "--from",
    "from_",
    type=Since(),
    metavar="WHEN",
    envvar="PGCREDITS_ACCOUNT_FROM",
    show_envvar=True,
    help="Only entries booked since: an interval before now (90min, 24h, 7d, 2w) or an instant "
    "with its zone.",
)
@click.option(
    "--to",
    type=Since(),
    metavar="WHEN",
    envvar="PGCREDITS_ACCOUNT_TO",
    show_envvar=True,
    help="Only entries booked before.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    envvar="PGCREDITS_ACCOUNT_LIMIT",
    show_envvar=True,
    default=50,
    show_default=True,
    help="Entries at most.",
)
@asks()
def entries(
    *,
    account_id: str,
    kind: str | None,
    feature: str | None,
    reference: str | None,
    member: str | None,
    from_: datetime | None,
    to: datetime | None,
    limit: int,
    database_url: str,
    as_json: bool,
) -> None:
    """List the ledger of ACCOUNT, newest entry first.

    With a filter it searches until --limit entries are found, however far back that is.
    """

    def page(conn: db.Connection, before: int | None) -> list[rpc.Entry]:
        return rpc.list_entries(
            conn,
            account_id,
            limit=min(limit, _PAGE),
            before=before,
            kind=kind,
            feature=feature,
            reference=reference,
            member=member,
            from_=from_,
            to=to,
        )

    def all_pages(conn: db.Connection) -> Iterator[rpc.Entry]:
        before: int | None = None
        while True:
            try:
                # A refusal would end the transaction, and with it the snapshot.
                with conn.transaction():
                    found = page(conn, before)
            except ScanLimit as exc:
                before = exc.values["before"]
                continue
            if not found:
                return
            yield from found
            before = found[-1].entry_id

    with connected(database_url) as conn:
        known(conn, account_id)
        found = list(islice(all_pages(conn), limit))
    if as_json:
        show_json(*found)
        return
    show_table(
        ("entry", "booked", "kind", "amount", "balance", "pools", "feature", "reference", "about"),
        [
            (
                one.entry_id,
                one.created_at,
                one.kind,
                one.amount,
                one.balance,
                one.pools,
                one.feature,
                one.reference,
                one.about_entry_id,
            )
            for one in found
        ],
    )


@click.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("entry_id", metavar="ENTRY", type=int)
@asks()
def explain(*, account_id: str, entry_id: int, database_url: str, as_json: bool) -> None:
    """Say which lots ENTRY of ACCOUNT took its credits from, and why in that order."""
    with connected(database_url) as conn:
        parts = rpc.explain_spend(conn, account_id, entry_id)
    if as_json:
        show_json(*parts)
        return
    show_table(
        ("lot", "pool", "expires", "amount", "given back", "before", "after", "why"),
        [
            (
                part.lot_id or "debt",
                part.pool,
                part.expires_at,
                part.amount,
                part.given_back,
                part.left_before,
                part.left_after,
                part.reason,
            )
            for part in parts
        ],
    )


@click.command("balance-at")
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("at", metavar="WHEN", type=Since())
@asks()
def balance_at(*, account_id: str, at: datetime, database_url: str, as_json: bool) -> None:
    """Say what ACCOUNT had at an instant of the past, to the microsecond.

    WHEN is an instant with its zone, or an interval before now: 90min, 24h, 7d, 2w.
    """
    with connected(database_url) as conn:
        known(conn, account_id)
        then = rpc.balance_at(conn, account_id, at)
    if as_json:
        show_json(then)
        return
    entry = f"entry {then.entry_id}" if then.entry_id else "no entry"
    click.echo(
        f"{account_id} at {then.as_of.isoformat()} ({entry}): {then.available} available, "
        f"{then.held} held, {then.debt} owed"
    )
    show_table(("pool", "credits"), list(then.pools.items()))


@click.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("amount", type=int)
@asks()
def simulate(*, account_id: str, amount: int, database_url: str, as_json: bool) -> None:
    """Say what a spend of AMOUNT credits would take from ACCOUNT now, and what would expire."""
    with connected(database_url) as conn:
        known(conn, account_id)
        spend = rpc.simulate_spend(conn, account_id, amount)
    if as_json:
        show_json(spend)
        return
    if spend.refusal:
        click.echo(f"it would be refused: {spend.refusal}, {spend.short} short")
    if spend.grants_due:
        click.echo("scheduled grants are due, and would come first: there may be more than this")
    show_table(("lot", "amount"), spend.allocations)
    if spend.unused:
        early = f", {spend.avoidable} of them sooner than necessary" if spend.avoidable else ""
        click.echo(f"{spend.unused} would expire if nothing else is spent{early}")
        show_table(
            ("lot", "pool", "left", "expires"),
            [
                (one["lot_id"], one["pool"], one["amount"], one["expires_at"])
                for one in spend.expiring
            ],
        )


@click.command()
@click.option(
    "--within",
    type=Within(),
    metavar="HOW LONG",
    envvar="PGCREDITS_ACCOUNT_WITHIN",
    show_envvar=True,
    default="7d",
    show_default=True,
    help="How far to look ahead: 90min, 24h, 7d, 2w.",
)
@asks()
def expiring(*, within: timedelta, database_url: str, as_json: bool) -> None:
    """List credits of all accounts that expire soon, soonest first."""
    with connected(database_url) as conn:
        pages = _expiring(conn, within)
        if as_json:
            for row in pages:
                show_json(row)
            return
        found = list(pages)
    show_table(
        ("account", "status", "expires", "credits", "pools"),
        [(row.account_id, row.status, row.expires_at, row.credits, row.pools) for row in found],
    )


def _expiring(conn: db.Connection, within: timedelta) -> Iterator[rpc.Expiring]:
    last: rpc.Expiring | None = None
    while True:
        page = rpc.list_expiring(
            conn,
            within,
            limit=_PAGE,
            after_expires_at=last.expires_at if last else None,
            after_account_id=last.account_id if last else None,
        )
        if not page:
            return
        yield from page
        last = page[-1]
