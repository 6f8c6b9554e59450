"""`pgcredits stripe events`, `retry`, `dismiss` and `purge`: the inbox of Stripe's events."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pgcredits import rpc
from pgcredits.cli.stripe.common import as_line, connected, database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits import db

_OUTCOMES = ["open", "received", "parked", "failed", "applied", "ignored", "all"]
_BATCH = 1000


def _account() -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--account",
        envvar="PGCREDITS_STRIPE_ACCOUNT",
        show_envvar=True,
        default="",
        metavar="ACCT",
        help="Connected account that the event belongs to; your own by default.",
    )


@click.command()
@click.option(
    "--outcome",
    envvar="PGCREDITS_STRIPE_OUTCOME",
    show_envvar=True,
    type=click.Choice(_OUTCOMES),
    default="open",
    show_default=True,
    help="Which events; open ones are received, parked or failed.",
)
@click.option(
    "--type",
    "event_type",
    envvar="PGCREDITS_STRIPE_TYPE",
    show_envvar=True,
    metavar="TYPE",
    help="Only events of this type.",
)
@click.option("--count", "count_only", is_flag=True, help="Only count them, by outcome and type.")
@database("credits_reader")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def events(
    *, outcome: str, event_type: str | None, count_only: bool, database_url: str, as_json: bool
) -> None:
    """List the events of the inbox, what they wait for and the errors they met."""
    with connected(database_url) as conn:
        if count_only:
            for backlog in rpc.list_stripe_backlog(conn):
                is_open = backlog.outcome in {"received", "parked", "failed"}
                if event_type in {None, backlog.event_type} and (
                    outcome in {"all", backlog.outcome} or (outcome == "open" and is_open)
                ):
                    given_up = f" ({backlog.exhausted} given up)" if backlog.exhausted else ""
                    click.echo(
                        as_line(asdict(backlog))
                        if as_json
                        else f"{backlog.outcome} {backlog.event_type} {backlog.events}{given_up}"
                    )
            return
        for event in pages(conn, None if outcome == "open" else outcome, event_type):
            if as_json:
                shown = asdict(event)
                del shown["body"]
                click.echo(as_line(shown))
            else:
                reason = f": {event.reason}" if event.reason else ""
                click.echo(f"{event.event_id} {event.event_type} {event.outcome}{reason}")


def pages(
    conn: db.Connection, outcome: str | None, event_type: str | None
) -> Iterator[rpc.StripeEvent]:
    """Yield the events of the inbox, page by page; None for the open ones, of any type."""
    last: rpc.StripeEvent | None = None
    while True:
        page = rpc.list_stripe_events(
            conn,
            outcome=outcome,
            event_type=event_type,
            limit=_BATCH,
            after=last.event_id if last else None,
            after_account=last.provider_account if last else None,
        )
        yield from page
        if len(page) < _BATCH:
            return
        last = page[-1]


@click.command()
@click.argument("event", required=False)
@_account()
@database("credits_service or credits_admin")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def retry(*, event: str | None, account: str, database_url: str, as_json: bool) -> None:
    """Try EVENT (evt_...) again, with its attempts counted anew; without it, all that are due.

    Each event is a transaction of its own. Exit code 1 when an event fails.
    """
    failed = False
    with connected(database_url) as conn:
        while True:
            done = rpc.retry_stripe_event(conn, event, provider_account=account)
            if done.outcome != "none":
                reason = f": {done.reason}" if done.reason else ""
                shown = f"{done.event_id} {done.event_type} {done.outcome}{reason}"
                click.echo(as_line(asdict(done)) if as_json else shown)
            failed = failed or done.outcome == "failed"
            if event is not None or done.outcome == "none":
                break
    if failed:
        raise SystemExit(1)


@click.command()
@click.argument("event")
@click.argument("reason")
@_account()
@database("credits_admin")
def dismiss(*, event: str, reason: str, account: str, database_url: str) -> None:
    """Close EVENT, which is parked or failed, with the REASON why nothing is to come of it."""
    with connected(database_url) as conn:
        done = rpc.dismiss_stripe_event(conn, event, reason, provider_account=account)
    click.echo(f"{done.event_id} {done.event_type} {done.outcome}: {done.reason}")


@click.command()
@database("credits_service or credits_admin")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def purge(*, database_url: str, as_json: bool) -> None:
    """Close refunds that waited too long for a purchase, and purge the bodies of old events.

    The settings stripe_patience and stripe_retention say how long that is.
    """
    closed = purged = 0
    with connected(database_url) as conn:
        while True:
            batch = rpc.purge_stripe_events(conn)
            closed += batch.closed
            purged += batch.purged
            if not batch.has_more:
                break
    if as_json:
        click.echo(as_line({"closed": closed, "purged": purged}))
    else:
        click.echo(f"{closed} waiting events closed, {purged} bodies purged")
