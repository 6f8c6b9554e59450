"""`pgcredits demo`: watch webhook events become credits."""

from __future__ import annotations

import click
import psycopg

from pgcredits.cli.interrupts import interruptible
from pgcredits.demo import StageError, run
from pgcredits.embedded import EmbeddedError
from pgcredits.migrate import MigrateError


@click.command()
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    help="Play in a scratch database on this server, which is dropped at the end. [default: a "
    "throwaway server of its own]",
)
def demo(*, database_url: str | None) -> None:
    """Watch webhook events become credits, be spent, expire and be taken back.

    Starts a throwaway PostgreSQL server and the relay on free ports of 127.0.0.1, delivers signed
    events in Stripe's shape, spends, and shows after each step what was booked and why. Takes a few
    seconds and leaves nothing behind; on a server of yours only the roles of pgcredits remain.

    Exit codes: 0 every figure was verified, 1 a finding, a failed step or an interruption, 2 wrong
    use.
    """
    try:
        with interruptible():
            findings = run(database_url)
    except (StageError, EmbeddedError, MigrateError) as error:
        raise click.ClickException(str(error)) from error
    except psycopg.Error as error:
        text = (error.diag.message_primary or type(error).__name__).strip()
        raise click.ClickException(f"the database refused a step: {text}") from error
    except KeyboardInterrupt:
        raise click.ClickException("interrupted; everything has been taken away") from None
    if findings:
        raise click.ClickException(f"verify has {findings} findings")
