"""Periodic jobs as commands: for cron, or by hand."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import psycopg

from pgcredits.cli.complaints import explain
from pgcredits.cli.interrupts import Terminated, interruptible
from pgcredits.errors import CreditsError
from pgcredits.worker.jobs import JOBS, batches, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits.worker.jobs import Batch, Job

INTERRUPTED, TERMINATED = 130, 143

ROLE = "Connection string of a role that is a member of credits_service or credits_admin."


@click.command()
@click.option(
    "--limit",
    envvar="PGCREDITS_SWEEP_LIMIT",
    show_envvar=True,
    type=click.IntRange(1, 10_000),
    default=1000,
    show_default=True,
    help="Lots and holds in one transaction.",
)
@click.option("--database-url", envvar="DATABASE_URL", show_envvar=True, required=True, help=ROLE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def sweep(ctx: click.Context, *, limit: int, database_url: str, as_json: bool) -> None:
    """Release holds past their deadline and book credits past their expiry, until none are left.

    Balances are right without it. Skips accounts that somebody has locked; may run twice at once.

    Exit codes: 0 done, 1 failed, 2 wrong use; 130 and 143 interrupted: what was booked stays.
    """
    work(ctx, JOBS["sweep"], database_url, limit, as_json=as_json)


@click.command()
@click.option(
    "--limit",
    envvar="PGCREDITS_GRANTS_LIMIT",
    show_envvar=True,
    type=click.IntRange(1, 10_000),
    default=1000,
    show_default=True,
    help="Accounts in one transaction.",
)
@click.option("--database-url", envvar="DATABASE_URL", show_envvar=True, required=True, help=ROLE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def grants(ctx: click.Context, *, limit: int, database_url: str, as_json: bool) -> None:
    """Book the scheduled grants of subscriptions that are due, until none are left.

    No spend waits for it, only the balance that is shown. Skips accounts that somebody has locked;
    may run twice at once.

    Exit codes: 0 done, 1 failed, 2 wrong use; 130 and 143 interrupted: what was booked stays.
    """
    work(ctx, JOBS["grants"], database_url, limit, as_json=as_json)


def work(ctx: click.Context, job: Job, database_url: str, limit: int, *, as_json: bool) -> None:
    """Do a job until nothing is left, and say what was done."""
    done: Counter[str] = Counter()
    count, note = 0, None
    try:
        with (
            interruptible(),
            connect(job, database_url) as conn,
            _progress(job) as show,
        ):
            for batch in batches(job, conn, limit):
                count, note = count + 1, batch.note
                done.update(batch.done)
                show(batch)
    except CreditsError as exc:
        raise click.ClickException(f"{exc.sqlstate} {exc}") from None
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName) as exc:
        text = f"{explain(exc)}; has `pgcredits migrate apply` been run here?"
        raise click.ClickException(text) from None
    except psycopg.Error as exc:
        raise click.ClickException(explain(exc)) from None
    except KeyboardInterrupt as exc:
        click.echo(f"interrupted; what {count} batches have done stays", err=True)
        ctx.exit(TERMINATED if isinstance(exc, Terminated) else INTERRUPTED)
    if as_json:
        click.echo(json.dumps({"job": job.name, "batches": count, **done, "note": note}))
    else:
        figures = ", ".join(f"{number} {name}" for name, number in done.items())
        click.echo(f"{job.name}: {figures}" + (f" ({note})" if note else ""))


@contextmanager
def _progress(job: Job) -> Iterator[Callable[[Batch], None]]:
    """Show on a terminal how much is done, and of how much where that is known."""
    if not sys.stderr.isatty():
        yield lambda _batch: None
        return
    from rich.console import Console  # noqa: PLC0415 -- slow to import
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    done: Counter[str] = Counter()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(job.name, total=None)

        def show(batch: Batch) -> None:
            done.update(batch.done)
            items = done.get("entries", 0)
            text = ", ".join(f"{number:,} {name}" for name, number in done.items())
            total = None if batch.left is None else items + batch.left
            bar.update(task, description=text, completed=items, total=total)

        yield show
