"""Caps of members: what counts, what is refused, what comes back, and in which period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    IdempotencyConflict,
    InDebt,
    InsufficientCredits,
    InvalidArgument,
    LimitReached,
)
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    MICROSECOND,
    NOW,
    illegal,
    illegal_text,
    refused,
    replayed,
    unchanged,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

PERIODS = ("hour", "day", "week", "month", "billing_period", "lifetime")


@pytest.fixture
def team(fast: Credits) -> str:
    """Open an account with 1000 credits in two lots, so that 600 is more than the open one has."""
    fast.grant_credits("team", 500)
    fast.grant_credits("team", 500)
    return "team"


def used(credits: Credits, account: str, member: str) -> dict[str, int]:
    """What the member has used of each cap, and in all under the name total."""
    (row,) = credits.list_member_usage(account, member=member)
    return {"total": row.used} | {cap["period"]: cap["used"] for cap in row.caps}


def test_a_cap_is_set_by_an_entry_that_moves_nothing(fast: Credits, team: str) -> None:
    receipt = fast.set_member_cap(team, "mia", "day", 10, reference="t-1", metadata={"a": 1})
    assert (receipt.kind, receipt.amount, receipt.balance) == ("cap", 0, 1000)
    entry = fast.entries(team)[-1]
    assert (entry.member, entry.request) == ("mia", {"period": "day", "cap": 10})
    assert (entry.reference, entry.metadata) == ("t-1", {"a": 1})


@pytest.mark.parametrize("amount", [8, 600], ids=["open_lot", "two_lots"])
def test_p14_a_cap_refuses_with_a_reason_of_its_own(fast: Credits, team: str, amount: int) -> None:
    fast.set_member_cap(team, "mia", "day", amount + 3)
    fast.deduct_credit(team, 4, member="mia")
    with refused(
        fast,
        LimitReached,
        limit="member_cap",
        member="mia",
        period="day",
        cap=amount + 3,
        used=4,
        required=amount,
        left=amount - 1,
        resets_at="2030-01-02T00:00:00+00:00",
    ):
        fast.deduct_credit(team, amount, member="mia")
    with refused(fast, LimitReached, required=amount):
        fast.hold_credits(team, amount, member="mia")
    fast.deduct_credit(team, amount - 1, member="mia")
    fast.deduct_credit(team, 1, member="max")
    fast.deduct_credit(team, 1)
    assert used(fast, team, "mia") == {"total": amount + 3, "day": amount + 3}


@pytest.mark.parametrize("period", PERIODS)
def test_a_cap_of_0_forbids(fast: Credits, team: str, period: str) -> None:
    fast.set_member_cap(team, "mia", period, 0)
    with refused(fast, LimitReached, period=period, cap=0, left=0):
        fast.deduct_credit(team, 1, member="mia")


def test_the_cap_is_refused_before_the_credits_and_after_the_status(
    fast: Credits, team: str
) -> None:
    fast.set_member_cap(team, "mia", "day", 10)
    with refused(fast, LimitReached, required=2000):
        fast.deduct_credit(team, 2000, member="mia")
    with refused(fast, InsufficientCredits):
        fast.deduct_credit(team, 2000, member="max")
    fast.set_member_cap(team, "mia", "day", LIMIT)
    with refused(fast, InsufficientCredits):
        fast.deduct_credit(team, 2000, member="mia")
    fast.set_member_cap(team, "mia", "day", 10)
    fast.freeze_account(team, "fraud")
    with refused(fast, AccountFrozen):
        fast.deduct_credit(team, 2000, member="mia")


def test_the_cap_is_refused_before_the_debt(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    fast.deduct_credit("u", 10)
    fast.clawback_credits("u", "p")
    fast.set_member_cap("u", "mia", "day", 5)
    with refused(fast, LimitReached):
        fast.deduct_credit("u", 6, member="mia")
    with refused(fast, InDebt):
        fast.deduct_credit("u", 5, member="mia")


def test_all_caps_have_to_allow_and_the_one_that_resets_last_is_named(
    fast: Credits, team: str
) -> None:
    for period, cap in {"lifetime": 40, "hour": 10, "month": 20}.items():
        fast.set_member_cap(team, "mia", period, cap)
    fast.deduct_credit(team, 8, member="mia")
    with refused(fast, LimitReached, period="hour", left=2):
        fast.deduct_credit(team, 3, member="mia")
    with refused(fast, LimitReached, period="month", left=12):
        fast.deduct_credit(team, 13, member="mia")
    with refused(fast, LimitReached, period="lifetime", left=32, resets_at=None):
        fast.deduct_credit(team, 33, member="mia")
    fast.deduct_credit(team, 2, member="mia")


def test_p13_a_cap_starts_anew_with_its_period(fast: Credits, team: str, clock: Clock) -> None:
    fast.set_member_cap(team, "mia", "hour", 10)
    fast.set_member_cap(team, "mia", "lifetime", 25)
    end = NOW + HOUR
    fast.deduct_credit(team, 10, member="mia")
    clock.set(end - MICROSECOND)
    with refused(fast, LimitReached, used=10, resets_at="2030-01-01T13:00:00+00:00"):
        fast.deduct_credit(team, 1, member="mia")
    clock.set(end)
    fast.deduct_credit(team, 10, member="mia")
    with refused(fast, LimitReached, period="hour", used=10):
        fast.deduct_credit(team, 1, member="mia")
    clock.set(end + HOUR)
    with refused(fast, LimitReached, period="lifetime", used=20, left=5):
        fast.deduct_credit(team, 6, member="mia")
    fast.deduct_credit(team, 5, member="mia")
    assert used(fast, team, "mia") == {"total": 25, "hour": 5, "lifetime": 25}


def test_a_new_cap_counts_what_was_used_in_its_period_before(
    fast: Credits, team: str, clock: Clock
) -> None:
    fast.deduct_credit(team, 100, member="mia")
    clock.set(NOW + 11 * HOUR)
    spend = fast.deduct_credit(team, 30, member="mia").entry_id
    fast.refund_spend(team, entry_id=spend, amount=10)
    fast.hold_credits(team, 7, member="mia")
    fast.deduct_credit(team, 1, member="max")
    clock.set(NOW + 12 * HOUR)
    fast.deduct_credit(team, 3, member="mia")
    for period in PERIODS:
        fast.set_member_cap(team, "mia", period, 10)
    # The hold is over by now: the first cap has booked that.
    assert used(fast, team, "mia") == {
        "total": 123,
        "hour": 3,
        "day": 3,
        "week": 123,
        "month": 123,
        "billing_period": 123,
        "lifetime": 123,
    }


def test_a_cap_below_what_is_used_refuses_until_the_period_ends(
    fast: Credits, team: str, clock: Clock
) -> None:
    fast.set_member_cap(team, "mia", "day", 50)
    spend = fast.deduct_credit(team, 40, member="mia").entry_id
    fast.set_member_cap(team, "mia", "day", 30)
    with refused(fast, LimitReached, cap=30, used=40, left=0):
        fast.deduct_credit(team, 1, member="mia")
    fast.refund_spend(team, entry_id=spend, amount=15)
    fast.deduct_credit(team, 5, member="mia")
    with refused(fast, LimitReached, used=30, left=0):
        fast.deduct_credit(team, 1, member="mia")
    clock.set(NOW + 12 * HOUR)
    fast.deduct_credit(team, 30, member="mia")


def test_a_removed_cap_is_gone_and_counted_when_it_comes_back(fast: Credits, team: str) -> None:
    fast.set_member_cap(team, "mia", "day", 5)
    fast.set_member_cap(team, "mia", "hour", 0)
    fast.set_member_cap(team, "mia", "hour", None)
    fast.deduct_credit(team, 5, member="mia")
    fast.set_member_cap(team, "mia", "day", None)
    assert fast.list_member_usage(team, capped_only=True) == []
    fast.deduct_credit(team, 100, member="mia")
    fast.set_member_cap(team, "mia", "day", 110)
    assert used(fast, team, "mia") == {"total": 105, "day": 105}


def test_removing_a_cap_that_is_not_there_is_recorded(fast: Credits, team: str) -> None:
    fast.set_member_cap(team, "mia", "day", None)
    assert fast.entries(team)[-1].request == {"period": "day", "cap": None}
    assert fast.list_member_usage(team) == []


def test_a_spend_that_is_repeated_counts_once_and_is_not_refused(
    fast: Credits, team: str, clock: Clock
) -> None:
    fast.set_member_cap(team, "mia", "hour", 8)
    small = fast.deduct_credit(team, 2, member="mia", idempotency_key="s")
    first = fast.deduct_credit(team, 3, member="mia", idempotency_key="k")
    for cap, later in ((5, 0 * DAY), (5, DAY), (0, DAY)):
        with replayed(fast, small) as answers:
            answers.append(fast.deduct_credit(team, 2, member="mia", idempotency_key="s"))
        with replayed(fast, first) as answers:
            answers.append(fast.deduct_credit(team, 3, member="mia", idempotency_key="k"))
        fast.set_member_cap(team, "mia", "hour", cap)
        clock.set(NOW + later)
    with refused(fast, IdempotencyConflict):
        fast.deduct_credit(team, 3, member="max", idempotency_key="k")


def test_a_refused_spend_may_succeed_under_its_key_later(
    fast: Credits, team: str, clock: Clock
) -> None:
    fast.set_member_cap(team, "mia", "hour", 5)
    fast.deduct_credit(team, 4, member="mia")
    with refused(fast, LimitReached):
        fast.deduct_credit(team, 4, member="mia", idempotency_key="k")
    clock.set(NOW + HOUR)
    assert not fast.deduct_credit(team, 4, member="mia", idempotency_key="k").is_replay


class TestReturns:
    """What comes back counts in the period of the spend or hold that it follows up."""

    def test_a_refund_makes_room_in_the_period_of_the_spend(
        self, fast: Credits, team: str, clock: Clock
    ) -> None:
        fast.set_member_cap(team, "mia", "hour", 10)
        fast.set_member_cap(team, "mia", "day", 15)
        spend = fast.deduct_credit(team, 10, member="mia").entry_id
        fast.refund_spend(team, entry_id=spend, amount=4)
        fast.deduct_credit(team, 4, member="mia")
        clock.set(NOW + HOUR)
        fast.deduct_credit(team, 5, member="mia")
        fast.refund_spend(team, entry_id=spend, amount=5)
        assert used(fast, team, "mia") == {"total": 10, "hour": 5, "day": 10}
        clock.set(NOW + DAY)
        fast.deduct_credit(team, 1, member="mia")
        fast.refund_spend(team, entry_id=spend)
        assert used(fast, team, "mia") == {"total": 10, "hour": 1, "day": 1}

    def test_a_release_in_the_next_period_makes_no_room_there(
        self, fast: Credits, team: str, clock: Clock
    ) -> None:
        fast.set_member_cap(team, "mia", "hour", 10)
        hold = fast.hold_credits(team, 10, member="mia", expires_in=2 * HOUR).entry_id
        with refused(fast, LimitReached, used=10):
            fast.deduct_credit(team, 1, member="mia")
        clock.set(NOW + HOUR)
        fast.deduct_credit(team, 9, member="mia")
        fast.release_hold(team, hold)
        with refused(fast, LimitReached, used=9):
            fast.deduct_credit(team, 2, member="mia")
        assert used(fast, team, "mia") == {"total": 9, "hour": 9}

    @pytest.mark.parametrize("final", [True, False])
    def test_a_capture_gives_back_what_it_leaves(
        self, fast: Credits, team: str, *, final: bool
    ) -> None:
        fast.set_member_cap(team, "mia", "hour", 10)
        hold = fast.hold_credits(team, 10, member="mia").entry_id
        fast.capture_hold(team, hold, 3, final=final)
        assert used(fast, team, "mia")["hour"] == (3 if final else 10)
        if not final:
            fast.release_hold(team, hold)
        fast.deduct_credit(team, 7, member="mia")

    def test_a_hold_past_its_deadline_is_in_nobodys_way(
        self, fast: Credits, team: str, clock: Clock
    ) -> None:
        fast.set_member_cap(team, "mia", "day", 10)
        fast.hold_credits(team, 10, member="mia", expires_in=HOUR)
        clock.set(NOW + HOUR)
        fast.deduct_credit(team, 10, member="mia")
        assert used(fast, team, "mia")["day"] == 10

    @pytest.mark.parametrize("sweeps", [True, False])
    def test_overdue_holds_make_room_in_their_own_period(
        self, fast: Credits, team: str, clock: Clock, *, sweeps: bool
    ) -> None:
        for period in ("hour", "day"):
            fast.set_member_cap(team, "mia", period, 20)
        for member in ("mia", "mia", "noa", None):
            fast.hold_credits(team, 4, member=member, expires_in=1.5 * HOUR)
        clock.set(NOW + HOUR)
        fast.deduct_credit(team, 5, member="mia")
        assert used(fast, team, "mia") == {"total": 13, "hour": 5, "day": 13}
        clock.set(NOW + 1.5 * HOUR)
        if sweeps:
            assert fast.expire_due().holds == 4
        else:
            fast.grant_credits(team, 1)
        assert used(fast, team, "mia") == {"total": 5, "hour": 5, "day": 5}

    def test_closing_releases_what_is_held(self, fast: Credits, team: str) -> None:
        fast.set_member_cap(team, "mia", "day", 10)
        fast.hold_credits(team, 10, member="mia")
        fast.close_account(team, "left", if_credits="forfeit")
        assert used(fast, team, "mia") == {"total": 0, "day": 0}


class TestOverCapture:
    """What a capture takes above its hold is used when it is captured."""

    @pytest.fixture
    def hold(self, fast: Credits, team: str, clock: Clock) -> int:
        """Hold 6 of 10 for mia, to be captured in the next hour, when she has used 7 of 10."""
        fast.set_member_cap(team, "mia", "hour", 10)
        hold = fast.hold_credits(team, 6, member="mia", expires_in=DAY).entry_id
        clock.set(NOW + HOUR)
        fast.deduct_credit(team, 7, member="mia")
        return hold

    def test_it_is_refused_above_the_cap(self, fast: Credits, team: str, hold: int) -> None:
        with refused(fast, LimitReached, used=7, required=4, left=3):
            fast.capture_hold(team, hold, 10)
        fast.capture_hold(team, hold, 9)
        assert used(fast, team, "mia") == {"total": 16, "hour": 10}

    def test_partial_captures_what_is_held(self, fast: Credits, team: str, hold: int) -> None:
        assert fast.capture_hold(team, hold, 10, if_short="partial").amount == -6
        assert used(fast, team, "mia") == {"total": 13, "hour": 7}

    def test_what_was_taken_above_comes_back_first(
        self, fast: Credits, team: str, clock: Clock, hold: int
    ) -> None:
        capture = fast.capture_hold(team, hold, 9).entry_id
        for amount, left in ((2, 8), (3, 7), (4, 7)):
            fast.refund_spend(team, entry_id=capture, amount=amount)
            assert used(fast, team, "mia")["hour"] == left
        clock.set(NOW)  # where the rest went
        fast.deduct_credit(team, 10, member="mia")

    def test_every_capture_after_the_hold_is_used_up_is_above_it(
        self, fast: Credits, team: str, hold: int
    ) -> None:
        fast.capture_hold(team, hold, 4, final=False)
        fast.capture_hold(team, hold, 3, final=False)
        second = fast.capture_hold(team, hold, 2, final=False).entry_id
        assert used(fast, team, "mia") == {"total": 16, "hour": 10}
        fast.refund_spend(team, entry_id=second)
        assert used(fast, team, "mia") == {"total": 14, "hour": 8}


def test_replays_of_the_cap_itself(fast: Credits, team: str) -> None:
    asked: dict[str, Any] = {"member": "mia", "period": "day", "cap": 5, "reference": "r"}
    first = fast.set_member_cap(team, **asked, idempotency_key="k")
    with replayed(fast, first) as answers:
        answers.append(fast.set_member_cap(team, **asked, idempotency_key="k"))
    for other in ({"member": "max"}, {"period": "hour"}, {"cap": 6}, {"cap": None}):
        with refused(fast, IdempotencyConflict):
            fast.set_member_cap(team, **(asked | other), idempotency_key="k")


def test_who_may_have_caps(fast: Credits, team: str) -> None:
    with refused(fast, AccountNotFound, account_id="nobody"):
        fast.set_member_cap("nobody", "mia", "day", 5)
    fast.freeze_account(team, "fraud")
    fast.set_member_cap(team, "mia", "day", 5)
    fast.close_account(team, "left", if_credits="forfeit")
    with refused(fast, AccountClosed):
        fast.set_member_cap(team, "mia", "day", 6)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_member", required=True),
        *illegal("p_period", null=None, empty="", year="year", upper="DAY"),
        *illegal("p_cap", negative=-1, above_2_53=LIMIT + 1),
        *ILLEGAL_TAIL,
    ],
)
def test_illegal_arguments(fast: Credits, alice: str, argument: str, value: Any) -> None:
    asked = {"p_account_id": alice, "p_member": "mia", "p_period": "day", "p_cap": 1}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("set_member_cap", **{**asked, argument: value})


def test_the_largest_cap_never_refuses(fast: Credits) -> None:
    fast.grant_credits("u", LIMIT)
    fast.set_member_cap("u", "m" * 255, "lifetime", LIMIT)
    fast.deduct_credit("u", LIMIT - 1, member="m" * 255)
    fast.grant_credits("u", LIMIT - 1)
    with refused(fast, LimitReached, left=1):
        fast.deduct_credit("u", 2, member="m" * 255)


class TestUsage:
    def test_members_are_listed_by_name_in_pages(self, fast: Credits, team: str) -> None:
        for member in ("zoe", "mia", "Max", "\u00e4nne"):
            fast.deduct_credit(team, 3, member=member)
        fast.set_member_cap(team, "mia", "day", 5)
        fast.set_member_cap(team, "new", "month", 5)
        everybody = ["Max", "mia", "new", "zoe", "\u00e4nne"]
        assert [row.member for row in fast.list_member_usage(team)] == everybody
        page = fast.list_member_usage(team, limit=2, after="Max")
        assert [(row.member, row.used) for row in page] == [("mia", 3), ("new", 0)]
        capped = fast.list_member_usage(team, capped_only=True)
        assert [row.member for row in capped] == ["mia", "new"]
        assert fast.list_member_usage(team, member="zoe", capped_only=True) == []
        assert fast.list_member_usage("nobody") == []

    def test_a_row_says_what_is_left_and_until_when(self, fast: Credits, team: str) -> None:
        fast.set_member_cap(team, "mia", "lifetime", 10)
        fast.set_member_cap(team, "mia", "hour", 5)
        fast.deduct_credit(team, 4, member="mia")
        fast.set_member_cap(team, "mia", "hour", 3)
        (row,) = fast.list_member_usage(team, member="mia")
        assert row.used == 4
        assert row.caps == [
            {
                "period": "hour",
                "cap": 3,
                "used": 4,
                "left": 0,
                "starts_at": "2030-01-01T12:00:00+00:00",
                "resets_at": "2030-01-01T13:00:00+00:00",
            },
            {
                "period": "lifetime",
                "cap": 10,
                "used": 4,
                "left": 6,
                "starts_at": None,
                "resets_at": None,
            },
        ]

    def test_reading_writes_nothing_in_a_new_period(
        self, fast: Credits, team: str, clock: Clock
    ) -> None:
        fast.set_member_cap(team, "mia", "hour", 5)
        fast.deduct_credit(team, 4, member="mia")
        clock.set(NOW + DAY)
        with unchanged(fast):
            assert used(fast, team, "mia") == {"total": 4, "hour": 0}

    def test_without_a_cap_usage_is_read_from_the_ledger(self, fast: Credits, team: str) -> None:
        spend = fast.deduct_credit(team, 30, member="mia").entry_id
        fast.refund_spend(team, entry_id=spend, amount=5)
        hold = fast.hold_credits(team, 10, member="mia").entry_id
        capture = fast.capture_hold(team, hold, 14).entry_id
        fast.refund_spend(team, entry_id=capture, amount=6)
        assert used(fast, team, "mia") == {"total": 33}

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            *ILLEGAL_ACCOUNT,
            *illegal_text("p_member"),
            *illegal("p_limit", zero=0, above=1001),
            *illegal_text("p_after"),
        ],
    )
    def test_illegal_arguments(self, fast: Credits, argument: str, value: Any) -> None:
        with refused(fast, InvalidArgument, argument=argument):
            fast.call("list_member_usage", **{"p_account_id": "u", argument: value})
