"""`pgcredits worker`: the periodic jobs in one process."""

from __future__ import annotations

from typing import Any

import click
import psycopg

from pgcredits import db
from pgcredits.worker.jobs import JOBS
from pgcredits.worker.runner import Scheduled
from pgcredits.worker.server import serve

_OFF = "off"
_DAY = 86_400


class Every(click.ParamType[tuple[str, float]]):
    """``JOB=SECONDS`` or ``JOB=off``."""

    name = "job=seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Return the job and the seconds, 0 for off."""
        job, _, text = str(value).partition("=")
        if job not in JOBS:
            self.fail(f"{job!r} is none of the jobs: {', '.join(JOBS)}", param, ctx)
        if text == _OFF:
            return job, 0
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1
        if not 1 <= seconds <= 30 * _DAY:
            self.fail(f"{value!r}: give 1 to {30 * _DAY} seconds, or off", param, ctx)
        return job, seconds


@click.command()
@click.option(
    "--every",
    multiple=True,
    type=Every(),
    metavar="JOB=SECONDS",
    envvar="PGCREDITS_WORKER_EVERY",
    show_envvar=True,
    help="How often a job begins, or JOB=off; may be repeated. In the variable, separated by "
    f"blanks. By default {' '.join(f'{job.name}={job.interval:g}' for job in JOBS.values())}.",
)
@click.option(
    "--host",
    envvar="PGCREDITS_WORKER_HOST",
    show_envvar=True,
    default="127.0.0.1",
    show_default=True,
    help="Address on which health and metrics are served.",
)
@click.option(
    "--port",
    envvar="PGCREDITS_WORKER_PORT",
    show_envvar=True,
    type=click.IntRange(0, 65535),
    default=8788,
    show_default=True,
    help="Port for them; 0 takes a free one.",
)
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    required=True,
    help="Connection string of a role that is a member of credits_service or credits_admin. Better "
    "set by its variable: arguments can be seen in the process list.",
)
def worker(
    *, every: tuple[tuple[str, float], ...], host: str, port: int, database_url: str
) -> None:
    """Run the periodic jobs until SIGTERM or SIGINT: sweep, grants, seal, and three for Stripe.

    stripe-lines needs a key of Stripe's API in STRIPE_API_KEY or the file STRIPE_API_KEY_FILE; it
    does nothing without one.

    Several workers may run at once. A job that fails is tried again, after growing pauses, with a
    new connection; on SIGTERM each job finishes its batch.

    GET /healthz says whether every job succeeds (503 when one has not for three intervals and a
    minute), GET /metrics has the figures for Prometheus. Logs go to stderr, one JSON object a line;
    the address is printed on stdout.
    """
    try:
        db.conninfo(database_url, "pgcredits worker")
    except psycopg.ProgrammingError:
        # The driver's own text quotes the string, and with it a password.
        raise click.UsageError("DATABASE_URL is not a connection string.") from None
    intervals = {name: job.interval for name, job in JOBS.items()} | dict(every)
    schedule = [Scheduled(JOBS[name], seconds) for name, seconds in intervals.items() if seconds]
    if not schedule:
        raise click.UsageError("every job is off.")
    try:
        serve(database_url, schedule, host, port, lambda url: click.echo(f"listening on {url}"))
    except OSError as exc:
        raise click.ClickException(f"cannot listen on {host}:{port}: {exc.strerror}") from None
