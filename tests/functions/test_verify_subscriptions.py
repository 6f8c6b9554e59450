"""verify names what is wrong between the subscriptions of an account and its ledger."""

# ruff: noqa: S608 -- the table names are constants of this module

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.support import DAY, HOUR, NOW
from tests.functions.test_verify import LEDGER, LOTS, PAYMENTS, damage

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("fast", "now")

SUBSCRIPTIONS = "credits_private.subscriptions"
ITEMS = "credits_private.subscription_items"
STATE = "subscription is not what the ledger says"
NEXT = "next grant is not when the schedule says"


@pytest.fixture
def u(fast: Credits, clock: Clock) -> str:
    """Open an account with subscriptions of every kind, and a second one that nobody damages."""
    for account in ("u", "v"):
        clock.set(NOW)
        fast.renew_subscription(
            account,
            "yearly",
            10,
            period_start=NOW,
            period_end=NOW + 365 * DAY,
            grant_every="1 month",
            payment=f"in-{account}",
            amount_paid=1200,
            currency="usd",
        )
        fast.renew_subscription(
            account, "monthly", 7, period_start=NOW, period_end=NOW + 30 * DAY, item="seat"
        )
        fast.start_trial(account, "tried", 5, trial_end=NOW + DAY)
        clock.set(NOW + 40 * DAY)
        fast.grant_due()
        fast.clawback_credits(account, f"in-{account}", target=15)
        fast.set_subscription_status(account, "monthly", "past_due")
        fast.cancel_subscription(account, "yearly")
        fast.change_subscription(account, "yearly", 4, when="period_end", plan="mini")
    return "u"


def test_sound_subscriptions_have_no_findings(fast: Credits, u: str) -> None:
    shown = {one.subscription: one.status for one in fast.list_subscriptions(u)}
    assert shown == {"monthly": "past_due", "tried": "past_due", "yearly": "active"}
    assert fast.verify() == []


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("statement", "violation"),
    [
        (f"update {SUBSCRIPTIONS} set status = 'active' OF u and subscription = 'monthly'", STATE),
        (f"update {SUBSCRIPTIONS} set trial_end = null OF u and subscription = 'tried'", STATE),
        (f"update {SUBSCRIPTIONS} set canceled_at = canceled_at + '1 s'::interval OF u", STATE),
        (f"update {SUBSCRIPTIONS} set cancel_at_period_end = false OF u", STATE),
        (f"delete from {SUBSCRIPTIONS} OF u and subscription = 'tried'", STATE),
        (
            f"insert into {SUBSCRIPTIONS} values ('u', 'x', 'active', null, null, false, now())",
            STATE,
        ),
        (f"update {ITEMS} set amount = 11 OF u and subscription = 'yearly'", STATE),
        (f"update {ITEMS} set rollover_cap = null OF u and subscription = 'yearly'", STATE),
        (f"update {ITEMS} set plan = 'max' OF u and subscription = 'yearly'", STATE),
        (f"update {ITEMS} set next_amount = 5 OF u and subscription = 'yearly'", STATE),
        (f"update {ITEMS} set period_end = period_end + '1 day'::interval OF u", STATE),
        (
            f"update {ITEMS} set parts = '[[null, 10, null]]' OF u and subscription = 'yearly'",
            STATE,
        ),
        (f"update {ITEMS} set grants_done = 1 OF u and subscription = 'yearly'", STATE),
        (f"update {ITEMS} set time_zone = 'Asia/Tokyo' OF u and subscription = 'yearly'", STATE),
        (f"delete from {ITEMS} OF u and item = 'seat'", STATE),
        (
            f"update {LEDGER} set request = request - 'after' OF u"
            f" and entry_id = (select max(entry_id) from {LEDGER} where account_id = 'u')",
            STATE,
        ),
        (
            f"delete from {SUBSCRIPTIONS} OF u and subscription = 'yearly'",
            "item of an unknown subscription",
        ),
        (f"update {ITEMS} set next_grant_at = null OF u and subscription = 'yearly'", NEXT),
        (
            f"update {ITEMS} set next_grant_at = next_grant_at + '1 s'::interval"
            " OF u and subscription = 'yearly'",
            NEXT,
        ),
        (
            f"update {ITEMS} set grants_done = 1 OF u and subscription = 'yearly'",
            "scheduled grant is booked and not counted",
        ),
        (
            f"update {LEDGER} set next_event_at = 'infinity' OF u",
            "next event is later than a scheduled grant",
        ),
        (
            f"update {LOTS} set period_start = period_start + '2 months'::interval"
            " OF u and origin = 'schedule'",
            "scheduled grant is booked and not counted",
        ),
        (
            f"update {PAYMENTS} set pending = 90, granted = 110 OF u",
            "pending is less than what is still scheduled",
        ),
        (
            f"update {PAYMENTS} set pending = 110 OF u",
            "granted of the payment is not that of its lots",
        ),
        (
            f"update {PAYMENTS} set withheld = 101, target = 101 OF u",
            "withheld exceeds what is pending",
        ),
    ],
)
def test_damage_is_found(fast: Credits, u: str, statement: str, violation: str) -> None:
    for constraint in ("payments_withheld_is_pending", "payments_parts_make_target"):
        fast.conn.execute(f"alter table {PAYMENTS} drop constraint {constraint}".encode())
    damage(fast, statement.replace("OF u", "where account_id = 'u'"))
    assert violation in {finding.violation for finding in fast.verify("u")}
    assert fast.verify("v") == []


@pytest.mark.corrupts
def test_a_finding_shows_both_sides(fast: Credits, u: str) -> None:
    damage(
        fast,
        f"update {SUBSCRIPTIONS} set status = 'active'"
        " where account_id = 'u' and subscription = 'monthly'",
    )
    (finding,) = fast.verify("u")
    assert (finding.account_id, finding.violation) == ("u", STATE)
    assert '"status": "past_due"' in str(finding.expected)
    assert '"status": "active"' in str(finding.actual)


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("statement", "violation"),
    [
        (
            f"insert into {SUBSCRIPTIONS} values ('w', 'x', 'active', null, null, false, now())",
            "subscriptions of an unknown account",
        ),
        (
            f"insert into {ITEMS}"
            " (account_id, subscription, item, amount, period_start, period_end)"
            " values ('w', 'x', '', 1, now(), now() + '1 day'::interval)",
            "items of an unknown account",
        ),
    ],
)
def test_rows_without_an_account_are_found(
    fast: Credits, u: str, statement: str, violation: str
) -> None:
    damage(fast, statement)
    assert ("w", violation) in {
        (finding.account_id, finding.violation) for finding in fast.verify()
    }


def test_what_is_due_and_not_booked_is_no_finding(fast: Credits, u: str, clock: Clock) -> None:
    clock.set(NOW + 100 * DAY + HOUR)
    assert fast.verify() == []
