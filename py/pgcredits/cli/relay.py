"""`pgcredits relay`: the webhook relay."""

from __future__ import annotations

import os
from pathlib import Path

import click
import psycopg

from pgcredits import db
from pgcredits.billing import Billing, read_config
from pgcredits.relay import RelayConfig, serve
from pgcredits.stripe_api.client import from_environment

SECRET_VARIABLE = "STRIPE_WEBHOOK_SECRET"  # noqa: S105 - the name of the variable, not a secret


@click.command()
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    required=True,
    help="Connection string of a role that is a member of credits_webhook. Better set by its "
    "variable: arguments can be seen in the process list.",
)
@click.option(
    "--secret-file",
    "secret_files",
    envvar="STRIPE_WEBHOOK_SECRET_FILE",
    show_envvar=True,
    multiple=True,
    type=click.Path(path_type=Path),
    help="File with signing secrets (whsec_...), separated by commas. May be repeated.",
)
@click.option(
    "--mode",
    envvar="PGCREDITS_RELAY_MODE",
    show_envvar=True,
    type=click.Choice(["live", "test"]),
    default="live",
    show_default=True,
    help="The one mode whose events are accepted.",
)
@click.option(
    "--host",
    envvar="PGCREDITS_RELAY_HOST",
    show_envvar=True,
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on.",
)
@click.option(
    "--port",
    envvar="PGCREDITS_RELAY_PORT",
    show_envvar=True,
    type=click.IntRange(0, 65535),
    default=8787,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--pool-size",
    envvar="PGCREDITS_RELAY_POOL_SIZE",
    show_envvar=True,
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="Database connections at most.",
)
@click.option(
    "--billing",
    "billing_file",
    envvar="PGCREDITS_BILLING_FILE",
    show_envvar=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file; with it the relay also serves the billing endpoints below /billing.",
)
def relay(
    *,
    database_url: str,
    secret_files: tuple[Path, ...],
    mode: str,
    host: str,
    port: int,
    pool_size: int,
    billing_file: Path | None,
) -> None:
    """Take Stripe's webhooks and hand them to the database.

    The signing secrets are read from the variable STRIPE_WEBHOOK_SECRET (several separated by
    commas) and from the files given with --secret-file; without any the relay does not start.

    With --billing it calls Stripe with the key in STRIPE_API_KEY (or the file STRIPE_API_KEY_FILE),
    and verifies the tokens of its callers with the secret in PGCREDITS_JWT_SECRET or the keys at
    jwks_url.

    POST /webhooks/stripe takes the events, GET /healthz says that the process lives, GET /readyz
    that the database can be reached and has the right schema. Logs go to stderr, one JSON object
    a line; the address is printed on stdout.
    """
    try:
        db.conninfo(database_url, "pgcredits relay")
    except psycopg.ProgrammingError:
        # The driver's own text quotes the string, and with it a password.
        raise click.UsageError("DATABASE_URL is not a connection string.") from None
    try:
        config = RelayConfig(
            database_url=database_url,
            secrets=_secrets(secret_files),
            mode="live" if mode == "live" else "test",
            pool_size=pool_size,
        )
    except ValueError as exc:
        raise click.UsageError(
            f"{exc}: set {SECRET_VARIABLE} or give --secret-file (whsec_... of the endpoint)."
        ) from None
    billing = None if billing_file is None else _billing(billing_file, config)
    try:
        serve(
            config, host, port, lambda url: click.echo(f"listening on {url} ({mode} mode)"), billing
        )
    except ValueError as exc:
        raise click.UsageError(f"{exc}.") from None
    except OSError as exc:
        raise click.ClickException(f"cannot listen on {host}:{port}: {exc.strerror}") from None


def _billing(path: Path, config: RelayConfig) -> Billing:
    try:
        settings = read_config(path.read_text("utf-8"), os.environ.get("PGCREDITS_JWT_SECRET"))
        api = from_environment()
    except (OSError, UnicodeDecodeError) as exc:
        name = getattr(exc, "filename", None) or path
        raise click.UsageError(f"cannot read {name}: {type(exc).__name__}.") from None
    except ValueError as exc:
        raise click.UsageError(f"{path}: {exc}.") from None
    if api is None:
        raise click.UsageError("--billing needs a key of Stripe's API: set STRIPE_API_KEY.")
    if api.livemode is not config.livemode:
        raise click.UsageError(f"the key of Stripe's API is not of {config.mode} mode.")
    return Billing(settings, api)


def _secrets(paths: tuple[Path, ...]) -> tuple[str, ...]:
    texts = [os.environ.get(SECRET_VARIABLE, "")]
    for path in paths:
        try:
            texts.append(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as exc:
            raise click.UsageError(f"cannot read {path}: {type(exc).__name__}.") from None
    return tuple(texts)
