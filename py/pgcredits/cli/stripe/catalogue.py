"""`pgcredits stripe sync` and `create-packs`: products and prices."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgcredits import rpc
from pgcredits.cli.stripe.common import accounts, as_line, connected, database, key_file, open_api
from pgcredits.stripe_api import StripeTrouble, packs
from pgcredits.stripe_api.catalogue import SyncCounts
from pgcredits.stripe_api.catalogue import sync as sync_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@click.command()
@accounts()
@key_file()
@database("credits_service or credits_admin")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object for each account.")
def sync(
    *, accounts: tuple[str, ...], key_file: str | None, database_url: str, as_json: bool
) -> None:
    """Mirror all products and prices of Stripe, archived ones too.

    Their events do the same; this is for those that came before the relay, or were missed. A
    restricted key needs to read products and prices. Exit code 1 when an account or object fails.
    """
    api = open_api(key_file)
    failed = False
    with connected(database_url) as conn:
        for account in ("", *accounts):
            started, problem, counts = datetime.now(UTC), None, SyncCounts()
            try:
                with _progress(account) as show:
                    sync_catalogue(
                        conn,
                        api,
                        account,
                        counts=counts,
                        show=show,
                        complain=lambda text: click.echo(text, err=True),
                    )
            except StripeTrouble as exc:
                problem = str(exc)
            rpc.record_stripe_run(
                conn,
                "sync",
                started,
                asdict(counts),
                problem=problem,
                livemode=api.livemode,
                provider_account=account,
            )
            failed = failed or problem is not None or counts.refused > 0
            _report(account, counts, problem, as_json=as_json)
    if failed:
        raise SystemExit(1)


def _report(account: str, counts: SyncCounts, problem: str | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(as_line({"account": account, **asdict(counts), "problem": problem}))
        return
    click.echo(
        f"{account + ': ' if account else ''}{counts.products} products and {counts.prices} "
        f"prices read, {counts.changed} of them news, {counts.refused} refused"
    )
    if problem is not None:
        click.echo(f"Error: {problem}", err=True)


@contextmanager
def _progress(account: str) -> Iterator[Callable[[str, SyncCounts], None]]:
    """Show on a terminal what has been read; Stripe does not tell how much there is."""
    if not sys.stderr.isatty():
        yield lambda _kind, _counts: None
        return
    from rich.console import Console  # noqa: PLC0415 -- slow to import
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(account or "your account", total=None)

        def show(kind: str, counts: SyncCounts) -> None:
            text = f"{kind}: {counts.products:,} products, {counts.prices:,} prices"
            bar.update(task, description=text)

        yield show


@click.command("create-packs")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--plan", "plan_only", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@key_file()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object for each pack.")
def create_packs(
    *, file: Path, plan_only: bool, yes: bool, key_file: str | None, as_json: bool
) -> None:
    """Create the packs of FILE (TOML) at Stripe: a product and a price each.

    A pack is found again by the lookup key of its price, so the same file can be applied again: it
    creates what is missing and changes what differs. On a terminal it shows the plan and asks.
    A restricted key needs to write products and prices.
    """
    try:
        wanted = packs.read(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise click.UsageError(f"cannot read {file}: {type(exc).__name__}.") from None
    except ValueError as exc:
        raise click.UsageError(f"{file}: {exc}.") from None
    api = open_api(key_file)
    try:
        steps = packs.plan(api, wanted)
        if plan_only or (sys.stdin.isatty() and not yes):
            for step in steps:
                _show(step, step.price or "", "plan", as_json=as_json)
        if plan_only:
            return
        if sys.stdin.isatty() and not yes and any(step.action != "keep" for step in steps):
            mode = "live" if api.livemode else "test"
            click.confirm(f"Do this in {mode} mode?", abort=True, err=True)
        for step, price in packs.apply(api, steps):
            _show(step, price, "done", as_json=as_json)
    except StripeTrouble as exc:
        raise click.ClickException(f"{exc}; what is done stays, and can be repeated.") from None


def _show(step: packs.Step, price: str, stage: str, *, as_json: bool) -> None:
    if as_json:
        shown = {"stage": stage, "key": step.pack.key, "action": step.action}
        click.echo(as_line({**shown, "price": price or None, "because": step.because or None}))
        return
    pack = step.pack
    because = f" ({step.because})" if step.because else ""
    click.echo(
        f"{step.action} {pack.key}: {pack.credits} credits for {pack.amount} {pack.currency}"
        f"{' as ' + price if price else ''}{because}"
    )
