"""`pgcredits stripe status`: what waits, what failed, and what to do about each."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pgcredits import rpc
from pgcredits.cli.stripe.common import as_line, connected, database
from pgcredits.cli.stripe.inbox import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgcredits import db

# What an event waits for (first word of waits_for), what that means, and what to do about it.
_ADVICE = {
    "price": ("price unknown or malformed", "pgcredits stripe sync, or stripe set-price PRICE"),
    "product": ("product unknown or malformed", "pgcredits stripe sync"),
    "lines": ("lines not fetched", "run the worker with STRIPE_API_KEY, or stripe fetch-lines"),
    "customer": ("buyer unknown", "credits.link_customer, or credits.claim_payment"),
    "payment": (
        "money back of an unmatched payment",
        "stripe reconcile --apply finds its purchase; of another product: stripe dismiss EVENT",
    ),
    "account": ("account closed", "refund it at Stripe, or credits.claim_payment for another one"),
    "operator": ("incomplete or of no account", "credits.claim_payment, or stripe dismiss EVENT"),
}
_FAILED = ("failed", "mend what reason says, then stripe retry EVENT")
_RECEIVED = ("received", "stripe retry: it is due")
_REVIEW = {
    "invoice": "credits were granted and it is void: clawback_credits if they are to go back",
    "refund": "in a state that this version does not know: upgrade, then stripe reconcile --apply",
    "dispute": "in a state that this version does not know: upgrade, then stripe reconcile --apply",
    "price": "two events of one second contradict one another: stripe sync",
    "product": "two events of one second contradict one another: stripe sync",
}
_SHOWN = 3


@click.command()
@click.option("--test-mode", is_flag=True, help="Objects of test mode instead of live mode.")
@database("credits_reader")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def status(*, test_mode: bool, database_url: str, as_json: bool) -> None:
    """Say what of Stripe needs somebody: parked, failed and unmatched events, objects to review.

    Each with what to do about it, and the newest runs of sync, replay and reconcile.
    """
    with connected(database_url) as conn:
        found = [*_events(conn, livemode=not test_mode), *_objects(conn, livemode=not test_mode)]
        runs = rpc.list_stripe_runs(conn, limit=5)
    if as_json:
        for one in found:
            click.echo(as_line(one))
        for run in runs:
            click.echo(as_line({"run": asdict(run)}))
        return
    for one in found:
        more = "" if len(one["ids"]) == one["count"] else ", ..."
        click.echo(f"{one['count']} {one['what']}: {', '.join(one['ids'])}{more}")
        click.echo(f"    {one['advice']}")
    if not found:
        click.echo("nothing waits, nothing has failed")
    for run in runs:
        figures = ", ".join(f"{number} {name}" for name, number in run.counts.items())
        problem = f"; stopped: {run.problem}" if run.problem else ""
        account = f" {run.provider_account}" if run.provider_account else ""
        click.echo(f"{run.started_at:%Y-%m-%d %H:%M} {run.kind}{account}: {figures}{problem}")


def _events(conn: db.Connection, *, livemode: bool) -> Iterator[dict[str, Any]]:
    counts: Counter[tuple[str, str]] = Counter()
    ids: dict[tuple[str, str], list[str]] = {}
    for event in pages(conn, None, None):
        if event.livemode is not livemode:
            continue
        kind = (event.waits_for or "").partition(":")[0]
        waits = _ADVICE.get(kind, _ADVICE["operator"])
        what = {"failed": _FAILED, "received": _RECEIVED}.get(event.outcome, waits)
        counts[what] += 1
        if len(ids.setdefault(what, [])) < _SHOWN:
            ids[what].append(event.event_id)
    for found, count in counts.most_common():
        name = "events" if count > 1 else "event"
        yield {
            "what": f"{name} ({found[0]})",
            "count": count,
            "ids": ids[found],
            "advice": found[1],
        }


def _objects(conn: db.Connection, *, livemode: bool) -> Iterator[dict[str, Any]]:
    ids: dict[str, list[str]] = {}
    for row in rpc.list_stripe_objects(conn, livemode=livemode):
        ids.setdefault(row.kind, []).append(row.object_id)
    for kind, found in ids.items():
        yield {
            "what": f"{kind} to review",
            "count": len(found),
            "ids": found[:_SHOWN],
            "advice": _REVIEW[kind],
        }
