"""simulate_spend says what a spend would do, and what would expire unused afterwards.

That it agrees with the spend in every state is searched for in tests/scenarios/test_history_walk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import CreditsError, InvalidArgument
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    MICROSECOND,
    NOW,
    illegal_amount,
    refused,
    set_setting,
    unchanged,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def as_done(credits: Credits, amount: int) -> tuple[str | None, list[list[int]] | None]:
    """What a spend says: its refusal, or its allocations."""
    try:
        return None, credits.deduct_credit("u", amount).allocations
    except CreditsError as refusal:
        return refusal.code, None


def test_it_is_what_the_spend_then_does(fast: Credits) -> None:
    fast.grant_credits("u", 10, pool="purchased")
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 10)
    spend = fast.simulate_spend("u", 24)
    assert (spend.account_id, spend.amount, spend.as_of) == ("u", 24, NOW)
    assert (spend.refusal, spend.available, spend.short) == (None, 30, 0)
    assert spend.allocations == [[2, -10], [3, -10], [1, -4]]
    assert as_done(fast, 24) == (None, spend.allocations)
    assert fast.simulate_spend("u").allocations == [[1, -1]]
    assert as_done(fast, 1) == (None, [[1, -1]])


def test_what_is_short(fast: Credits) -> None:
    fast.grant_credits("u", 10)
    spend = fast.simulate_spend("u", 12)
    assert (spend.refusal, spend.available, spend.short) == ("insufficient_credits", 10, 2)
    assert spend.allocations == [[1, -10]]
    assert as_done(fast, 12)[0] == spend.refusal


def test_an_unknown_account_has_nothing(fast: Credits) -> None:
    spend = fast.simulate_spend("nobody", 5)
    assert (spend.refusal, spend.available, spend.short) == ("insufficient_credits", 0, 5)
    assert (spend.allocations, spend.expiring, spend.unused, spend.avoidable) == ([], [], 0, 0)


@pytest.mark.parametrize("status", ["frozen", "closed"])
def test_a_status_that_refuses_comes_first(fast: Credits, status: str) -> None:
    fast.grant_credits("u", 10)
    if status == "frozen":
        fast.freeze_account("u", "fraud")
    else:
        fast.close_account("u", "left", if_credits="forfeit")
    for amount in (1, 11):
        assert fast.simulate_spend("u", amount).refusal == f"account_{status}"
        assert as_done(fast, amount)[0] == f"account_{status}"


def test_in_debt_nothing_can_be_taken(fast: Credits) -> None:
    fast.add_purchased_credits("u", 50, reference="p", amount_paid=1, currency="eur")
    fast.deduct_credit("u", 40)
    fast.clawback_credits("u", "p")
    fast.grant_credits("u", 5, expires_at=NOW + DAY)
    spend = fast.simulate_spend("u", 3)
    assert (spend.refusal, spend.available, spend.short) == ("in_debt", 0, 3)
    assert (spend.allocations, spend.unused, spend.avoidable) == ([], 5, 0)
    assert as_done(fast, 3)[0] == "in_debt"


def test_what_has_expired_is_not_there_booked_or_not(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + HOUR)
    fast.grant_credits("u", 5)
    clock.set(NOW + HOUR)
    for _ in range(2):
        assert fast.simulate_spend("u", 6).short == 1
        assert fast.simulate_spend("u", 5).allocations == [[2, -5]]
        fast.expire_due()


def test_scheduled_grants_that_are_due_are_not_foreseen_but_told(
    fast: Credits, clock: Clock
) -> None:
    fast.renew_subscription(
        "u", "pro", 10, period_start=NOW, period_end=NOW + 40 * DAY, grant_every="10 days"
    )
    assert not fast.simulate_spend("u").grants_due
    clock.set(NOW + 10 * DAY - MICROSECOND)
    assert not fast.simulate_spend("u").grants_due
    clock.set(NOW + 10 * DAY)
    spend = fast.simulate_spend("u", 10)
    assert spend.grants_due
    fast.grant_due()
    spend = fast.simulate_spend("u", 10)
    assert (spend.grants_due, spend.refusal) == (False, None)
    assert as_done(fast, 10) == (None, spend.allocations)
    assert fast.simulate_spend("nobody").grants_due is False


class TestOverdueHolds:
    """A spend gives back what is overdue before it decides; so does the simulation."""

    def test_they_come_back_to_their_lots(self, fast: Credits, clock: Clock) -> None:
        fast.grant_credits("u", 10, expires_at=NOW + DAY)
        fast.grant_credits("u", 10)
        fast.hold_credits("u", 14, expires_in=HOUR)
        clock.set(NOW + HOUR)
        assert fast.get_balance("u").available == 6
        spend = fast.simulate_spend("u", 12)
        assert (spend.available, spend.allocations) == (20, [[1, -10], [2, -2]])
        assert as_done(fast, 12) == (None, spend.allocations)

    def test_what_comes_back_to_an_expired_lot_lapses(self, fast: Credits, clock: Clock) -> None:
        fast.grant_credits("u", 10, expires_at=NOW + HOUR)
        fast.grant_credits("u", 10)
        fast.hold_credits("u", 14, expires_in=2 * HOUR)
        clock.set(NOW + DAY)
        spend = fast.simulate_spend("u", 11)
        assert (spend.available, spend.short) == (10, 1)
        assert as_done(fast, 11)[0] == spend.refusal == "insufficient_credits"

    @pytest.mark.parametrize("shortfall", ["debt", "write_off"])
    def test_they_make_good_what_their_payment_lacks(
        self, fast: Credits, clock: Clock, shortfall: str
    ) -> None:
        set_setting(fast, "shortfall", shortfall)
        fast.add_purchased_credits("u", 100, reference="p", amount_paid=1, currency="eur")
        fast.hold_credits("u", 60, expires_in=HOUR)
        fast.clawback_credits("u", "p", target=70)
        fast.grant_credits("u", 5)
        clock.set(NOW + HOUR)
        spend = fast.simulate_spend("u", 35)
        assert (spend.available, spend.allocations) == (35, [[4, -5], [1, -30]])
        assert as_done(fast, 35) == (None, spend.allocations)

    def test_they_settle_debt_of_another_payment(self, fast: Credits, clock: Clock) -> None:
        fast.add_purchased_credits("u", 50, reference="p", amount_paid=1, currency="eur")
        fast.deduct_credit("u", 50)
        fast.add_purchased_credits("u", 100, reference="q", amount_paid=1, currency="eur")
        fast.hold_credits("u", 100, expires_in=HOUR)
        fast.clawback_credits("u", "p")
        assert fast.simulate_spend("u").refusal == "in_debt"
        clock.set(NOW + HOUR)
        spend = fast.simulate_spend("u", 50)
        assert (spend.refusal, spend.available, spend.allocations) == (None, 50, [[3, -50]])
        assert as_done(fast, 50) == (None, spend.allocations)

    def test_a_lot_that_is_not_there_yet_has_no_number(self, fast: Credits, clock: Clock) -> None:
        """Another pack has paid the debt of what the hold gives back too late to its own lot."""
        fast.add_purchased_credits(
            "u", 100, reference="p", amount_paid=1, currency="eur", expires_at=NOW + HOUR
        )
        fast.hold_credits("u", 60, expires_in=2 * HOUR)
        fast.clawback_credits("u", "p")
        fast.add_purchased_credits("u", 100, reference="q", amount_paid=1, currency="eur")
        clock.set(NOW + 2 * HOUR)
        spend = fast.simulate_spend("u", 90)
        assert (spend.available, spend.allocations) == (100, [[None, -60], [4, -30]])
        assert [part["lot_id"] for part in spend.expiring] == []
        done = fast.deduct_credit("u", 90).allocations
        assert done is not None
        assert [taken for _, taken in done] == [-60, -30]


class TestWhatExpires:
    def test_soonest_first_and_only_what_is_left(self, fast: Credits) -> None:
        fast.grant_credits("u", 10, expires_at=NOW + 3 * DAY)
        fast.grant_credits("u", 10, expires_at=NOW + 2 * DAY)
        fast.grant_credits("u", 10)
        spend = fast.simulate_spend("u", 4)
        left = [(part["lot_id"], part["pool"], part["amount"]) for part in spend.expiring]
        assert left == [(2, "promotional", 6), (1, "promotional", 10)]
        assert (spend.unused, spend.avoidable) == (16, 0)

    def test_a_better_priority_makes_an_earlier_expiry_wait(self, fast: Credits) -> None:
        """75 credits end in a month, and wait behind 75 of a better pool that end in two."""
        fast.grant_credits("u", 75, expires_at=NOW + 30 * DAY)
        fast.grant_credits("u", 75, pool="subscription", expires_at=NOW + 60 * DAY)
        for amount, avoidable in [(0, 0), (30, 30), (75, 75), (100, 50), (150, 0)]:
            if amount:
                spend = fast.simulate_spend("u", amount)
                assert (spend.unused, spend.avoidable) == (150 - amount, avoidable)
        assert fast.simulate_spend("u", 75).allocations == [[2, -75]]

    def test_credits_that_never_expire_taken_first_are_avoidable_too(self, fast: Credits) -> None:
        fast.grant_credits("u", 50)
        fast.grant_credits("u", 20, pool="purchased", expires_at=NOW + DAY)
        assert fast.simulate_spend("u", 10).avoidable == 10
        assert fast.simulate_spend("u", 45).avoidable == 20
        assert fast.simulate_spend("u", 70).avoidable == 0

    def test_what_is_lost_at_the_worst_moment_counts_once(self, fast: Credits) -> None:
        """Soonest first would lose 10 later on: at any time 10 more are gone than had to be."""
        for pool, days in [
            ("purchased", 1),
            ("subscription", 2),
            ("purchased", 3),
            ("subscription", 4),
        ]:
            fast.grant_credits("u", 10, pool=pool, expires_at=NOW + days * DAY)
        spend = fast.simulate_spend("u", 20)
        assert (spend.unused, spend.avoidable) == (20, 10)


@pytest.mark.parametrize(("argument", "value"), [*ILLEGAL_ACCOUNT, *illegal_amount()])
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    fast.grant_credits("u", 1)
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("simulate_spend", **{"p_account_id": "u", "p_amount": 1, argument: value})


def test_reading_writes_nothing(fast: Credits, alice: str) -> None:
    with unchanged(fast):
        assert fast.simulate_spend(alice, 3).available == 100
