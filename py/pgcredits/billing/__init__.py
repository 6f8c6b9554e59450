"""The billing endpoints of the relay: what a signed-in customer needs a server for, to pay.

The account comes from the caller's token, never from the body. Whatever is paid comes back as an
event of Stripe, or is confirmed under the identity that the event has.
"""

from __future__ import annotations

from pgcredits.billing.app import create_routes
from pgcredits.billing.config import BillingConfig, Custom, Tier, read_config
from pgcredits.billing.desk import Billing, Desk, Ledger

__all__ = [
    "Billing",
    "BillingConfig",
    "Custom",
    "Desk",
    "Ledger",
    "Tier",
    "create_routes",
    "read_config",
]
