"""What the relay's tests share: a stand-in for the database, relays with and without a socket."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn

from pgcredits.demo import events
from pgcredits.relay import RelayConfig, create_app
from pgcredits.rpc import StripeOutcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pgcredits.billing import Billing

SECRET = "whsec_first"
OTHER_SECRET = "whsec_second"
NOW = 1_795_000_000
URL = "postgresql://nobody:hidden-password@127.0.0.1:1/none"


def config(**changes: Any) -> RelayConfig:
    return RelayConfig(**{"database_url": URL, "secrets": (SECRET, OTHER_SECRET), **changes})


def pack(**changes: Any) -> events.Event:
    """Make the purchase of 100 credits for 10 dollars."""
    given = {
        "account": "alice",
        "credits": 100,
        "amount": 1000,
        "payment_intent": "pi_pack",
        "created": NOW - 5,
    }
    return events.checkout_completed(**{**given, **changes})


class StandIn:
    """Takes the place of the database: notes what it gets, answers or raises as told."""

    def __init__(self, result: StripeOutcome | Exception | None = None) -> None:
        self.received: list[str] = []
        self._result = result or StripeOutcome("evt_1", "kind", "applied", None, "alice")

    def __call__(self, payload: str) -> StripeOutcome:
        self.received.append(payload)
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


class Relay:
    """The application, called in this process, without its lifespan (so without a database)."""

    def __init__(self, ingest: StandIn | None = None, **changes: Any) -> None:
        self.ingest = ingest or StandIn()
        self.app = create_app(config(**changes), ingest=self.ingest, now=lambda: NOW)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://relay") as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def deliver(
        self, body: str | bytes | AsyncIterator[bytes], signature: str | bytes | None
    ) -> httpx.Response:
        headers: list[tuple[str, str | bytes]] = [("content-type", "application/json")]
        if signature is not None:
            headers.append(("stripe-signature", signature))
        return self.request("POST", "/webhooks/stripe", content=body, headers=headers)

    def deliver_signed(self, body: str) -> httpx.Response:
        return self.deliver(body, events.sign(body, SECRET, NOW))


class Endpoint:
    """A relay that listens, as Stripe sees it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def deliver(self, event: events.Event) -> httpx.Response:
        """Send an event as Stripe would, signed now."""
        return self.deliver_text(events.body(event))

    def deliver_text(self, text: str) -> httpx.Response:
        return httpx.post(
            f"{self.url}/webhooks/stripe",
            content=text.encode(),
            headers={"Stripe-Signature": events.sign(text, SECRET)},
            timeout=30,
        )

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=30)


@contextmanager
def listening(
    database_url: str, billing: Billing | None = None, **settings: Any
) -> Iterator[Endpoint]:
    """Run the application in a thread, on a free port."""
    config = RelayConfig(database_url=database_url, secrets=(SECRET,), **settings)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(config, billing=billing), log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        # The socket listens already: the first request waits until the server takes it.
        yield Endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()
