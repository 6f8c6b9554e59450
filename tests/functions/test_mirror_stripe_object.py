"""Products and prices that were read from Stripe are mirrored as their events are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from tests import stripe_objects as objects
from tests.functions.support import HOUR, NOW, illegal, illegal_text, refused, unchanged
from tests.functions.test_ingest_stripe_event import CREATED, ingest, purchase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")

MADE = int((NOW - 100 * HOUR).timestamp())


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def price(credits: str | None = "10", **more: Any) -> dict[str, Any]:
    event = objects.price(MADE, None if credits is None else {"credits": credits})
    return {**event["data"]["object"], "created": MADE, "livemode": True, **more}


def states(credits: Credits, table: str = "prices") -> list[tuple[datetime, str, bool]]:
    return credits.conn.execute(
        "select x.valid_from, x.object #>> '{metadata,credits}', x.is_assumed"  # noqa: S608
        f"  from credits_private.stripe_{table} x order by x.valid_from"
    ).fetchall()


def mirror(credits: Credits, found: dict[str, Any], at: datetime = NOW) -> str:
    return credits.mirror_stripe_object(found, at).outcome


def test_what_nobody_told_of_counts_from_its_creation(fast: Credits) -> None:
    assert mirror(fast, price()) == "applied"
    assert states(fast) == [(instant(MADE), "10", True), (NOW, "10", False)]


def test_what_is_no_news_writes_nothing(fast: Credits) -> None:
    mirror(fast, price())
    with unchanged(fast):
        assert mirror(fast, price(), NOW + HOUR) == "duplicate"
        assert mirror(fast, price("7"), NOW - HOUR) == "duplicate"


def test_a_change_counts_from_the_moment_it_was_read(fast: Credits) -> None:
    mirror(fast, price())
    assert mirror(fast, price("20"), NOW + HOUR) == "applied"
    assert states(fast)[1:] == [(NOW, "10", False), (NOW + HOUR, "20", False)]


def test_an_event_and_a_reading_end_alike_in_any_order(fast: Credits) -> None:
    steps: list[Callable[[], object]] = [
        lambda: ingest(fast, objects.price(MADE, {"credits": "1"})),
        lambda: ingest(fast, objects.price(CREATED, {"credits": "2"}, kind="price.updated")),
        lambda: mirror(fast, price("3"), NOW + HOUR),
    ]
    for order in permutations(steps):
        with fast.conn.transaction(force_rollback=True):
            for step in order:
                step()
            assert states(fast) == [
                (instant(MADE), "1", False),
                (instant(CREATED), "2", False),
                (NOW + HOUR, "3", False),
            ]


def test_a_reading_settles_what_two_events_left_open(fast: Credits) -> None:
    for credits in ("1", "2"):
        ingest(fast, objects.price(CREATED, {"credits": credits}, kind="price.updated"))
    mirror(fast, price("2"), NOW)
    assert states(fast)[-1] == (instant(CREATED), "2", False)
    assert fast.list_stripe_objects() == []


@pytest.mark.parametrize("family", ["prices", "products"])
def test_a_sale_that_waited_is_granted(fast: Credits, family: str) -> None:
    fast.add_stripe_line_items("cs_1", [objects.line_item("price_pro", 3)])
    if family == "products":
        ingest(fast, objects.price(MADE, product="prod_1"))
        event = objects.product(MADE, {"credits": "10"})
        found = {**event["data"]["object"], "created": MADE}
    else:
        ingest(fast, objects.product(MADE))
        found = price()
    parked = ingest(fast, purchase(session="cs_1", frozen=False))
    assert parked.outcome == "parked"
    assert mirror(fast, found) == "applied"
    assert [event.reason for event in fast.list_stripe_events()] == []
    assert fast.balance("u") == 30
    assert len(states(fast, family)) == 2


def test_accounts_and_modes_are_kept_apart(fast: Credits) -> None:
    mirror(fast, price())
    fast.mirror_stripe_object(price("5", livemode=False), NOW, livemode=False)
    fast.mirror_stripe_object(price("6"), NOW, provider_account="acct_1")
    rows = fast.conn.execute(
        "select p.livemode, p.provider_account, p.object #>> '{metadata,credits}'"
        "  from credits_private.stripe_prices p where not p.is_assumed order by 1, 2"
    ).fetchall()
    assert rows == [(False, "", "5"), (True, "", "10"), (True, "acct_1", "6")]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *illegal(
            "p_object",
            null=None,
            array=[],
            customer={**price(), "object": "customer"},
            nameless={**price(), "id": ""},
            timeless={**price(), "created": "noon"},
            of_the_other_mode=price(livemode=False),
        ),
        *illegal("p_seen_at", null=None, before_all=datetime(1969, 1, 1, tzinfo=UTC)),
        *illegal("p_provider_account", overlong="x" * 256),
    ],
)
def test_illegal_arguments(fast: Credits, argument: str, value: Any) -> None:
    given = {"p_object": price(), "p_seen_at": NOW, argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("mirror_stripe_object", **given)


class TestRuns:
    def test_a_run_is_kept_and_listed_newest_first(self, fast: Credits) -> None:
        fast.record_stripe_run("sync", NOW - HOUR, {"prices": 3})
        run = fast.record_stripe_run(
            "replay", NOW, {"events": 0}, problem="no network", provider_account="acct_1"
        )
        assert (run.counts, run.problem, run.ended_at) == ({"events": 0}, "no network", NOW)
        assert [found.kind for found in fast.list_stripe_runs()] == ["replay", "sync"]
        assert [found.kind for found in fast.list_stripe_runs(limit=1)] == ["replay"]
        assert [found.kind for found in fast.list_stripe_runs(before=NOW)] == ["sync"]

    def test_the_same_run_again_replaces_it(self, fast: Credits) -> None:
        fast.record_stripe_run("sync", NOW, {"prices": 3}, problem="no network")
        fast.record_stripe_run("sync", NOW, {"prices": 5})
        (run,) = fast.list_stripe_runs()
        assert (run.counts, run.problem) == ({"prices": 5}, None)

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            *illegal("p_kind", null=None, other="audit"),
            *illegal("p_started_at", null=None, never=datetime(9000, 1, 1, tzinfo=UTC)),
            *illegal("p_counts", null=None, array=[], texts={"prices": "3"}),
            *illegal_text("p_problem", longest=1000),
            *illegal("p_provider_account", overlong="x" * 256),
        ],
    )
    def test_illegal_arguments(self, fast: Credits, argument: str, value: Any) -> None:
        given = {"p_kind": "sync", "p_started_at": NOW, "p_counts": {}, argument: value}
        with refused(fast, InvalidArgument, argument=argument):
            fast.call("record_stripe_run", **given)

    def test_limits(self, fast: Credits) -> None:
        for limit in (0, 1001):
            with refused(fast, InvalidArgument, argument="p_limit"):
                fast.list_stripe_runs(limit=limit)


class TestObjects:
    def test_what_is_known_of_each(self, fast: Credits) -> None:
        ingest(fast, purchase(session="cs_1"))
        ingest(fast, objects.refund(CREATED, amount=500, charge=None))
        ingest(fast, objects.dispute(CREATED, "warning_closed", charge=None))
        found = {
            row.object_id: (row.kind, row.state, row.amount, row.account_id, row.granted)
            for row in fast.list_stripe_objects(["cs_1", "pi_1", "re_1", "dp_1", "re_2"])
        }
        assert found == {
            "cs_1": ("checkout_session", "paid", 1000, "u", 100),
            "pi_1": ("payment_intent", None, 1000, "u", 100),
            "re_1": ("refund", "succeeded", 500, "u", 100),
            "dp_1": ("dispute", "warning_closed", 1000, "u", 100),
        }
        (refund,) = fast.list_stripe_objects(["re_1"])
        assert (refund.target, refund.amount_returned) == (50, 500)

    def test_another_mode_or_account_knows_nothing(self, fast: Credits) -> None:
        ingest(fast, purchase(session="cs_1"))
        assert fast.list_stripe_objects(["cs_1"], livemode=False) == []
        assert fast.list_stripe_objects(["cs_1"], provider_account="acct_1") == []

    def test_what_somebody_has_to_look_at(self, fast: Credits) -> None:
        ingest(fast, purchase(session="cs_1"))
        ingest(fast, objects.refund(CREATED, status="thinking", charge=None))
        ingest(fast, objects.dispute(CREATED, "won", charge=None))
        for credits in ("1", "2"):
            ingest(fast, objects.product(CREATED, {"credits": credits}, kind="product.updated"))
        found = fast.list_stripe_objects()
        assert [(row.object_id, row.kind, row.needs_review) for row in found] == [
            ("prod_1", "product", True),
            ("re_1", "refund", True),
        ]

    @pytest.mark.parametrize("ids", [{"a": 1}, [1], ["x"] * 1001])
    def test_illegal_ids(self, fast: Credits, ids: Any) -> None:
        with refused(fast, InvalidArgument, argument="p_object_ids"):
            fast.call("list_stripe_objects", p_object_ids=ids)


class TestBuyer:
    def test_nobody(self, fast: Credits) -> None:
        buyer = fast.get_stripe_buyer("ann")
        assert (buyer.customer, buyer.subscription, buyer.deleted_customers) == (None, None, 0)

    def test_a_customer_is_found_until_it_is_deleted(self, fast: Credits) -> None:
        ingest(fast, objects.customer(CREATED, "ann"))
        assert fast.get_stripe_buyer("ann").customer == "cus_1"
        ingest(fast, objects.customer(CREATED, "ann", kind="deleted"))
        buyer = fast.get_stripe_buyer("ann")
        assert (buyer.customer, buyer.deleted_customers) == (None, 1)

    def test_a_link_goes_before_what_events_say(self, fast: Credits) -> None:
        ingest(fast, objects.customer(CREATED, "ann"))
        fast.link_customer("bob", "cus_1")
        assert fast.get_stripe_buyer("ann").customer is None
        assert fast.get_stripe_buyer("bob").customer == "cus_1"
        assert fast.get_stripe_buyer("bob", livemode=False).customer is None
        assert fast.get_stripe_buyer("bob", provider_account="acct_1").customer is None

    @pytest.mark.parametrize(
        ("status", "runs"),
        [("active", True), ("past_due", True), ("canceled", False), ("incomplete", False)],
    )
    def test_a_subscription_runs(self, fast: Credits, status: str, runs: bool) -> None:
        ingest(fast, objects.customer(CREATED, "ann"))
        ingest(fast, objects.subscription(CREATED, status, account=None))
        assert fast.get_stripe_buyer("ann").subscription == ("sub_1" if runs else None)

    @pytest.mark.parametrize(("argument", "value"), illegal_text("p_account_id", required=True))
    def test_illegal_account(self, fast: Credits, argument: str, value: Any) -> None:
        with refused(fast, InvalidArgument, argument=argument):
            fast.call("get_stripe_buyer", p_account_id=value)


def test_a_reading_from_the_future_is_the_newest_for_ever(fast: Credits) -> None:
    mirror(fast, price("9"), NOW + timedelta(days=1))
    ingest(fast, objects.price(CREATED, {"credits": "1"}, kind="price.updated"))
    assert states(fast)[-1] == (NOW + timedelta(days=1), "9", False)
