"""What the commands of `pgcredits stripe` share: options, connections and their errors."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import psycopg

from pgcredits import db
from pgcredits.cli.complaints import explain
from pgcredits.errors import CreditsError
from pgcredits.stripe_api import StripeApi, StripeTrouble
from pgcredits.stripe_api.client import from_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Command = Callable[..., Any]

KEY_VARIABLE = "STRIPE_API_KEY"


def database(role: str) -> Callable[[Command], Command]:
    """Make the option for the database, for a role that is a member of ``role``."""
    return click.option(
        "--database-url",
        envvar="DATABASE_URL",
        show_envvar=True,
        required=True,
        help=f"Connection string of a role that is a member of {role}.",
    )


def key_file() -> Callable[[Command], Command]:
    """Make the option for a file that holds the key of Stripe's API."""
    return click.option(
        "--key-file",
        envvar="STRIPE_API_KEY_FILE",
        show_envvar=True,
        type=click.Path(dir_okay=False),
        help=f"File with the key of Stripe's API; else it is read from {KEY_VARIABLE}.",
    )


def accounts() -> Callable[[Command], Command]:
    """Make the option for connected accounts."""
    return click.option(
        "--account",
        "accounts",
        envvar="PGCREDITS_STRIPE_ACCOUNTS",
        show_envvar=True,
        multiple=True,
        metavar="ACCT",
        help="A connected account besides your own; may be repeated. In the variable, separated by "
        "blanks.",
    )


@contextmanager
def connected(database_url: str) -> Iterator[db.Connection]:
    """Open a connection in autocommit; errors of the database become messages."""
    try:
        with db.connect(database_url, application_name="pgcredits stripe") as conn:
            conn.autocommit = True
            yield conn
    except CreditsError as exc:
        raise click.ClickException(f"{exc.sqlstate} {exc}") from None
    except psycopg.Error as exc:
        raise click.ClickException(explain(exc)) from None
    except StripeTrouble as exc:
        raise click.ClickException(str(exc)) from None


def open_api(path: str | None) -> StripeApi:
    """Open Stripe's API with the key from a file or the environment; it is never printed."""
    try:
        api = from_environment(path)
    except (OSError, UnicodeDecodeError) as exc:
        raise click.UsageError(f"cannot read the key file: {type(exc).__name__}.") from None
    except ValueError as exc:
        raise click.UsageError(f"{exc}.") from None
    if api is None:
        raise click.UsageError(
            f"no key of Stripe's API: set {KEY_VARIABLE} or give --key-file (sk_... or rk_...)."
        )
    return api


def as_line(value: Any) -> str:
    """One object as a line of JSON; times as ISO 8601."""
    return json.dumps(value, default=lambda instant: instant.isoformat())
