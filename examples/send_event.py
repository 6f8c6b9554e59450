"""Post a signed checkout event to a local relay, as Stripe would: no Stripe account needed.

    python examples/send_event.py ACCOUNT CREDITS [URL]

STRIPE_WEBHOOK_SECRET is the secret that the relay was started with, in test mode. Each run is a new
purchase; its event is posted twice, and the second answer is "duplicate".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid


def checkout(account: str, bought: int) -> str:
    """Build the body of a completed checkout: ``bought`` credits at 10 cents each."""
    payment = uuid.uuid4().hex
    session = {
        "id": f"cs_{payment}",
        "object": "checkout.session",
        "mode": "payment",
        "payment_status": "paid",
        "payment_intent": f"pi_{payment}",
        "amount_total": 10 * bought,
        "currency": "usd",
        "metadata": {"credits_frozen": "1", "credits": str(bought), "account": account},
    }
    return json.dumps(
        {
            "id": f"evt_{payment}",
            "object": "event",
            "type": "checkout.session.completed",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": session},
        }
    )


def post(url: str, body: str, secret: str) -> str:
    """Sign the body, post it, and return status and answer."""
    now = int(time.time())
    mac = hmac.new(secret.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    request = urllib.request.Request(  # noqa: S310 - the address is the caller's own relay
        url, body.encode(), {"Stripe-Signature": f"t={now},v1={mac}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return f"{response.status} {response.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def main() -> None:
    """Post one event twice."""
    account, bought, *rest = sys.argv[1:]
    url = rest[0] if rest else "http://127.0.0.1:8787/webhooks/stripe"
    body = checkout(account, int(bought))
    for _ in range(2):
        print(post(url, body, os.environ["STRIPE_WEBHOOK_SECRET"]))


if __name__ == "__main__":
    main()
