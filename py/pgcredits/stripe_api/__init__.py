"""What needs a key of Stripe's API: reading the catalogue, lines and missed events, selling.

The relay's webhook needs none of this. Nothing here decides about credits: objects of Stripe are
handed to the database as they are.
"""

from __future__ import annotations

from pgcredits.stripe_api.client import ApiConfig, StripeApi, StripeTrouble

__all__ = ["ApiConfig", "StripeApi", "StripeTrouble"]
