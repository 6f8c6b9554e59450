"""``python -m benchmarks``: measures what a spend costs the server, and what a sweep does."""

from __future__ import annotations

import json

import click
from rich.console import Console

from benchmarks import cases, report
from benchmarks.load import load, load_lots, verify
from benchmarks.server import measured_server
from benchmarks.sweep import sweep
from benchmarks.webhooks import measure as measure_webhooks

_POSITIVE = click.IntRange(min=1)


@click.command(context_settings={"show_default": True})
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    help="Server to measure, on this machine; a database is made there and dropped at the end.  "
    "[default: a server of our own]",
)
@click.option(
    "--case",
    "chosen",
    type=click.Choice(["spread", "hot", "batch", "lots", "sweep", "webhooks"]),
    multiple=True,
    help="Measure only this; may be repeated.  [default: all]",
)
@click.option(
    "--rounds", type=_POSITIVE, default=7, help="Rounds of each case but the hot account."
)
@click.option(
    "--transactions", type=_POSITIVE, default=8000, help="Of each script in a round, all clients."
)
@click.option("--hot-spends", type=click.IntRange(min=5), default=20_000, help="On one account.")
@click.option("--clients", type=_POSITIVE, default=8)
@click.option("--accounts", type=_POSITIVE, default=100_000, help="To spread spends over.")
@click.option(
    "--few-accounts", type=_POSITIVE, default=500, help="With one lot, and as many with --lots."
)
@click.option("--lots", type=_POSITIVE, default=1000, help="Of an account with many.")
@click.option("--webhooks", type=_POSITIVE, default=2000, help="Delivered in a round, over HTTP.")
@click.option(
    "--sweep-lots", type=click.IntRange(min=10), default=50_000, help="That are due at once."
)
@click.option("--sweep-batch", type=_POSITIVE, default=1000, help="Lots that one call sweeps.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(
    *,
    database_url: str | None,
    chosen: tuple[str, ...],
    rounds: int,
    transactions: int,
    hot_spends: int,
    clients: int,
    accounts: int,
    few_accounts: int,
    lots: int,
    webhooks: int,
    sweep_lots: int,
    sweep_batch: int,
    as_json: bool,
) -> None:
    """Measure in server CPU what spends cost, against two baselines; batches, sweeps and webhooks.

    The figures of one run are compared with one another only. The exit code does not judge them.
    """
    effort = cases.Effort(
        accounts=accounts,
        few_accounts=few_accounts,
        rounds=rounds,
        transactions=transactions,
        hot_spends=hot_spends,
        clients=clients,
        sweep_lots=sweep_lots,
        sweep_batch=sweep_batch,
    )
    with measured_server(database_url) as server:
        _progress(f"loading {accounts:,} accounts")
        load(server.dsn, accounts)
        found: list[report.Found] = []
        for measure in (cases.spread, cases.hot, cases.batch, cases.lots):
            if chosen and measure.__name__ not in chosen:
                continue
            if measure is cases.lots:
                _progress(f"loading {few_accounts:,} accounts with {lots:,} lots each")
                load_lots(server.dsn, few_accounts, lots)
            _progress(f"{measure.__name__}: server CPU, ms for 1,000 spends")
            found.append(measure(server, effort, _progress))
        if not chosen or "sweep" in chosen:
            _progress(f"sweep: {sweep_lots:,} lots that are due at once")
            found.append(sweep(server, effort, _progress))
        deliveries = None
        if not chosen or "webhooks" in chosen:
            _progress("webhooks: signed events over HTTP")
            deliveries = measure_webhooks(
                server,
                accounts=accounts,
                rounds=rounds,
                each=webhooks,
                clients=clients,
                progress=_progress,
            )
        verify(server.dsn)
        environment = server.environment()
    if as_json:
        document = report.document(environment, found)
        if deliveries is not None:
            document["webhooks"] = deliveries.document()
        click.echo(json.dumps(document, indent=2))
    else:
        report.show(Console(), environment, found)
        if deliveries is not None:
            click.echo(deliveries.text())


def _progress(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
