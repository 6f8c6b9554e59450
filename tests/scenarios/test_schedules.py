"""Monthly credits of a payment for a year: when they come, and what of them goes back with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.support import DAY, HOUR, NOW, RENEWAL_GRACE, set_setting

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

YEAR = datetime(2031, 1, 1, 12, tzinfo=UTC)
MONTHS = [datetime(2030, month, 1, 12, tzinfo=UTC) for month in range(1, 13)]
PAID: dict[str, Any] = {"payment": "in_1", "amount_paid": 12_000, "currency": "usd"}


def pay(credits: Credits, amount: int = 100, **other: Any) -> Receipt:
    """Pay for the year 2030 with monthly credits, 1,200 in all."""
    request: dict[str, Any] = {
        "period_start": NOW,
        "period_end": YEAR,
        "grant_every": "1 month",
        **PAID,
        **other,
    }
    return credits.renew_subscription("u", "pro", amount, **request)


def next_grant(credits: Credits) -> datetime | None:
    (one,) = credits.list_subscriptions("u")
    text = one.items[0]["next_grant_at"]
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def granted(credits: Credits) -> list[int]:
    return [amount for kind, amount in credits.booked("u") if kind == "grant"]


# When they come.


def test_a_year_brings_twelve_grants_each_with_its_month(fast: Credits, clock: Clock) -> None:
    first = pay(fast)
    assert (first.amount, first.balance) == (100, 100)
    for number, (start, following) in enumerate(pairwise([*MONTHS, YEAR])):
        clock.set(start)
        fast.grant_due()
        assert granted(fast) == [100] * (number + 1)
        (lot,) = fast.list_lots("u")
        assert lot.origin == ("schedule" if number else "grant")
        assert (lot.period_start, lot.period_end) == (start, following)
        assert lot.expires_at == following + RENEWAL_GRACE
        assert (lot.payment_id, lot.cost_amount) == (first.entry_id, 1000)
        assert next_grant(fast) == (following if number < 11 else None)
    clock.set(YEAR + 40 * DAY)
    fast.grant_due()
    assert sum(granted(fast)) == 1200
    assert fast.balance("u") == 0


@pytest.mark.parametrize(
    ("cap", "most"), [(0, 100), (30, 130), (None, 1200)], ids=["nothing", "some", "all"]
)
def test_credits_roll_over_between_the_months_up_to_the_cap(
    fast: Credits, clock: Clock, cap: int | None, most: int
) -> None:
    pay(fast, rollover_cap=cap)
    for number, start in enumerate(MONTHS):
        clock.set(start)
        fast.grant_due()
        assert fast.balance("u") == min(100 * (number + 1), most)


@pytest.mark.parametrize(
    "booked_by",
    ["the run in time", "the run late", "spends alone", "the sweep", "all of them"],
)
@pytest.mark.parametrize("cap", [0, 25, None])
def test_whoever_books_them_the_account_is_the_same(
    fast: Credits, clock: Clock, cap: int | None, booked_by: str
) -> None:
    """What is due is booked as of its instant: 40 days of outage change nothing."""
    pay(fast, rollover_cap=cap)
    spent = 0
    for day in range(0, 130, 5):
        clock.set(NOW + day * DAY)
        if booked_by in {"the run in time", "all of them"}:
            fast.grant_due()
        if booked_by in {"the sweep", "all of them"}:
            fast.expire_due()
        if booked_by == "the run late" and day % 40 == 0:
            fast.grant_due()
        if day % 35 == 0:
            spent += -fast.deduct_credit("u", 30).amount
    clock.set(NOW + 130 * DAY)
    fast.grant_due()
    fast.expire_due()
    lots = [
        (lot.origin, lot.granted, lot.remaining, lot.period_start, lot.expires_at)
        for lot in fast.list_lots("u")
    ]
    expected = {0: [100], 25: [25, 100], None: [70, 70, 70, 70, 100]}[cap]
    assert sorted(lot[2] for lot in lots) == sorted(expected), lots
    assert {lot[4] for lot in lots} == {MONTHS[5] + RENEWAL_GRACE}
    assert spent == 120


def test_a_period_told_late_is_booked_month_by_month(fast: Credits, clock: Clock) -> None:
    clock.set(NOW + 100 * DAY)
    receipt = pay(fast, rollover_cap=20)
    assert (receipt.amount, receipt.balance) == (100, 120)
    assert granted(fast) == [100] * 4
    dates = [entry.occurred_at for entry in fast.entries("u") if entry.kind == "grant"]
    assert dates[1:] == MONTHS[1:4]
    assert {entry.command_id for entry in fast.entries("u")} == {1}
    assert next_grant(fast) == MONTHS[4]


def test_the_last_grant_ends_with_the_paid_period(fast: Credits, clock: Clock) -> None:
    pay(fast, period_end=NOW + 40 * DAY)
    clock.set(MONTHS[1])
    fast.grant_due()
    (lot,) = fast.list_lots("u")
    assert (lot.period_start, lot.period_end) == (MONTHS[1], NOW + 40 * DAY)
    assert next_grant(fast) is None


ANCHORS = {
    "29_january": ["2030-01-29", "2030-02-28", "2030-03-29", "2030-04-29"],
    "30_january": ["2030-01-30", "2030-02-28", "2030-03-30", "2030-04-30"],
    "31_january": ["2030-01-31", "2030-02-28", "2030-03-31", "2030-04-30", "2030-05-31"],
    "31_january_of_a_leap_year": ["2032-01-31", "2032-02-29", "2032-03-31", "2032-04-30"],
    "29_february": ["2032-02-29", "2032-03-29", "2032-04-29", "2032-05-29"],
}


@pytest.mark.parametrize("days", ANCHORS.values(), ids=ANCHORS)
def test_e18_a_month_ends_where_its_last_day_is(
    fast: Credits, clock: Clock, days: list[str]
) -> None:
    """Counted from the start, so that the 31st comes back, and not a month early."""
    due = [datetime.fromisoformat(f"{day}T00:00:00+00:00") for day in days]
    clock.set(due[0])
    pay(fast, period_start=due[0], period_end=due[-1] + DAY)
    for number, instant in enumerate(due[1:], start=1):
        assert next_grant(fast) == instant
        clock.set(instant - HOUR)
        fast.grant_due()
        assert len(granted(fast)) == number
        clock.set(instant)
        fast.grant_due()
        assert len(granted(fast)) == number + 1


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        (
            "Europe/Berlin",
            "2030-01-31T00:00:00+01:00",
            ["2030-02-28T00:00+01:00", "2030-03-31T00:00+01:00", "2030-04-30T00:00+02:00"],
        ),
        (
            "Europe/Berlin",
            "2030-01-31T02:30:00+01:00",
            ["2030-02-28T02:30+01:00", "2030-03-31T03:30+02:00", "2030-04-30T02:30+02:00"],
        ),
        (
            "Europe/Berlin",
            "2030-09-27T02:30:00+02:00",
            ["2030-10-27T02:30+01:00", "2030-11-27T02:30+01:00", "2030-12-27T02:30+01:00"],
        ),
        (
            "America/Los_Angeles",
            "2030-01-31T23:00:00-08:00",
            ["2030-02-28T23:00-08:00", "2030-03-31T23:00-07:00", "2030-04-30T23:00-07:00"],
        ),
    ],
    ids=["midnight", "an_hour_that_is_not", "an_hour_that_is_twice", "the_last_evening"],
)
def test_e20_months_are_counted_on_the_clock_of_the_account(
    fast: Credits, clock: Clock, zone: str, start: str, expected: list[str]
) -> None:
    fast.open_account("u", time_zone=zone)
    begin = clock.set(datetime.fromisoformat(start))
    pay(fast, period_start=begin, period_end=begin + timedelta(days=300))
    for text in expected:
        assert next_grant(fast) == datetime.fromisoformat(text).astimezone(UTC)
        clock.set(datetime.fromisoformat(text))
        fast.grant_due()


def test_e20_a_zone_that_is_set_later_moves_nothing(fast: Credits) -> None:
    pay(fast)
    fast.open_account("u", time_zone="Asia/Tokyo")
    assert next_grant(fast) == MONTHS[1]


def test_a_day_that_a_zone_leaves_out_is_no_grant_lost(fast: Credits) -> None:
    """On Samoa 30 December 2011 did not happen; each grant is later than the one before."""
    fast.open_account("u", time_zone="Pacific/Apia")
    start = datetime.fromisoformat("2011-12-28T12:00:00-10:00")
    pay(fast, period_start=start, period_end=start + 5 * DAY, grant_every="1 day")
    starts = [lot.period_start for lot in fast.list_lots("u", live_only=False)]
    known = sorted(one for one in starts if one is not None)
    assert len(known) == len(set(known)) == sum(granted(fast)) // 100 == 6


# Past due.


@pytest.mark.parametrize("held_up", ["past_due", "paused"])
def test_t91_what_was_held_up_is_booked_as_it_should_have_been(
    fast: Credits, clock: Clock, held_up: str
) -> None:
    pay(fast, rollover_cap=30)
    clock.set(NOW + 10 * DAY)
    fast.set_subscription_status("u", "pro", held_up)
    assert next_grant(fast) is None
    clock.set(MONTHS[3] + DAY)
    fast.grant_due()
    fast.expire_due()
    assert granted(fast) == [100]
    receipt = fast.set_subscription_status("u", "pro", "active")
    assert (receipt.kind, receipt.amount, receipt.balance) == ("subscription", 0, 130)
    assert granted(fast) == [100] * 4
    assert next_grant(fast) == MONTHS[4]
    fast.set_subscription_status("u", "pro", "active")
    assert fast.balance("u") == 130


def test_p5_flapping_all_year_long_grants_what_was_paid(fast: Credits, clock: Clock) -> None:
    pay(fast, rollover_cap=None)
    for number in range(24):
        clock.set(NOW + number * 15 * DAY)
        fast.set_subscription_status("u", "pro", "past_due" if number % 2 else "active")
    clock.set(YEAR - HOUR)
    fast.set_subscription_status("u", "pro", "active")
    assert sum(granted(fast)) == 1200


def test_a_payment_for_the_next_year_books_what_the_first_one_still_owes(
    fast: Credits, clock: Clock
) -> None:
    """Held up, or paid early: no month of the old year is lost."""
    pay(fast)
    clock.set(MONTHS[9])
    fast.set_subscription_status("u", "pro", "past_due")
    clock.set(MONTHS[10] + DAY)
    fast.renew_subscription(
        "u",
        "pro",
        100,
        period_start=YEAR,
        period_end=datetime(2032, 1, 1, 12, tzinfo=UTC),
        grant_every="1 month",
        payment="in_2",
    )
    assert sum(granted(fast)) == 1300
    assert next_grant(fast) == datetime(2031, 2, 1, 12, tzinfo=UTC)


def test_a_year_told_after_the_next_one_is_granted_up_to_it(fast: Credits, clock: Clock) -> None:
    clock.set(YEAR + DAY)
    fast.renew_subscription(
        "u",
        "pro",
        100,
        period_start=YEAR,
        period_end=datetime(2032, 1, 1, 12, tzinfo=UTC),
        grant_every="1 month",
        payment="in_2",
    )
    pay(fast)
    assert sum(granted(fast)) == 1300
    assert fast.balance("u") == 100
    assert next_grant(fast) == datetime(2031, 2, 1, 12, tzinfo=UTC)


# Changes and the end.


def test_an_upgrade_raises_this_month_and_the_next_ones(fast: Credits, clock: Clock) -> None:
    pay(fast)
    clock.set(MONTHS[2] + DAY)
    receipt = fast.change_subscription(
        "u", "pro", 300, plan="max", payment="in_2", amount_paid=20_000, currency="usd"
    )
    assert (receipt.amount, receipt.balance) == (200, 300)
    clock.set(MONTHS[3])
    fast.grant_due()
    lots = [(lot.origin, lot.granted, lot.payment_id) for lot in fast.list_lots("u")]
    assert lots == [("schedule", 100, 1), ("upgrade", 200, receipt.entry_id)]
    assert fast.clawback_credits("u", "in_2", target=0).balance == 300
    clock.set(YEAR - HOUR)
    fast.grant_due()
    assert sum(granted(fast)) == 1200 + 200 * 10


def test_a_refunded_upgrade_leaves_what_the_year_paid_for(fast: Credits, clock: Clock) -> None:
    pay(fast)
    clock.set(MONTHS[2])
    fast.change_subscription(
        "u", "pro", 300, plan="max", payment="in_2", amount_paid=20_000, currency="usd"
    )
    fast.clawback_credits("u", "in_2")
    for start in MONTHS[3:]:
        clock.set(start)
        fast.grant_due()
        assert (fast.balance("u"), fast.debt("u")) == (100, 0)


def test_p1_changing_to_and_fro_grants_once_a_month(fast: Credits, clock: Clock) -> None:
    pay(fast)
    for start in MONTHS[:4]:
        clock.set(start)
        for _ in range(3):
            fast.change_subscription("u", "pro", 300, plan="max")
            fast.change_subscription("u", "pro", 50, plan="mini")
        assert fast.balance("u") == 300


def test_a_downgrade_lowers_the_next_months(fast: Credits, clock: Clock) -> None:
    pay(fast)
    fast.change_subscription("u", "pro", 40, plan="mini")
    assert fast.balance("u") == 100
    clock.set(MONTHS[1])
    assert fast.grant_due().credits == 40
    fast.change_subscription("u", "pro", 0, plan="none")
    clock.set(MONTHS[2])
    assert fast.grant_due().credits == 0
    assert fast.balance("u") == 0
    assert fast.change_subscription("u", "pro", 100).amount == 100


def test_canceled_at_its_end_the_year_brings_all_its_months(fast: Credits, clock: Clock) -> None:
    pay(fast)
    fast.cancel_subscription("u", "pro")
    for following in MONTHS[1:]:
        (lot,) = fast.list_lots("u")
        assert lot.expires_at == following + RENEWAL_GRACE
        clock.set(following)
        fast.grant_due()
    assert sum(granted(fast)) == 1200
    (lot,) = fast.list_lots("u")
    assert lot.expires_at == YEAR


def test_canceled_now_the_year_brings_no_more(fast: Credits, clock: Clock) -> None:
    pay(fast)
    clock.set(MONTHS[2])
    fast.cancel_subscription("u", "pro", when="now")
    clock.set(MONTHS[6])
    fast.grant_due()
    assert sum(granted(fast)) == 300
    assert fast.balance("u") == 0


# What goes back. The payment grants 1,200 from the beginning; what is to go back comes out of the
# months to come first, so who is paid back for them keeps the months that were.


def months_until(credits: Credits, clock: Clock, month: int, *, first: int = 1) -> None:
    for start in MONTHS[first : month + 1]:
        clock.set(start)
        credits.grant_due()


@pytest.mark.parametrize("canceled", [None, "now", "period_end"])
def test_in_month_3_a_refund_of_the_other_9_takes_just_these(
    fast: Credits, clock: Clock, canceled: str | None
) -> None:
    pay(fast, rollover_cap=None)
    fast.deduct_credit("u", 70)
    months_until(fast, clock, 2)
    if canceled:
        fast.cancel_subscription("u", "pro", when=canceled)
    receipt = fast.clawback_credits("u", "in_1", amount_returned=9_000)
    assert (receipt.amount, receipt.debt) == (0, 0)
    assert fast.balance("u") == (0 if canceled == "now" else 230)
    clock.set(YEAR - HOUR)
    fast.grant_due()
    kept = sum(
        amount for kind, amount in fast.booked("u") if kind in {"grant", "clawback", "restore"}
    )
    assert (kept, fast.debt("u")) == (300, 0)


def test_in_month_3_a_refund_of_everything_leaves_what_was_spent_as_debt(
    fast: Credits, clock: Clock
) -> None:
    pay(fast, rollover_cap=None)
    months_until(fast, clock, 2)
    fast.deduct_credit("u", 250)
    receipt = fast.clawback_credits("u", "in_1")
    assert (receipt.amount, receipt.debt) == (-300, 250)
    months_until(fast, clock, 11, first=3)
    assert (fast.balance("u"), fast.debt("u")) == (-250, 250)


def test_a_small_refund_shortens_the_last_months(fast: Credits, clock: Clock) -> None:
    pay(fast)
    months_until(fast, clock, 2)
    assert fast.clawback_credits("u", "in_1", amount_returned=1_200).balance == 100
    balances = []
    for month in range(3, 12):
        months_until(fast, clock, month, first=month)
        balances.append(fast.balance("u"))
    assert balances == [100] * 7 + [80, 0]


@pytest.mark.parametrize("months_lost", [0, 2, 9])
def test_a_dispute_that_is_won_gives_everything_back(
    fast: Credits, clock: Clock, months_lost: int
) -> None:
    """Also what the months brought that passed meanwhile, and as much longer as it was gone."""
    pay(fast, rollover_cap=None)
    months_until(fast, clock, 2)
    fast.deduct_credit("u", 250)
    fast.clawback_credits("u", "in_1")
    months_until(fast, clock, 2 + months_lost, first=3)
    fast.clawback_credits("u", "in_1", target=0)
    assert (fast.balance("u"), fast.debt("u")) == (50 + 100 * months_lost, 0)
    months_until(fast, clock, 11, first=3 + months_lost)
    kept = sum(
        amount for kind, amount in fast.booked("u") if kind in {"grant", "clawback", "restore"}
    )
    assert (kept, fast.debt("u")) == (1200, 0)


def test_a_refund_known_before_the_payment_is_counted_at_once(fast: Credits, clock: Clock) -> None:
    grant = {
        "amount": 100,
        "subscription": "pro",
        "period_start": NOW,
        "period_end": YEAR,
        "grant_every": "1 month",
        "rollover_cap": None,
    }
    clock.set(MONTHS[2])
    receipt = fast.record_payment(
        "u", "in_1", 12_000, currency="usd", grants=[grant], amount_returned=11_000
    )
    assert (receipt.balance, receipt.debt) == (100, 0)
    clock.set(YEAR - HOUR)
    fast.grant_due()
    assert (fast.balance("u"), fast.debt("u")) == (100, 0)


@pytest.mark.parametrize("shortfall", ["debt", "write_off"])
@pytest.mark.parametrize("returned", [0, 1, 999, 1_000, 5_999, 6_000, 11_999, 12_000])
def test_nothing_is_made_or_lost_whenever_the_money_goes_back(
    fast: Credits, clock: Clock, returned: int, shortfall: str
) -> None:
    """What stays granted is the share of the money that stayed, whenever that is told."""
    set_setting(fast, "shortfall", shortfall)
    pay(fast, rollover_cap=None)
    months_until(fast, clock, 4)
    fast.deduct_credit("u", 120)
    fast.clawback_credits("u", "in_1", amount_returned=returned)
    months_until(fast, clock, 11, first=5)
    kept = 1200 - (1200 * returned // 12_000 if returned < 12_000 else 1200)
    had = fast.balance("u") + 120
    assert had == (kept if shortfall == "debt" else max(kept, 120))


def test_a_period_that_replaces_another_and_is_told_late_grants_all_it_paid_for(
    fast: Credits, clock: Clock
) -> None:
    """The old year has granted a month of the new one meanwhile; both were paid for."""
    pay(fast)
    clock.set(MONTHS[5] + DAY)
    fast.grant_due()
    second = datetime(2031, 5, 1, 12, tzinfo=UTC)
    pay(fast, 300, period_start=MONTHS[4], period_end=second, payment="in_2")
    assert granted(fast) == [100] * 6 + [300, 300]
    assert next_grant(fast) == MONTHS[6]
    months_until(fast, clock, 11, first=6)
    clock.set(second)
    fast.grant_due()
    assert sum(granted(fast)) == 600 + 12 * 300
