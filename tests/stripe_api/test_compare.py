"""`pgcredits stripe replay`, `reconcile` and `status`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.demo import events
from tests import stripe_objects as objects
from tests.stripe_api.support import run

if TYPE_CHECKING:
    from click.testing import Result

    from tests.client import Credits
    from tests.stripe_api.fake import FakeStripe

NOW = int(time.time())


def purchase(number: int = 1, **more: Any) -> events.Event:
    given = {
        "account": "ann",
        "credits": 100,
        "amount": 1000,
        "payment_intent": f"pi_{number}",
        "session": f"cs_{number}",
        "created": NOW - 3600,
        "event_id": f"evt_{number}",
        "livemode": False,
    }
    return events.checkout_completed(**{**given, **more})


def obj(event: events.Event) -> dict[str, Any]:
    found: dict[str, Any] = event["data"]["object"]
    return {**found, "livemode": False}


def refund(status: str = "succeeded", amount: int = 500) -> dict[str, Any]:
    return obj(objects.refund(NOW - 60, status=status, amount=amount, charge=None))


def known(credits: Credits, event: events.Event) -> str:
    event = {**event, "livemode": False}
    return credits.ingest_stripe_event(json.dumps(event), False).outcome


def compare(stripe: FakeStripe, dsn: str, *arguments: str) -> Result:
    return run(stripe, *arguments, dsn=dsn, role="credits_admin")


class TestReplay:
    def test_what_was_missed_is_applied_once(
        self, stripe: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        stripe.page = 2
        stripe.add("events", *(purchase(n) for n in (1, 2, 3)))
        assert known(credits, purchase(2)) == "applied"
        done = compare(stripe, dsn, "replay")
        assert done.exit_code == 0, done.output
        assert done.stdout.splitlines() == [
            "evt_3 checkout.session.completed: was missed: applied",
            "evt_1 checkout.session.completed: was missed: applied",
            "3 checked, 2 applied, 1 duplicate",
        ]
        assert credits.balance("ann") == 300
        done = compare(stripe, dsn, "replay", "--json")
        assert json.loads(done.stdout)["counts"] == {"checked": 3, "duplicate": 3}
        assert credits.balance("ann") == 300
        assert [found.kind for found in credits.list_stripe_runs()] == ["replay", "replay"]

    def test_only_those_since_then(self, stripe: FakeStripe, credits: Credits, dsn: str) -> None:
        stripe.add("events", purchase(1), purchase(2, created=NOW - 10))
        assert compare(stripe, dsn, "replay", "--since", "1h").exit_code == 0
        assert credits.balance("ann") == 100

    def test_one_that_is_refused_and_one_account_that_fails_do_not_stop_the_rest(
        self, stripe: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        stripe.add("events", purchase(1), {**purchase(2), "livemode": True})
        stripe.add("events", purchase(3), account="acct_2")
        stripe.before = lambda seen: (
            stripe.fail(seen.path, 403) if seen.account == "acct_1" else None
        )
        done = compare(stripe, dsn, "replay", "--account", "acct_1", "--account", "acct_2")
        assert done.exit_code == 1
        assert "evt_2 checkout.session.completed: was missed: refused" in done.stdout
        assert "permission" in done.stderr
        assert credits.balance("ann") == 100
        (other,) = [e for e in credits.list_stripe_events(outcome="all") if e.provider_account]
        assert (other.event_id, other.provider_account) == ("evt_3", "acct_2")
        assert {found.problem is None for found in credits.list_stripe_runs()} == {True, False}

    @pytest.mark.parametrize("since", ["yesterday", "0d", "31d", "2999-01-01"])
    def test_a_wrong_time(self, stripe: FakeStripe, dsn: str, since: str) -> None:
        assert compare(stripe, dsn, "replay", "--since", since).exit_code == 2
        assert stripe.requests == []


class TestReconcile:
    @pytest.fixture
    def missed(self, stripe: FakeStripe) -> FakeStripe:
        """A paid session, a paid invoice, a refund and a dispute that the relay has missed."""
        stripe.add("checkout/sessions", obj(purchase(1)))
        line = events.Line("price_1", 1900, NOW - 100, NOW + 86400)
        invoice = events.invoice_paid(
            account="bob",
            subscription="sub_1",
            lines=[line],
            created=NOW - 100,
            invoice="in_1",
        )
        stripe.add("invoices", obj(invoice))
        stripe.add("refunds", refund())
        dispute = objects.dispute(NOW - 50, "needs_response", payment_intent="pi_9", charge=None)
        stripe.add("disputes", {**obj(dispute), "created": NOW - 50})
        return stripe

    def test_it_reports_and_changes_nothing(
        self, missed: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        done = compare(missed, dsn, "reconcile")
        assert done.exit_code == 1
        assert done.stdout.splitlines() == [
            "cs_1 checkout.session: nothing is known of it here: reported",
            "in_1 invoice: nothing is known of it here: reported",
            "re_1 refund: nothing is known of it here: reported",
            "dp_1 dispute: nothing is known of it here: reported",
            "4 checked, 4 reported",
        ]
        assert credits.list_stripe_events(outcome="all") == []
        assert credits.list_stripe_runs()[0].counts == {"checked": 4, "reported": 4}

    def test_it_repairs_what_differs_once(
        self, missed: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        credits.set_stripe_price("price_1", 7)
        done = compare(missed, dsn, "reconcile", "--apply")
        assert done.exit_code == 0, done.output
        assert done.stdout.splitlines()[-1] == "4 checked, 3 applied, 1 parked"
        assert (credits.balance("ann"), credits.balance("bob")) == (50, 7)
        done = compare(missed, dsn, "reconcile", "--apply", "--json")
        assert json.loads(done.stdout)["counts"] == {"checked": 4}
        assert (credits.balance("ann"), credits.balance("bob")) == (50, 7)

    def test_the_event_that_comes_later_grants_nothing_more(
        self, missed: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        compare(missed, dsn, "reconcile", "--apply")
        assert known(credits, purchase(1)) == "applied"
        assert credits.booked("ann").count(("grant", 100)) == 1

    def test_a_refund_that_failed_meanwhile(
        self, stripe: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        known(credits, purchase(1))
        known(credits, objects.refund(NOW - 60, charge=None, amount=500))
        assert credits.balance("ann") == 50
        stripe.add("refunds", refund("failed"))
        done = compare(stripe, dsn, "reconcile", "--apply")
        assert "re_1 refund: failed at Stripe, succeeded here: applied" in done.stdout
        assert credits.balance("ann") == 100

    def test_other_money_is_reported_and_left_alone(
        self, stripe: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        known(credits, purchase(1))
        stripe.add("checkout/sessions", {**obj(purchase(1)), "amount_total": 900})
        done = compare(stripe, dsn, "reconcile", "--apply")
        assert done.exit_code == 1
        assert "granted for 1000, and 900 was paid at Stripe: reported" in done.stdout

    def test_what_is_not_paid_or_sells_nothing_is_no_difference(
        self, stripe: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        stripe.add(
            "checkout/sessions",
            {**obj(purchase(1)), "payment_status": "unpaid"},
            {**obj(purchase(2)), "mode": "subscription"},
        )
        assert compare(stripe, dsn, "reconcile", "--apply").stdout == "0 checked\n"
        other = purchase(3, frozen=False)
        assert known(credits, other) == "ignored"
        stripe.add("checkout/sessions", obj(other))
        assert compare(stripe, dsn, "reconcile", "--apply").stdout == "1 checked\n"

    def test_trouble_in_the_middle_keeps_what_was_done(
        self, missed: FakeStripe, credits: Credits, dsn: str
    ) -> None:
        missed.fail("/v1/refunds", 403, message="'rak_charge_read'")
        done = compare(missed, dsn, "reconcile", "--apply")
        assert done.exit_code == 1
        assert "rak_charge_read" in done.stderr
        assert credits.balance("ann") == 100
        (found,) = credits.list_stripe_runs()
        assert (found.counts["applied"], "rak_charge_read" in (found.problem or "")) == (1, True)


class TestStatus:
    def status(self, stripe: FakeStripe, dsn: str, *options: str) -> list[str]:
        done = run(stripe, "status", "--test-mode", *options, dsn=dsn, role="credits_reader")
        assert done.exit_code == 0, done.output
        lines: list[str] = done.stdout.splitlines()
        return lines

    def test_nothing(self, stripe: FakeStripe, dsn: str) -> None:
        assert self.status(stripe, dsn) == ["nothing waits, nothing has failed"]

    def test_each_with_what_to_do(self, stripe: FakeStripe, credits: Credits, dsn: str) -> None:
        line = events.Line("price_1", 1900, NOW - 100, NOW + 86400)
        for event in (
            objects.refund(NOW - 60, charge=None),
            events.invoice_paid(
                account="bob", subscription="sub_1", lines=[line], created=NOW - 100
            ),
            objects.session(NOW, metadata={"credits_frozen": "1", "credits": "5"}, account=None)
            | {"id": "evt_guest"},
        ):
            event["data"]["object"].pop("client_reference_id", None)
            assert known(credits, event) == "parked"
        known(credits, objects.dispute(NOW, "odd", charge=None, dispute="dp_odd"))
        compare(stripe, dsn, "replay")
        text = "\n".join(self.status(stripe, dsn))
        for said in (
            "1 event (price unknown or malformed): evt_",
            "pgcredits stripe sync",
            "1 event (money back of an unmatched payment): evt_",
            "1 event (buyer unknown): evt_guest",
            "credits.link_customer",
            "1 dispute to review: dp_odd",
            "replay: 0 checked",
        ):
            assert said in text, text
        shown = [json.loads(one) for one in self.status(stripe, dsn, "--json")]
        assert {"run", "what"} <= {key for one in shown for key in one}

    def test_a_failed_one(self, stripe: FakeStripe, credits: Credits, dsn: str) -> None:
        credits.grant_credits("ann", 2**53 - 1)
        assert known(credits, purchase(1)) == "failed"
        assert self.status(stripe, dsn) == [
            "1 event (failed): evt_1",
            "    mend what reason says, then stripe retry EVENT",
        ]
        done = run(stripe, "status", dsn=dsn, role="credits_reader")
        assert done.stdout == "nothing waits, nothing has failed\n"
