"""Calls of Stripe's API through the real SDK: pages, repetitions, errors, pace."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from pgcredits.stripe_api import ApiConfig, StripeApi, StripeTrouble
from tests.stripe_api.fake import KEY, FakeStripe, api_of


def test_all_pages_are_read(stripe: FakeStripe, api: StripeApi) -> None:
    stripe.page = 3
    stripe.add("prices", *({"id": f"price_{n}"} for n in range(8)))
    assert [price["id"] for price in api.all("/v1/prices")] == [
        f"price_{n}" for n in range(7, -1, -1)
    ]
    assert [more for _, more in api.pages("/v1/prices")] == [True, True, False]
    assert [call.get("starting_after") for call in stripe.calls("GET", "/v1/prices")][:3] == [
        None,
        "price_5",
        "price_2",
    ]


def test_an_empty_list_is_one_page(api: StripeApi) -> None:
    assert list(api.pages("/v1/prices")) == [([], False)]


@pytest.mark.parametrize("status", [429, 409, 500, 503])
def test_what_may_pass_is_tried_again(stripe: FakeStripe, status: int) -> None:
    waited: list[float] = []
    api = StripeApi(ApiConfig(KEY, base=stripe.url, rate=1e9), sleep=waited.append)
    stripe.add("prices", {"id": "price_1"})
    stripe.fail("/v1/prices/price_1", status, times=3)
    assert api.get("/v1/prices/price_1")["id"] == "price_1"
    first, second, third = waited
    assert 0.5 <= first <= 1 <= second <= 2 <= third <= 4


def test_it_gives_up_in_the_end(stripe: FakeStripe, api: StripeApi) -> None:
    stripe.fail("/v1/prices", 429, times=5)
    with pytest.raises(StripeTrouble, match="rate limit") as caught:
        api.get("/v1/prices")
    assert caught.value.kind == "rate_limit"
    assert len(stripe.calls("GET", "/v1/prices")) == 5


def test_a_repeated_creation_makes_one_object(stripe: FakeStripe, api: StripeApi) -> None:
    first = api.post("/v1/customers", "one", metadata={"account": "ann"})
    assert api.post("/v1/customers", "one", metadata={"account": "ann"}) == first
    assert api.post("/v1/customers", "two", metadata={"account": "ann"})["id"] != first["id"]
    assert first["metadata"] == {"account": "ann"}
    with pytest.raises(StripeTrouble, match="other parameters"):
        api.post("/v1/customers", "one", metadata={"account": "bob"})


def test_a_connected_account_is_named(stripe: FakeStripe, api: StripeApi) -> None:
    stripe.add("prices", {"id": "price_1"}, account="acct_1")
    assert list(api.all("/v1/prices")) == []
    assert [price["id"] for price in api.all("/v1/prices", "acct_1")] == ["price_1"]


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (401, {"message": "Invalid API Key: sk_test_fake"}, ("key", "STRIPE_API_KEY")),
        (
            403,
            {"message": "The key rk_test_abc needs the 'rak_product_read' permission"},
            ("permission", "rak_product_read"),
        ),
        (403, {"message": "no"}, ("permission", "dashboard")),
        (404, {"code": "resource_missing", "message": "No such"}, ("missing", "No such")),
        (400, {"message": "wrong key sk_live_abcdef"}, ("refused", "wrong key the key")),
    ],
)
def test_errors_say_what_to_do_and_quote_no_key(
    stripe: FakeStripe,
    api: StripeApi,
    status: int,
    error: dict[str, Any],
    expected: tuple[str, str],
) -> None:
    kind, said = expected
    stripe.fail("/v1/prices", status, **error)
    with pytest.raises(StripeTrouble, match=said) as caught:
        api.get("/v1/prices")
    assert caught.value.kind == kind
    assert not any(secret in str(caught.value) for secret in ("sk_", "rk_test"))
    assert len(stripe.requests) == 1


def test_a_wrong_key_is_refused_by_stripe(stripe: FakeStripe) -> None:
    api = StripeApi(ApiConfig("sk_test_other", base=stripe.url))
    with pytest.raises(StripeTrouble, match="does not accept") as caught:
        api.get("/v1/prices")
    assert caught.value.kind == "key"


@pytest.mark.parametrize("key", ["", "pk_test_public", "whsec_1", "sk_test_", "postgresql://x"])
def test_what_is_no_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ValueError, match="not one of Stripe's") as caught:
        ApiConfig(key)
    assert not key or key not in str(caught.value)


def test_the_key_is_not_part_of_any_text() -> None:
    config = ApiConfig("rk_live_hidden\n")
    assert config.livemode
    assert not ApiConfig(KEY).livemode
    assert "hidden" not in repr(config)


def test_no_network() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        config = ApiConfig(KEY, base=f"http://127.0.0.1:{reserved.getsockname()[1]}")
        api = StripeApi(config, sleep=lambda _: None)
        with pytest.raises(StripeTrouble, match="network") as caught:
            api.get("/v1/prices")
    assert caught.value.kind == "network"


def test_requests_keep_the_pace(stripe: FakeStripe) -> None:
    waited: list[float] = []
    api = StripeApi(ApiConfig(KEY, base=stripe.url, rate=4), sleep=waited.append, now=lambda: 100.0)
    for _ in range(4):
        api.get("/v1/prices")
    assert waited == [0.25, 0.5, 0.75]


def test_a_slow_answer_counts_as_no_network(stripe: FakeStripe) -> None:
    stripe.before = lambda _seen: stripe.gate.wait(30)
    api = api_of(stripe, timeout=0.05, attempts=1)
    try:
        with pytest.raises(StripeTrouble, match="network"):
            api.get("/v1/prices")
    finally:
        stripe.gate.set()
