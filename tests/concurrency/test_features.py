"""Uses of features by two sessions at once, and beside a change of the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import InsufficientCredits
from pgcredits.rpc import FeatureUse, RateCard

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.concurrency.sessions import Sessions


@pytest.fixture
def shop(credits: Credits) -> Credits:
    credits.define_feature("page")
    credits.set_rate_card("page", 2)
    credits.grant_credits("u", 100)
    return credits


@pytest.mark.usefixtures("shop")
def test_of_two_uses_that_do_not_fit_together_one_passes(sessions: Sessions) -> None:
    race = sessions.race(
        lambda one: one.use_feature("u", "page", 30), lambda two: two.use_feature("u", "page", 30)
    )
    assert race.waited
    assert isinstance(race.first, FeatureUse)
    assert isinstance(race.second, InsufficientCredits)
    assert race.second.values == {"required": 60, "available": 40}


def test_of_two_uses_with_one_reference_one_pays(shop: Credits, sessions: Sessions) -> None:
    race = sessions.race(
        lambda one: one.use_feature("u", "page", 30, reference="job"),
        lambda two: two.use_feature("u", "page", 30, reference="job"),
    )
    assert race.waited
    assert isinstance(race.first, FeatureUse)
    assert isinstance(race.second, FeatureUse)
    assert (race.first.is_replay, race.second.is_replay) == (False, True)
    assert race.first.entry_id == race.second.entry_id
    assert shop.balance("u") == 40


def test_two_new_prices_at_once_are_two_versions(shop: Credits, sessions: Sessions) -> None:
    race = sessions.race(
        lambda one: one.set_rate_card("page", 3), lambda two: two.set_rate_card("page", 4)
    )
    assert race.waited
    assert isinstance(race.first, RateCard)
    assert isinstance(race.second, RateCard)
    assert (race.first.rate_card, race.second.rate_card) == (2, 3)
    assert shop.quote_feature("u", "page").credits == 4


def test_a_use_does_not_wait_for_a_price(shop: Credits, sessions: Sessions) -> None:
    race = sessions.race(
        lambda one: one.set_rate_card("page", 3), lambda two: two.use_feature("u", "page")
    )
    assert not race.waited
    assert isinstance(race.second, FeatureUse)
    assert race.second.amount == -2
    assert shop.use_feature("u", "page").amount == -3
