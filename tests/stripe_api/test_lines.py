"""Lines are fetched after the event is committed, all of them, and as often as it takes."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo

from pgcredits.demo import events
from pgcredits.stripe_api import StripeTrouble
from pgcredits.worker.jobs import JOBS, batches, connect, measure
from tests import stripe_objects as objects
from tests.functions.support import set_setting
from tests.functions.test_ingest_stripe_event import purchase
from tests.stripe_api.fake import KEY
from tests.stripe_api.support import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgcredits.worker.jobs import Batch
    from tests.client import Credits
    from tests.stripe_api.fake import FakeStripe

NOW = int(datetime.now(UTC).timestamp())
PRODUCT = {"id": "prod_1", "object": "product", "created": 1, "metadata": {}}
PRICE = {"id": "price_a", "object": "price", "created": 1, "metadata": {"credits": "10"}}


def line(number: int, quantity: int = 1) -> dict[str, Any]:
    price = {**PRICE, "product": PRODUCT}
    return {**objects.line_item("price_a", quantity, 100), "id": f"li_{number}", "price": price}


@pytest.fixture
def waiting(credits: Credits, stripe: FakeStripe) -> FakeStripe:
    """A paid session whose lines are not known: 1, 2 and 3 times 10 credits."""
    set_setting(credits, "checkout_credits", "line_items")
    stripe.page = 2
    stripe.lines["cs_1"] = [line(n, n) for n in (1, 2, 3)]
    park(credits)
    return stripe


def park(credits: Credits, session: str = "cs_1", account: str = "u") -> None:
    event = purchase(
        account=account,
        session=session,
        payment_intent=f"pi_of_{session}",
        frozen=False,
        created=NOW,
        livemode=False,
    )
    event["data"]["object"]["livemode"] = False
    assert credits.ingest_stripe_event(json.dumps(event), False).outcome == "parked"


def fetch_lines(stripe: FakeStripe, dsn: str, *options: str) -> Any:
    return run(stripe, "fetch-lines", *options, dsn=dsn)


def test_all_pages_make_one_grant(waiting: FakeStripe, credits: Credits, dsn: str) -> None:
    done = fetch_lines(waiting, dsn, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"fetched": 1, "missed": 0})
    assert credits.balance("u") == 60
    asked = waiting.calls("GET", "/v1/checkout/sessions/cs_1/line_items")
    assert [call.get("starting_after") for call in asked] == [None, "li_2"]
    assert asked[0]["expand"] == ["data.price.product"]
    assert fetch_lines(waiting, dsn).stdout == "lines of 0 objects fetched, 0 missed\n"
    assert credits.balance("u") == 60


@pytest.mark.parametrize("page", [1, 2])
def test_a_page_that_fails_grants_nothing_until_it_comes(
    waiting: FakeStripe, credits: Credits, dsn: str, page: int
) -> None:
    seen = iter(range(1, 100))

    def trouble(_request: object) -> None:
        if next(seen) == page:
            waiting.fail("/v1/checkout/sessions/cs_1/line_items", 401)

    waiting.before = trouble
    done = fetch_lines(waiting, dsn)
    assert done.exit_code == 1
    assert credits.balance("u") == 0
    waiting.before = None
    assert fetch_lines(waiting, dsn).exit_code == 0
    assert credits.balance("u") == 60


def test_a_rate_limit_is_waited_for(waiting: FakeStripe, credits: Credits, dsn: str) -> None:
    waiting.fail("/v1/checkout/sessions/cs_1/line_items", 429)
    assert fetch_lines(waiting, dsn).exit_code == 0
    assert credits.balance("u") == 60


def test_one_that_stripe_does_not_give_does_not_stop_the_rest(
    waiting: FakeStripe, credits: Credits, dsn: str
) -> None:
    waiting.fail("/v1/checkout/sessions/cs_0/line_items", 404, code="resource_missing")
    waiting.lines["cs_0"] = []
    park(credits, "cs_0", "someone")
    done = fetch_lines(waiting, dsn)
    assert done.exit_code == 1
    assert done.stdout == "lines of 1 objects fetched, 1 missed\n"
    assert "cs_0: Stripe refuses the request" in done.stderr
    assert credits.balance("u") == 60
    assert credits.list_stripe_backlog()[0].outcome == "applied"


def test_events_of_the_other_mode_are_left_alone(
    stripe: FakeStripe, credits: Credits, dsn: str
) -> None:
    set_setting(credits, "checkout_credits", "line_items")
    live = purchase(session="cs_live", frozen=False, created=NOW)
    assert credits.ingest_stripe_event(json.dumps(live), True).outcome == "parked"
    assert fetch_lines(stripe, dsn).stdout == "lines of 0 objects fetched, 0 missed\n"
    assert stripe.requests == []


def test_an_invoice_with_more_lines_than_its_event_shows(
    stripe: FakeStripe, credits: Credits, dsn: str
) -> None:
    shown = events.Line("price_a", 100, NOW, NOW + 86400)
    event = events.invoice_paid(
        account="u", subscription="sub_1", lines=[shown], created=NOW, livemode=False
    )
    invoice = event["data"]["object"]
    (first,) = invoice["lines"]["data"]
    second = json.loads(json.dumps({**first, "id": "il_2"}))
    second["parent"]["subscription_item_details"]["subscription_item"] = "si_2"
    invoice["lines"]["has_more"] = True
    stripe.lines[invoice["id"]] = [first, second]
    credits.set_stripe_price("price_a", 10)
    assert credits.ingest_stripe_event(json.dumps(event), False).outcome == "parked"
    assert fetch_lines(stripe, dsn).exit_code == 0
    assert credits.balance("u") == 20


class TestJob:
    @pytest.fixture(autouse=True)
    def _key(self, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STRIPE_API_KEY", KEY)
        monkeypatch.setenv("STRIPE_API_BASE", stripe.url)

    @contextmanager
    def running(self, dsn: str) -> Iterator[Iterator[Batch]]:
        restricted = make_conninfo(dsn, options="-c role=credits_service")
        with connect(JOBS["stripe-lines"], restricted) as conn:
            yield batches(JOBS["stripe-lines"], conn)
            self.left = measure(JOBS["stripe-lines"], conn)

    @pytest.mark.usefixtures("waiting")
    def test_until_nothing_waits(self, credits: Credits, dsn: str) -> None:
        with self.running(dsn) as found:
            assert [batch.done for batch in found] == [{"fetched": 1, "missed": 0}]
        assert self.left == {"stripe_events_without_lines": 0}
        assert credits.balance("u") == 60

    def test_no_transaction_is_open_while_it_fetches(
        self, waiting: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        states = []

        def look(_request: object) -> None:
            states.extend(
                credits.conn.execute(
                    "select a.state from pg_stat_activity a"
                    " where a.application_name = 'pgcredits stripe-lines'"
                    "   and a.datname = current_database()"
                ).fetchall()
            )

        waiting.before = look
        with self.running(dsn) as found:
            list(found)
        assert states == [("idle",), ("idle",)]

    def test_trouble_of_all_is_a_failure(self, waiting: FakeStripe, dsn: str) -> None:
        waiting.fail("/v1/checkout/sessions/cs_1/line_items", 401)
        with (
            pytest.raises(StripeTrouble, match="key"),
            self.running(dsn) as found,
        ):
            list(found)

    @pytest.mark.usefixtures("waiting")
    def test_without_a_key_it_says_so(self, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("STRIPE_API_KEY")
        with self.running(dsn) as found:
            assert [batch.note for batch in found] == ["no STRIPE_API_KEY"]
        assert self.left == {"stripe_events_without_lines": 1}
