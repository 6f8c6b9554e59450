"""Checkout, portal and confirmation: what is asked of Stripe, what is granted, what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest

from pgcredits.demo import events
from tests import stripe_objects as objects
from tests.billing.conftest import CONFIG, HOME, URLS, Page, token
from tests.relay.support import Endpoint
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.stripe_api.fake import FakeStripe

NOW = 1_795_000_000
FORBIDDEN = [
    "https://evil.example/billing",
    f"{HOME}/other",
    f"{HOME}/billing/../admin",
    f"{HOME}/billing/%2e%2e/admin",
    f"{HOME}/billingx",
    f"{HOME}.evil.example/billing",
    "https://app.example.com@evil.example/billing",
    "https://user:pw@app.example.com/billing",
    "http://app.example.com/billing",
    "javascript:alert(1)",
    "//app.example.com/billing",
    f"{HOME}\\@evil.example/billing",
    f"{HOME}/billing\n",
    "https://[::1",
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"price": None}, "either price or credits"),
    ({"credits": 100}, "either price or credits"),
    ({"price": 5}, "price must be"),
    ({"price": "a b"}, "price must be"),
    ({"price": None, "credits": "100"}, "credits must be a whole number"),
    ({"price": None, "credits": True}, "credits must be a whole number"),
    ({"price": None, "credits": 9}, "from 10 to 100000"),
    ({"price": None, "credits": 100_001}, "from 10 to 100000"),
    ({"price": None, "credits": 100, "quantity": 2}, "without a quantity"),
    ({"price": None, "credits": 100, "mode": "subscription"}, "mode payment"),
    ({"mode": "setup"}, "mode must be"),
    ({"quantity": 0}, "quantity must be"),
    ({"quantity": 1.5}, "quantity must be"),
    ({"user": "bob"}, "unknown field 'user'"),
    ({"success_url": None}, "success_url must be"),
]


def customers(stripe: FakeStripe) -> list[str]:
    return list(stripe.objects.get(("", "customers"), {}))


def tell(page: Page, event: events.Event) -> str:
    """Deliver an event to the relay as Stripe would."""
    outcome: str = Endpoint(page.url).deliver({**event, "livemode": False}).json()["outcome"]
    return outcome


class TestCheckout:
    def test_a_price(self, page: Page, stripe: FakeStripe) -> None:
        answer = page.checkout(quantity=3)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"session": "cs_new1", "url": "https://stripe.test/cs_new1"}
        (asked,) = stripe.calls("POST", "/v1/checkout/sessions")
        assert asked == {
            **URLS,
            "mode": "payment",
            "customer": "cus_new1",
            "client_reference_id": "ann",
            "line_items": [{"price": "price_1", "quantity": "3"}],
            "metadata": {"account": "ann", "credits_from": "line_items"},
            "payment_intent_data": {"metadata": {"account": "ann"}},
        }

    def test_a_subscription(self, page: Page, stripe: FakeStripe) -> None:
        assert page.checkout(mode="subscription").status_code == 200
        (asked,) = stripe.calls("POST", "/v1/checkout/sessions")
        assert asked["subscription_data"] == {"metadata": {"account": "ann"}}
        assert "payment_intent_data" not in asked

    @pytest.mark.parametrize(
        ("credits", "money"), [(10, 5), (1000, 500), (1001, 401), (2500, 1000)]
    )
    def test_an_amount_by_volume(
        self, page: Page, stripe: FakeStripe, credits: int, money: int
    ) -> None:
        answer = page.post("checkout-session", {**URLS, "credits": credits})
        assert answer.status_code == 200
        (asked,) = stripe.calls("POST", "/v1/checkout/sessions")
        (item,) = asked["line_items"]
        assert item["price_data"]["unit_amount"] == str(money)
        assert item["price_data"]["product_data"]["metadata"] == {"credits": str(credits)}
        assert asked["metadata"] == {
            "account": "ann",
            "credits_frozen": "1",
            "credits": str(credits),
        }

    def test_a_customer_is_made_once(
        self, page: Page, stripe: FakeStripe, credits: Credits
    ) -> None:
        for _ in range(2):
            assert page.checkout().status_code == 200
        assert page.checkout("bob").status_code == 200
        assert customers(stripe) == ["cus_new1", "cus_new2"]
        assert credits.get_stripe_buyer("ann", livemode=False).customer == "cus_new1"

    def test_a_customer_is_made_once_by_ten_at_a_time(self, page: Page, stripe: FakeStripe) -> None:
        with ThreadPoolExecutor(10) as pages:
            answers = list(pages.map(lambda _: page.checkout(), range(10)))
        assert {answer.status_code for answer in answers} == {200}
        assert customers(stripe) == ["cus_new1"]

    def test_a_customer_that_stripe_has_deleted_is_made_anew(
        self, page: Page, stripe: FakeStripe, credits: Credits
    ) -> None:
        page.checkout()
        for number in (2, 3):
            stripe.delete_customer(f"cus_new{number - 1}")
            assert page.checkout().status_code == 200
            buyer = credits.get_stripe_buyer("ann", livemode=False)
            assert (buyer.customer, buyer.deleted_customers) == (f"cus_new{number}", number - 1)

    def test_the_same_key_opens_one_session(self, page: Page) -> None:
        body = {**URLS, "price": "price_1"}
        answers = [
            page.post("checkout-session", body, account, **{"Idempotency-Key": "k"}).json()
            for account in ("ann", "ann", "bob")
        ]
        assert answers[0] == answers[1] != answers[2]

    @pytest.mark.parametrize("status", ["active", "trialing", "past_due"])
    def test_who_has_subscribed_is_told_so(
        self, page: Page, stripe: FakeStripe, status: str
    ) -> None:
        assert tell(page, objects.subscription(NOW, status, account="ann")) == "applied"
        answer = page.checkout(mode="subscription")
        assert (answer.status_code, answer.json()["error"]) == (409, "already_subscribed")
        assert stripe.calls("POST", "/v1/checkout/sessions") == []
        assert page.checkout().status_code == 200

    def test_who_has_cancelled_may_subscribe_again(self, page: Page) -> None:
        tell(page, objects.subscription(NOW, "canceled", account="ann", kind="deleted"))
        assert page.checkout(mode="subscription").status_code == 200

    def test_redirects_are_allowed_by_name(self, page: Page, stripe: FakeStripe) -> None:
        for name, url in product(("success_url", "cancel_url"), FORBIDDEN):
            answer = page.checkout(**{name: url})
            assert (answer.status_code, answer.json()["error"]) == (400, "redirect_not_allowed")
            assert name in answer.json()["message"]
        assert stripe.requests == []

    @pytest.mark.parametrize(
        "url",
        [
            f"{HOME}/billing?session={{CHECKOUT_SESSION_ID}}",
            f"{HOME}/billing/a/b#c",
            "http://localhost:3000/x",
        ],
    )
    def test_redirects_that_are_allowed(self, url: str) -> None:
        assert CONFIG.allows(url)

    def test_a_wrong_field_is_named(self, page: Page, stripe: FakeStripe) -> None:
        for change, said in WRONG:
            answer = page.checkout(**change)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_field")
            assert said in answer.json()["message"]
        assert stripe.requests == []

    @pytest.mark.parametrize(
        ("trouble", "status", "code"),
        [
            ({"status": 400, "message": "No such price"}, 422, "stripe_refuses"),
            ({"status": 401}, 502, "stripe_unavailable"),
            ({"status": 500, "times": 9}, 502, "stripe_unavailable"),
            ({"status": 429, "times": 9}, 503, "stripe_unavailable"),
        ],
    )
    def test_trouble_at_stripe(
        self, page: Page, stripe: FakeStripe, trouble: dict[str, Any], status: int, code: str
    ) -> None:
        stripe.fail("/v1/checkout/sessions", **trouble)
        answer = page.checkout()
        assert (answer.status_code, answer.json()["error"]) == (status, code)


class TestPortal:
    BODY: ClassVar = {"return_url": f"{HOME}/billing"}

    def test_a_customer_gets_there(self, page: Page, stripe: FakeStripe) -> None:
        page.checkout()
        answer = page.post("portal-session", self.BODY)
        assert answer.json() == {"url": "https://stripe.test/bps_new1"}
        (asked,) = stripe.calls("POST", "/v1/billing_portal/sessions")
        assert asked == {"customer": "cus_new1", **self.BODY}

    def test_nobody_else_does(self, page: Page) -> None:
        answer = page.post("portal-session", self.BODY)
        assert (answer.status_code, answer.json()["error"]) == (404, "no_customer")

    def test_redirects_are_allowed_by_name(self, page: Page) -> None:
        answer = page.post("portal-session", {"return_url": "https://evil.example"})
        assert (answer.status_code, answer.json()["error"]) == (400, "redirect_not_allowed")


class TestConfirm:
    @pytest.fixture
    def paid(self, page: Page, stripe: FakeStripe, credits: Credits) -> str:
        """A session of ann, paid: three times 10 credits."""
        credits.set_stripe_price("price_1", 10)
        name: str = page.checkout(quantity=3).json()["session"]
        stripe.lines[name] = [objects.line_item("price_1", 3)]
        stripe.objects["", "checkout/sessions"][name].update(self.payment())
        return name

    def payment(self) -> dict[str, Any]:
        return {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": "pi_1",
            "amount_total": 3000,
            "currency": "usd",
            "livemode": False,
        }

    def confirm(self, page: Page, name: str, account: str = "ann") -> httpx.Response:
        return page.post("confirm-session", {"session_id": name}, account)

    def test_it_grants_once(self, page: Page, paid: str, credits: Credits) -> None:
        answer = self.confirm(page, paid)
        assert answer.json() == {"session": paid, "outcome": "applied", "reason": None}
        assert credits.balance("ann") == 30
        assert self.confirm(page, paid).json()["outcome"] == "duplicate"
        assert credits.balance("ann") == 30

    @pytest.mark.parametrize("first", ["event", "page"])
    def test_under_the_identity_of_the_event(
        self, page: Page, stripe: FakeStripe, paid: str, credits: Credits, first: str
    ) -> None:
        session = stripe.objects["", "checkout/sessions"][paid]
        event = events.event("checkout.session.completed", session, created=NOW, livemode=False)
        if first == "event":
            tell(page, event)
            self.confirm(page, paid)
        else:
            self.confirm(page, paid)
            tell(page, event)
        assert credits.booked("ann") == [("grant", 30)]

    def test_a_session_of_somebody_else_is_unknown(
        self, page: Page, paid: str, credits: Credits
    ) -> None:
        answers = [self.confirm(page, paid, "bob"), self.confirm(page, "cs_nothing", "bob")]
        assert {answer.status_code for answer in answers} == {404}
        assert answers[0].json() == answers[1].json()
        assert credits.balance("bob") == credits.balance("ann") == 0

    def test_what_is_not_paid_grants_nothing(
        self, page: Page, stripe: FakeStripe, paid: str, credits: Credits
    ) -> None:
        stripe.objects["", "checkout/sessions"][paid]["payment_status"] = "unpaid"
        assert self.confirm(page, paid).json()["outcome"] == "unpaid"
        assert credits.balance("ann") == 0

    def test_lines_that_cannot_be_fetched_are_fetched_the_next_time(
        self, page: Page, stripe: FakeStripe, paid: str, credits: Credits
    ) -> None:
        stripe.fail(f"/v1/checkout/sessions/{paid}/line_items", 500, times=9)
        assert self.confirm(page, paid).status_code == 502
        assert credits.balance("ann") == 0
        stripe._troubles.clear()
        assert self.confirm(page, paid).json()["outcome"] == "applied"
        assert credits.balance("ann") == 30

    def test_a_subscription_grants_by_its_invoice(
        self, page: Page, stripe: FakeStripe, credits: Credits
    ) -> None:
        credits.set_stripe_price("price_1", 10)
        name = page.checkout(mode="subscription").json()["session"]
        line = events.Line("price_1", 1900, NOW, NOW + 86400 * 3650)
        invoice = events.invoice_paid(
            account="ann", subscription="sub_1", lines=[line], created=NOW, invoice="in_1"
        )
        stripe.add("invoices", invoice["data"]["object"])
        session = stripe.objects["", "checkout/sessions"][name]
        session.update(self.payment(), invoice="in_1", subscription="sub_1")
        assert self.confirm(page, name).json()["outcome"] == "applied"
        assert credits.balance("ann") == 10

    def test_what_is_no_session(self, page: Page, stripe: FakeStripe) -> None:
        for name in ("", "pi_1", "cs_1/../x", "cs_", 5):
            assert page.post("confirm-session", {"session_id": name}).status_code == 400
        assert stripe.requests == []


class TestCallers:
    @pytest.mark.parametrize(
        "header",
        [
            None,
            "Basic YTpi",
            "Bearer",
            "Bearer x.y.z",
            f"Bearer {token(secret='another-secret-that-nobody-has-given-us')}",
            f"Bearer {token(exp=1)}",
            f"Bearer {token(None)}",
            f"Bearer {token('')}",
        ],
    )
    def test_without_a_good_token_nothing_happens(
        self, page: Page, stripe: FakeStripe, header: str | None
    ) -> None:
        headers = {} if header is None else {"Authorization": header}
        for name in ("checkout-session", "portal-session", "confirm-session"):
            answer = httpx.post(f"{page.url}/billing/{name}", json={}, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (401, "not_signed_in")
            assert answer.headers["www-authenticate"] == "Bearer"
        assert stripe.requests == []

    def test_a_page_of_another_origin_may_not_read(self, page: Page) -> None:
        for origin, allowed in ((HOME, HOME), ("https://evil.example", None)):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = httpx.options(f"{page.url}/billing/checkout-session", headers=headers)
            assert answer.headers.get("access-control-allow-origin") == allowed
            answer = page.post("checkout-session", {}, Origin=origin)
            assert answer.headers.get("access-control-allow-origin") == allowed

    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b"", 400, "not_json"),
            (b"[1]", 400, "not_json"),
            (b"\xff", 400, "not_json"),
            (b"[" * 10_000, 400, "not_json"),
            (b" " * 20_000, 413, "too_large"),
        ],
    )
    def test_a_body_that_is_none(self, page: Page, content: bytes, status: int, code: str) -> None:
        answer = httpx.post(
            f"{page.url}/billing/checkout-session",
            content=content,
            headers={"Authorization": f"Bearer {token()}"},
        )
        assert (answer.status_code, answer.json()["error"]) == (status, code)

    def test_other_methods_and_paths(self, page: Page) -> None:
        assert httpx.get(f"{page.url}/billing/checkout-session").status_code == 405
        assert httpx.post(f"{page.url}/billing/other").status_code == 404
        assert httpx.get(f"{page.url}/healthz").status_code == 200


class TestLines:
    """The relay fetches the lines that an event waits for, after it has answered."""

    @pytest.fixture
    def waiting(self, stripe: FakeStripe, credits: Credits) -> events.Event:
        credits.set_stripe_price("price_1", 10)
        stripe.lines["cs_1"] = [objects.line_item("price_1", 3)]
        return objects.session(NOW, metadata={"account": "ann", "credits_from": "line_items"})

    def test_they_are_fetched_and_granted(
        self, page: Page, waiting: events.Event, credits: Credits
    ) -> None:
        assert tell(page, waiting) == "parked"
        wait_until(lambda: credits.balance("ann") == 30, "the lines come")

    def test_what_fails_is_left_to_the_worker(
        self, page: Page, stripe: FakeStripe, waiting: events.Event, credits: Credits
    ) -> None:
        path = "/v1/checkout/sessions/cs_1/line_items"
        stripe.fail(path, 401)
        assert tell(page, waiting) == "parked"
        wait_until(lambda: stripe.calls("GET", path) != [], "the lines are asked for")
        assert tell(page, waiting) == "parked"
        wait_until(lambda: credits.balance("ann") == 30, "the lines come")
