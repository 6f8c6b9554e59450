"""Lines of a session or invoice, fetched as soon as its event waits for them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import psycopg

from pgcredits.errors import CreditsError
from pgcredits.stripe_api.client import StripeTrouble
from pgcredits.stripe_api.lines import read_lines

if TYPE_CHECKING:
    from pgcredits.relay.gateway import Gateway
    from pgcredits.rpc import StripeOutcome
    from pgcredits.stripe_api.client import StripeApi

logger = logging.getLogger("pgcredits.relay")


class LineFetcher:
    """Fetches lines once; an event whose lines do not come goes on waiting for the worker."""

    def __init__(self, api: StripeApi, gateway: Gateway) -> None:
        self._api = api
        self._gateway = gateway

    def is_wanted(self, outcome: StripeOutcome) -> bool:
        """Tell whether an event of our own account waits for lines."""
        return (outcome.waits_for or "").startswith("lines::")

    def __call__(self, text: str) -> None:
        """Fetch what the event with this text waits for. Raises nothing."""
        found = json.loads(text)["data"]["object"]
        fields = {"object": found["id"]}
        try:
            lines = read_lines(self._api, found["object"], found["id"])
            outcome = self._gateway.add_lines(found["id"], lines)
        except (StripeTrouble, psycopg.Error, CreditsError) as exc:
            fields["error"] = type(exc).__name__
            if isinstance(exc, StripeTrouble):
                fields["detail"] = str(exc)
            logger.warning("lines", extra={"fields": fields})
            return
        logger.info("lines", extra={"fields": {**fields, "outcome": outcome.outcome}})
