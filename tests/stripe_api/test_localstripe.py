"""Against a Stripe that we have not written: localstripe, with its own signatures and events."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from psycopg.conninfo import make_conninfo

from pgcredits.stripe_api import ApiConfig, StripeApi
from tests.relay.support import SECRET, listening
from tests.stripe_api.fake import KEY
from tests.stripe_api.support import run
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.client import Credits


class Local:
    """The address of a localstripe, where `tests.stripe_api.support.run` looks for one."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/v1/customers", auth=(KEY, "")).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def local() -> Iterator[Local]:
    with socket.socket(socket.AF_INET6) as free:
        free.bind(("::", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "localstripe"
    process = subprocess.Popen(
        [program, "--port", str(port), "--from-scratch"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = Local(port)
        wait_until(found.answers, "localstripe listens")
        yield found
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.slow
def test_a_customer_is_known_by_webhook_and_by_replay(
    local: Local, credits: Credits, dsn: str
) -> None:
    api = StripeApi(ApiConfig(KEY, base=local.url))
    webhook = make_conninfo(dsn, options="-c role=credits_webhook")
    with listening(webhook, mode="test") as relay:
        httpx.post(
            f"{local.url}/_config/webhooks/relay",
            json={"url": f"{relay.url}/webhooks/stripe", "secret": SECRET},
        ).raise_for_status()
        made = api.post("/v1/customers", "one", metadata={"account": "ann"})

        def is_known() -> bool:
            return bool(credits.get_stripe_buyer("ann", livemode=False).customer == made["id"])

        wait_until(is_known, "localstripe delivers")
    # What came while nobody listened.
    other = api.post("/v1/customers", "two", metadata={"account": "bob"})
    done = run(local, "replay", "--json", dsn=dsn, role="credits_admin")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["counts"] == {"checked": 2, "applied": 1, "duplicate": 1}
    assert credits.get_stripe_buyer("bob", livemode=False).customer == other["id"]
    assert list(api.all("/v1/refunds")) == []
