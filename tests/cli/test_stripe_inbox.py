"""`pgcredits stripe events`, `retry`, `dismiss` and `purge`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli import main
from pgcredits.demo import events
from tests.functions.support import LIMIT

if TYPE_CHECKING:
    from tests.client import Credits

NO_ROOM = "PT422 balance limit exceeded"


def run(dsn: str, role: str, *arguments: str) -> Result:
    """Run a command with the rights of a role and no more."""
    restricted = make_conninfo(dsn, options=f"-c role={role}")
    return CliRunner(env={"DATABASE_URL": restricted}).invoke(main, ["stripe", *arguments])


@pytest.fixture
def stocked(credits: Credits) -> Credits:
    """An inbox with one failed purchase, one waiting refund and one event of another type."""
    credits.grant_credits("u", LIMIT)
    for event in (
        events.checkout_completed(
            account="u",
            credits=100,
            amount=1000,
            payment_intent="pi_1",
            created=1000,
            event_id="evt_1",
        ),
        events.charge_refunded(
            payment_intent="pi_2", amount=10, amount_refunded=10, created=1000, event_id="evt_2"
        ),
        events.event("x.y", {"id": "x"}, created=1000, event_id="evt_3"),
    ):
        credits.ingest_stripe_event(events.body(event), True)
    return credits


@pytest.mark.usefixtures("stocked")
def test_events_are_listed(dsn: str) -> None:
    done = run(dsn, "credits_reader", "events")
    assert done.exit_code == 0
    failed, parked = done.stdout.splitlines()
    assert failed.startswith(f"evt_1 checkout.session.completed failed: {NO_ROOM}")
    assert parked == ("evt_2 charge.refunded parked: payment pi_2 has granted no credits yet")
    done = run(dsn, "credits_reader", "events", "--outcome", "all", "--type", "x.y", "--json")
    (shown,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (shown["event_id"], shown["outcome"]) == ("evt_3", "ignored")
    assert "body" not in shown


@pytest.mark.usefixtures("stocked")
def test_events_are_counted(dsn: str) -> None:
    done = run(dsn, "credits_reader", "events", "--count")
    assert done.stdout == "failed checkout.session.completed 1\nparked charge.refunded 1\n"
    done = run(dsn, "credits_reader", "events", "--count", "--outcome", "ignored", "--json")
    assert json.loads(done.stdout)["events"] == 1


def test_an_event_is_tried_again(dsn: str, stocked: Credits) -> None:
    done = run(dsn, "credits_service", "retry")
    assert (done.exit_code, done.stdout) == (0, "")
    done = run(dsn, "credits_service", "retry", "evt_1")
    assert done.exit_code == 1
    assert done.stdout.startswith(f"evt_1 checkout.session.completed failed: {NO_ROOM}")
    stocked.deduct_credit("u", 100)
    stocked.conn.execute(
        "update credits_private.stripe_events e set retry_at = received_at"
        " where e.event_id = 'evt_1'"
    )
    done = run(dsn, "credits_service", "retry", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["outcome"] == "applied"


@pytest.mark.usefixtures("stocked")
def test_an_event_is_dismissed(dsn: str) -> None:
    done = run(dsn, "credits_admin", "dismiss", "evt_2", "not ours")
    assert done.stdout == "evt_2 charge.refunded ignored: dismissed: not ours\n"
    done = run(dsn, "credits_admin", "dismiss", "evt_9", "not ours")
    assert done.exit_code == 1
    assert "PT404 stripe event not found" in done.stderr


def test_the_inbox_is_purged(dsn: str, stocked: Credits) -> None:
    assert run(dsn, "credits_service", "purge").stdout == (
        "0 waiting events closed, 0 bodies purged\n"
    )
    stocked.conn.execute(
        "update credits_private.stripe_events e set received_at = received_at - interval '1 year'"
        " where true"
    )
    done = run(dsn, "credits_service", "purge", "--json")
    assert json.loads(done.stdout) == {"closed": 1, "purged": 2}
