"""Commands of `pgcredits stripe` against a fake Stripe, with the rights of a role and no more."""

from __future__ import annotations

from typing import Protocol

from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli import main
from tests.stripe_api.fake import KEY


class HasUrl(Protocol):
    """A Stripe that listens somewhere."""

    url: str


def run(
    stripe: HasUrl,
    *arguments: str,
    dsn: str = "",
    role: str = "credits_service",
    key: str = KEY,
) -> Result:
    """Run a command; what it prints may never hold the key."""
    env = {"STRIPE_API_KEY": key, "STRIPE_API_BASE": stripe.url, "STRIPE_API_KEY_FILE": None}
    if dsn:
        env["DATABASE_URL"] = make_conninfo(dsn, options=f"-c role={role}")
    done = CliRunner(env=env).invoke(main, ["stripe", *arguments])
    assert not key.strip() or key.strip() not in done.output + done.stderr
    return done
