"""A fake Stripe for each test, and the API that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stripe_api.fake import FakeStripe, api_of, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgcredits.stripe_api import StripeApi


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with serving() as fake:
        yield fake


@pytest.fixture
def api(stripe: FakeStripe) -> StripeApi:
    return api_of(stripe)
