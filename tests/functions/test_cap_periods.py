"""Where the periods of caps begin and end: time zones, changes of clocks, billing periods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from pgcredits.errors import LimitReached
from tests.functions.support import DAY, HOUR, MICROSECOND, NOW, refused

if TYPE_CHECKING:
    from typing import Any

    from tests.client import Connection, Credits
    from tests.clock import Clock

MINUTE = timedelta(minutes=1)


def window(conn: Connection, period: str, zone: str, at: datetime) -> tuple[datetime, datetime]:
    """Return start and end of the period that contains the instant."""
    ((start, end),) = conn.execute(
        "select w.starts_at, w.ends_at from credits_private.calendar_window(%s, %s, %s) as w",
        (period, zone, at),
    ).fetchall()
    return start, end


def cap(credits: Credits, account: str, period: str) -> dict[str, Any]:
    """Return what the cap of mia says at this instant, with its instants as such."""
    (row,) = credits.list_member_usage(account, member="mia")
    (found,) = [cap for cap in row.caps if cap["period"] == period]
    for name in ("starts_at", "resets_at"):
        if found[name] is not None:
            found[name] = datetime.fromisoformat(found[name])
    return found


@pytest.mark.parametrize(
    ("period", "zone", "inside", "hours"),
    [
        ("hour", "UTC", "2030-05-05T10:20", 1),
        ("hour", "Asia/Kathmandu", "2030-05-05T10:20", 1),
        ("day", "Asia/Kathmandu", "2030-05-05T23:59", 24),
        ("day", "America/Los_Angeles", "2030-05-05T00:00", 24),
        ("day", "Europe/Berlin", "2030-03-31T12:00", 23),
        ("day", "Europe/Berlin", "2030-10-27T12:00", 25),
        ("week", "Europe/Berlin", "2030-03-31T23:00", 7 * 24 - 1),
        ("week", "Europe/Berlin", "2030-04-01T00:00", 7 * 24),
        ("month", "Europe/Berlin", "2030-03-31T12:00", 31 * 24 - 1),
        ("month", "America/New_York", "2028-02-29T23:00", 29 * 24),
        # Clocks go forward at midnight, so that the day begins at one.
        ("day", "America/Santiago", "2030-09-08T12:00", 23),
        # They go back at midnight: the last hour of the day comes twice.
        ("day", "America/Santiago", "2030-04-06T23:30", 25),
        # They go back to midnight: the first hour comes twice.
        ("day", "America/Havana", "2030-11-03T00:30", 25),
        ("day", "America/Havana", "2030-11-03T12:00", 25),
    ],
)
def test_e20_a_period_is_one_of_the_calendar_of_the_account(
    tx: Connection, period: str, zone: str, inside: str, hours: int
) -> None:
    at = datetime.fromisoformat(inside).replace(tzinfo=ZoneInfo(zone))
    start, end = window(tx, period, zone, at)
    assert start <= at < end
    assert end - start == hours * HOUR
    for edge in (start, end):
        before, after = (
            (edge - step).astimezone(ZoneInfo(zone)) for step in (MICROSECOND, 0 * DAY)
        )
        if period == "hour":
            assert (after.minute, after.second) == (0, 0)
        else:
            assert before.date() < after.date()
            assert period != "month" or after.day == 1
            assert period != "week" or after.weekday() == 0


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("Europe/Berlin", "2030-03-31T01:00+00:00"),
        ("Europe/Berlin", "2030-10-27T01:00+00:00"),
        ("Australia/Lord_Howe", "2030-04-06T15:00+00:00"),
        ("Australia/Lord_Howe", "2030-10-05T15:30+00:00"),
        ("America/Havana", "2030-11-03T05:00+00:00"),
        ("America/Santiago", "2030-09-08T04:00+00:00"),
        ("Africa/Casablanca", "2030-01-06T02:00+00:00"),
    ],
)
@pytest.mark.parametrize("period", ["hour", "day", "week", "month"])
def test_e20_periods_follow_each_other_when_the_clocks_change(
    tx: Connection, zone: str, around: str, period: str
) -> None:
    """Whatever instant is asked for: it lies in its period, and the next one begins at its end."""
    change = datetime.fromisoformat(around)
    rows = tx.execute(
        "select t.at, w.starts_at, w.ends_at, n.starts_at"
        " from generate_series(%s, %s, interval '10 minutes') as t (at)"
        " cross join lateral credits_private.calendar_window(%s, %s, t.at) as w"
        " cross join lateral credits_private.calendar_window(%s, %s, w.ends_at) as n",
        (change - 26 * HOUR, change + 26 * HOUR, period, zone, period, zone),
    ).fetchall()
    assert len(rows) == 52 * 6 + 1
    for at, start, end, following in rows:
        assert start <= at < end == following, at
    for (_, _, end, _), (at, start, _, _) in pairwise(rows):
        assert start == end if at >= end else start < end


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu"])
@pytest.mark.parametrize("period", ["hour", "day", "week", "month"])
def test_e20_a_cap_resets_in_the_accounts_time_zone_to_the_microsecond(
    fast: Credits, clock: Clock, zone: str, period: str
) -> None:
    clock.set(datetime(2030, 3, 30, 10, 10, tzinfo=UTC))
    fast.open_account("u", time_zone=zone)
    fast.grant_credits("u", 100)
    fast.set_member_cap("u", "mia", period, 1)
    fast.deduct_credit("u", 1, member="mia")
    end = window(fast.conn, period, zone, datetime(2030, 3, 30, 10, 10, tzinfo=UTC))[1]
    clock.set(end - MICROSECOND)
    with refused(fast, LimitReached, used=1):
        fast.deduct_credit("u", 1, member="mia")
    clock.set(end)
    fast.deduct_credit("u", 1, member="mia")
    found = cap(fast, "u", period)
    assert (found["used"], found["starts_at"]) == (1, end)


def test_the_time_zone_that_an_account_is_opened_with_counts_for_earlier_caps(
    fast: Credits, clock: Clock
) -> None:
    clock.set(datetime(2030, 1, 1, 22, tzinfo=UTC))
    fast.grant_credits("u", 100)
    fast.set_member_cap("u", "mia", "day", 10)
    fast.deduct_credit("u", 4, member="mia")
    clock.set(datetime(2030, 1, 1, 23, 30, tzinfo=UTC))
    fast.deduct_credit("u", 5, member="mia")
    assert cap(fast, "u", "day")["used"] == 9
    fast.open_account("u", time_zone="Europe/Berlin")
    found = cap(fast, "u", "day")
    assert (found["used"], found["starts_at"]) == (5, datetime(2030, 1, 1, 23, tzinfo=UTC))
    fast.deduct_credit("u", 5, member="mia")


class TestClockThatRanAhead:
    """Periods go by the clock, not by the dates of entries, which never run backwards."""

    def test_counters_of_both_times_are_right(self, fast: Credits, clock: Clock) -> None:
        clock.set(NOW)
        fast.grant_credits("u", 100)
        fast.set_member_cap("u", "mia", "hour", 10)
        fast.deduct_credit("u", 3, member="mia")
        clock.set(NOW + DAY)
        fast.deduct_credit("u", 4, member="mia")
        clock.set(NOW)
        assert cap(fast, "u", "hour")["used"] == 3
        fast.deduct_credit("u", 7, member="mia")
        with refused(fast, LimitReached, used=10, resets_at="2030-01-01T13:00:00+00:00"):
            fast.deduct_credit("u", 1, member="mia")
        entry = fast.entries("u")[-1]
        assert (entry.created_at, entry.occurred_at) == (NOW + DAY, NOW)
        clock.set(NOW + DAY)
        assert cap(fast, "u", "hour")["used"] == 4

    def test_a_cap_that_is_set_afterwards_counts_both_times(
        self, fast: Credits, clock: Clock
    ) -> None:
        clock.set(NOW + DAY)
        fast.grant_credits("u", 100)
        fast.deduct_credit("u", 4, member="mia")
        clock.set(NOW)
        fast.hold_credits("u", 3, member="mia")
        fast.set_member_cap("u", "mia", "hour", 10)
        assert cap(fast, "u", "hour")["used"] == 3
        clock.set(NOW + DAY - HOUR)
        fast.deduct_credit("u", 6, member="mia")
        clock.set(NOW + DAY)
        assert cap(fast, "u", "hour")["used"] == 4


class TestBillingPeriods:
    """The subscription period that contains now; of several the one that started last."""

    START = datetime(2030, 1, 20, 7, 30, tzinfo=UTC)
    END = datetime(2030, 2, 20, 7, 30, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def _stopped(self, clock: Clock) -> None:
        clock.set(self.START)

    def renew(self, credits: Credits, start: datetime, end: datetime, name: str = "plan") -> None:
        credits.renew_subscription(
            "u", name, 100, period_start=start, period_end=end, rollover_cap=None
        )

    def test_a_cap_resets_with_the_renewal(self, fast: Credits, clock: Clock) -> None:
        self.renew(fast, self.START, self.END)
        fast.set_member_cap("u", "mia", "billing_period", 10)
        fast.deduct_credit("u", 10, member="mia")
        with refused(fast, LimitReached, period="billing_period", resets_at=self.END.isoformat()):
            fast.deduct_credit("u", 1, member="mia")
        clock.set(self.END)
        self.renew(fast, self.END, self.END + 30 * DAY)
        fast.deduct_credit("u", 10, member="mia")

    def test_what_is_used_before_a_late_renewal_counts_in_the_new_period(
        self, fast: Credits, clock: Clock
    ) -> None:
        self.renew(fast, self.START, self.END)
        fast.set_member_cap("u", "mia", "billing_period", 10)
        fast.deduct_credit("u", 10, member="mia")
        clock.set(self.END + HOUR)
        hold = fast.hold_credits("u", 4, member="mia").entry_id
        found = cap(fast, "u", "billing_period")
        assert (found["used"], found["starts_at"], found["resets_at"]) == (4, self.END, None)
        clock.set(self.END + DAY)
        self.renew(fast, self.END, self.END + 30 * DAY)
        fast.deduct_credit("u", 3, member="mia")
        found = cap(fast, "u", "billing_period")
        # The hold was over before the renewal.
        assert (found["used"], found["starts_at"]) == (3, self.END)
        assert found["resets_at"] == self.END + 30 * DAY
        assert [entry.about_entry_id for entry in fast.entries("u") if entry.kind == "release"] == [
            hold
        ]

    def test_a_late_renewal_counts_what_its_period_has_seen(
        self, fast: Credits, clock: Clock
    ) -> None:
        self.renew(fast, self.START, self.END)
        fast.set_member_cap("u", "mia", "billing_period", 10)
        clock.set(self.END - MICROSECOND)
        fast.deduct_credit("u", 2, member="mia")
        clock.set(self.END + HOUR)
        fast.deduct_credit("u", 4, member="mia")
        fast.deduct_credit("u", 5, member="max")
        # The month before was never booked: the time without a period was longer.
        self.renew(fast, self.END + 2 * HOUR, self.END + 30 * DAY)
        assert cap(fast, "u", "billing_period")["used"] == 4
        clock.set(self.END + 2 * HOUR)
        assert cap(fast, "u", "billing_period")["used"] == 0
        fast.deduct_credit("u", 1, member="mia")
        self.renew(fast, self.END + HOUR, self.END + 20 * DAY, "other")
        assert cap(fast, "u", "billing_period")["used"] == 1

    def test_without_a_period_all_time_counts(self, fast: Credits, clock: Clock) -> None:
        fast.grant_credits("u", 100)
        fast.deduct_credit("u", 6, member="mia")
        fast.set_member_cap("u", "mia", "billing_period", 10)
        clock.set(self.END)
        with refused(fast, LimitReached, used=6, resets_at=None):
            fast.deduct_credit("u", 5, member="mia")
        self.renew(fast, self.END + DAY, self.END + 30 * DAY)
        with refused(fast, LimitReached, used=6, resets_at=(self.END + DAY).isoformat()):
            fast.deduct_credit("u", 5, member="mia")
        clock.set(self.END + DAY)
        fast.deduct_credit("u", 10, member="mia")

    def test_of_two_subscriptions_the_period_that_started_last_counts(
        self, fast: Credits, clock: Clock
    ) -> None:
        self.renew(fast, self.START, self.START + 365 * DAY, "annual")
        fast.set_member_cap("u", "mia", "billing_period", 10)
        clock.set(self.START + DAY)
        fast.deduct_credit("u", 3, member="mia")
        clock.set(self.START + 2 * DAY)
        self.renew(fast, self.START + 2 * DAY, self.START + 9 * DAY, "extra")
        fast.deduct_credit("u", 4, member="mia")
        assert cap(fast, "u", "billing_period")["used"] == 4
        clock.set(self.START + 9 * DAY)
        found = cap(fast, "u", "billing_period")
        assert (found["used"], found["starts_at"]) == (7, self.START)
        fast.deduct_credit("u", 3, member="mia")
        with refused(fast, LimitReached, used=10):
            fast.deduct_credit("u", 1, member="mia")

    def test_a_period_that_was_booked_ahead_begins_by_itself(
        self, fast: Credits, clock: Clock
    ) -> None:
        self.renew(fast, self.START, self.END)
        self.renew(fast, self.END - DAY, self.END + 29 * DAY, "other")
        fast.set_member_cap("u", "mia", "billing_period", 10)
        fast.deduct_credit("u", 10, member="mia")
        clock.set(self.END - DAY)
        fast.deduct_credit("u", 6, member="mia")
        found = cap(fast, "u", "billing_period")
        assert (found["used"], found["starts_at"]) == (6, self.END - DAY)

    def test_a_period_without_a_start_begins_with_its_grant(
        self, fast: Credits, clock: Clock
    ) -> None:
        fast.grant_credits("u", 10)
        fast.set_member_cap("u", "mia", "billing_period", 10)
        fast.deduct_credit("u", 7, member="mia")
        clock.set(self.START + HOUR)
        fast.add_subscription_credits("u", 50, self.END, reference="january")
        found = cap(fast, "u", "billing_period")
        assert (found["used"], found["starts_at"], found["resets_at"]) == (
            0,
            self.START + HOUR,
            self.END,
        )
