"""A relay with billing endpoints on a real socket, a real database and a fake Stripe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest
from psycopg.conninfo import make_conninfo

from pgcredits.billing import Billing, BillingConfig, Custom, Tier
from tests.relay.support import listening
from tests.stripe_api.fake import FakeStripe, api_of, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "a-secret-of-the-tests-and-of-nothing-else"
HOME = "https://app.example.com"
CONFIG = BillingConfig(
    redirects=(f"{HOME}/billing", "http://localhost:3000"),
    origins=(HOME,),
    per_minute=1000,
    custom=Custom("usd", 10, 100_000, (Tier(1000, Decimal("0.5")), Tier(None, Decimal("0.4")))),
    jwt_secret=SECRET,
)
URLS = {"success_url": f"{HOME}/billing/done", "cancel_url": f"{HOME}/billing"}


def token(sub: str | None = "ann", secret: str = SECRET, **claims: Any) -> str:
    given = {"sub": sub, "exp": int(time.time()) + 600, **claims}
    return jwt.encode({k: v for k, v in given.items() if v is not None}, secret, "HS256")


@dataclass(frozen=True)
class Page:
    """What a signed-in customer's page can do."""

    url: str

    def post(self, name: str, body: Any, account: str = "ann", **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {token(account)}", **headers}
        return httpx.post(f"{self.url}/billing/{name}", json=body, headers=given, timeout=30)

    def checkout(self, account: str = "ann", **body: Any) -> httpx.Response:
        return self.post("checkout-session", {**URLS, "price": "price_1", **body}, account)


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with serving() as fake:
        yield fake


@pytest.fixture
def page(stripe: FakeStripe, dsn: str) -> Iterator[Page]:
    restricted = make_conninfo(dsn, options="-c role=credits_webhook")
    with listening(restricted, Billing(CONFIG, api_of(stripe)), mode="test") as relay:
        yield Page(relay.url)
