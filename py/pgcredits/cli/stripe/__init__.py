"""`pgcredits stripe`: what the database has to know about Stripe, and the inbox of its events."""

from __future__ import annotations

import click

from pgcredits.cli.stripe.catalogue import create_packs, sync
from pgcredits.cli.stripe.compare import reconcile, replay
from pgcredits.cli.stripe.inbox import dismiss, events, purge, retry
from pgcredits.cli.stripe.lines import fetch_lines
from pgcredits.cli.stripe.prices import set_price
from pgcredits.cli.stripe.status import status


@click.group()
def stripe() -> None:
    """Tell the database about Stripe's catalogue, and look after the inbox of its events."""


for _command in (
    status,
    set_price,
    sync,
    create_packs,
    fetch_lines,
    replay,
    reconcile,
    events,
    retry,
    dismiss,
    purge,
):
    stripe.add_command(_command)
