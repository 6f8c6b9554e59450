"""`pgcredits stripe fetch-lines`: what sessions and invoices consist of."""

from __future__ import annotations

import click

from pgcredits.cli.stripe.common import as_line, connected, database, key_file, open_api
from pgcredits.stripe_api.lines import LineCounts, fetch, waiting


@click.command("fetch-lines")
@key_file()
@database("credits_service")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def fetch_lines(*, key_file: str | None, database_url: str, as_json: bool) -> None:
    """Fetch the lines of sessions and invoices that parked events wait for.

    What they bought is granted with it. The worker does the same every 15 seconds. A restricted key
    needs to read checkout sessions, invoices, prices and products. Exit code 1 when Stripe does not
    give the lines of one of them.
    """
    api = open_api(key_file)
    counts, after = LineCounts(), None
    with connected(database_url) as conn:
        while True:
            page = waiting(conn, after)
            done = fetch(
                conn.transaction, conn, api, page.events, lambda text: click.echo(text, err=True)
            )
            counts.fetched += done.fetched
            counts.missed += done.missed
            after = page.last
            if after is None:
                break
    if as_json:
        click.echo(as_line({"fetched": counts.fetched, "missed": counts.missed}))
    else:
        click.echo(f"lines of {counts.fetched} objects fetched, {counts.missed} missed")
    if counts.missed:
        raise SystemExit(1)
