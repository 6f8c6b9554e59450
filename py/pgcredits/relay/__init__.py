"""The webhook relay: takes Stripe's deliveries, verifies them, hands them to the database.

It decides nothing about money: the received text goes unchanged to one SQL function, in a
transaction that is committed before Stripe gets its answer.
"""

from __future__ import annotations

from pgcredits.relay.app import create_app
from pgcredits.relay.config import RelayConfig
from pgcredits.relay.server import serve

__all__ = ["RelayConfig", "create_app", "serve"]
