"""Two sessions on one account, in both orders, with the figures that the rules give."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import InDebt, InsufficientCredits, RefundExceedsSpend
from pgcredits.rpc import Receipt
from tests.concurrency.writers import DAY, NOON

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions


@pytest.fixture
def stocked(credits: Credits, clock: Clock) -> Credits:
    """One pack of 100, paid with 1000, on a stopped clock."""
    clock.set(NOON)
    credits.add_purchased_credits("ann", 100, reference="pack", amount_paid=1000, currency="usd")
    return credits


def test_of_two_spends_of_60_from_100_exactly_one_passes(
    stocked: Credits, sessions: Sessions
) -> None:
    race = sessions.race(
        lambda one: one.deduct_credit("ann", 60), lambda one: one.deduct_credit("ann", 60)
    )
    assert race.waited
    assert isinstance(race.first, Receipt)
    assert isinstance(race.second, InsufficientCredits)
    assert race.second.values == {"required": 60, "available": 40}
    assert stocked.booked("ann") == [("grant", 100), ("spend", -60)]


def test_two_spends_that_fit_follow_each_other(stocked: Credits, sessions: Sessions) -> None:
    race = sessions.race(
        lambda one: one.deduct_credit("ann", 60), lambda one: one.deduct_credit("ann", 40)
    )
    assert isinstance(race.first, Receipt)
    assert isinstance(race.second, Receipt)
    assert (race.first.balance, race.second.balance) == (40, 0)


def test_three_of_ten_sessions_that_fit_pass(stocked: Credits, sessions: Sessions) -> None:
    with sessions.first.conn.transaction():
        sessions.first.deduct_credit("ann", 10)
        calls = [
            sessions.start(sessions.open(), lambda one: one.deduct_credit("ann", 30))
            for _ in range(10)
        ]
        sessions.until_waiting(*calls)
    errors = [call.future.exception(30) for call in calls]
    assert errors.count(None) == 3
    assert {type(error) for error in errors if error} == {InsufficientCredits}
    assert stocked.balance("ann") == 0


class TestSpendAndGrant:
    @pytest.mark.usefixtures("stocked")
    def test_a_spend_that_waits_for_a_grant_gets_its_credits(self, sessions: Sessions) -> None:
        race = sessions.race(
            lambda one: one.grant_credits("ann", 50), lambda one: one.deduct_credit("ann", 150)
        )
        assert isinstance(race.second, Receipt)
        assert race.second.allocations == [[2, -50], [1, -100]]
        assert race.second.balance == 0

    def test_a_grant_that_waits_for_a_spend_leaves_it_alone(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(
            lambda one: one.deduct_credit("ann", 70), lambda one: one.grant_credits("ann", 50)
        )
        assert isinstance(race.second, Receipt)
        assert race.second.balance == 80
        assert stocked.remaining("ann") == [("promotional", 50), ("purchased", 30)]

    def test_a_spend_that_waits_sees_the_better_lot(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(
            lambda one: one.grant_credits("ann", 50), lambda one: one.deduct_credit("ann", 20)
        )
        assert race.waited
        assert stocked.remaining("ann") == [("promotional", 30), ("purchased", 100)]


class TestSpendAndExpiry:
    def test_a_spend_that_waits_across_the_expiry_is_refused(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        stocked.grant_credits("bob", 100, expires_at=NOON + DAY)
        race = sessions.race(
            lambda one: one.deduct_credit("bob", 10),
            lambda one: one.deduct_credit("bob", 10),
            meanwhile=lambda: clock.set(NOON + DAY),
        )
        assert race.waited
        assert isinstance(race.first, Receipt)
        assert isinstance(race.second, InsufficientCredits)
        assert race.second.values["available"] == 0

    def test_one_microsecond_earlier_it_passes(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        stocked.grant_credits("bob", 100, expires_at=NOON + DAY)
        race = sessions.race(
            lambda one: one.deduct_credit("bob", 10),
            lambda one: one.deduct_credit("bob", 10),
            meanwhile=lambda: clock.set(NOON + DAY - timedelta(microseconds=1)),
        )
        assert isinstance(race.second, Receipt)
        assert race.second.balance == 80

    def test_a_spend_that_waits_across_the_expiry_takes_the_next_lot(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        stocked.grant_credits("ann", 100, expires_at=NOON + DAY)
        race = sessions.race(
            lambda one: one.deduct_credit("ann", 10),
            lambda one: one.deduct_credit("ann", 10),
            meanwhile=lambda: clock.set(NOON + DAY),
        )
        assert isinstance(race.second, Receipt)
        assert race.second.allocations == [[1, -10]]
        expiry = stocked.entries("ann")[-2]
        assert (expiry.kind, expiry.amount, expiry.occurred_at) == ("expire", -90, NOON + DAY)

    def test_a_spend_that_waits_for_a_rolled_back_one_is_judged_when_it_has_the_lock(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        stocked.grant_credits("bob", 100, expires_at=NOON + DAY)
        race = sessions.race(
            lambda one: one.deduct_credit("bob", 10),
            lambda one: one.deduct_credit("bob", 10),
            rollback=True,
            meanwhile=lambda: clock.set(NOON + DAY),
        )
        assert isinstance(race.second, InsufficientCredits)

    def test_a_spend_takes_nothing_from_a_subscription_that_ended_while_it_waited(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.add_subscription_credits("ann", 60, NOON + 30 * DAY, reference="june")
        race = sessions.race(
            lambda one: one.expire_subscription_credits("ann"),
            lambda one: one.deduct_credit("ann", 30),
        )
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert race.second.allocations == [[1, -30]]

    def test_the_end_of_a_subscription_loses_only_what_a_spend_left(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.add_subscription_credits("ann", 60, NOON + 30 * DAY, reference="june")
        race = sessions.race(
            lambda one: one.deduct_credit("ann", 50),
            lambda one: one.expire_subscription_credits("ann"),
        )
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert race.second.amount == -10
        assert stocked.balance("ann") == 100


class TestSpendAndSweep:
    def test_a_spend_waits_for_the_sweep_and_takes_the_next_lot(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        stocked.grant_credits("ann", 40, expires_at=NOON + DAY)
        clock.set(NOON + DAY)
        race = sessions.race(
            lambda one: one.expire_due(), lambda one: one.deduct_credit("ann", 100)
        )
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert race.second.allocations == [[1, -100]]
        assert [kind for kind, _ in stocked.booked("ann")] == ["grant", "grant", "expire", "spend"]

    def test_the_sweep_skips_the_account_of_a_running_spend(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        for account in ("ann", "bob", "cid"):
            stocked.grant_credits(account, 40, expires_at=NOON + DAY)
        clock.set(NOON + DAY)
        with sessions.first.conn.transaction():
            sessions.first.grant_credits("bob", 1)
            # In autocommit and in this thread: if it waited, the test would never end.
            swept = sessions.second.expire_due()
            assert (swept.accounts, swept.lots, swept.credits) == (2, 2, 80)
            # To sweep again at once would be in vain.
            assert (swept.skipped, swept.has_more) == (1, False)
        swept = sessions.second.expire_due()
        assert (swept.accounts, swept.skipped, swept.has_more) == (0, 0, False)
        assert stocked.balance("bob") == 1

    def test_a_locked_account_with_much_to_do_does_not_hold_the_sweep_up(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        for account, holds in (("ann", 12), ("bob", 1)):
            stocked.grant_credits(account, 20)
            for _ in range(holds):
                stocked.hold_credits(account, 1)
        clock.set(NOON + DAY)
        with sessions.first.conn.transaction():
            sessions.first.grant_credits("ann", 1)
            swept = sessions.second.expire_due(1)
        assert (swept.accounts, swept.holds, swept.skipped) == (1, 1, 1)
        assert stocked.get_balance("bob").held == 0

    def test_two_sweeps_share_the_work(
        self, stocked: Credits, sessions: Sessions, clock: Clock
    ) -> None:
        for account in ("bob", "cid", "dan"):
            stocked.grant_credits(account, 40, expires_at=NOON + DAY)
        clock.set(NOON + DAY)
        with sessions.first.conn.transaction():
            first = sessions.first.expire_due(2)
            second = sessions.second.expire_due()
        assert (first.accounts, second.accounts) == (2, 1)
        assert first.credits + second.credits == 120
        assert not stocked.expire_due().has_more


class TestSpendAndClawback:
    def test_a_spend_that_waits_for_a_clawback_is_refused(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(
            lambda one: one.clawback_credits("ann", "pack", target=50),
            lambda one: one.deduct_credit("ann", 60),
        )
        assert isinstance(race.second, InsufficientCredits)
        assert race.second.values["available"] == 50
        assert stocked.debt("ann") == 0

    @pytest.mark.usefixtures("stocked")
    def test_a_clawback_that_waits_for_a_spend_leaves_debt(self, sessions: Sessions) -> None:
        race = sessions.race(
            lambda one: one.deduct_credit("ann", 60),
            lambda one: one.clawback_credits("ann", "pack"),
        )
        assert isinstance(race.second, Receipt)
        assert race.second.allocations == [[1, -40], [0, -60]]
        assert (race.second.balance, race.second.debt) == (-60, 60)

    def test_a_spend_that_waits_for_the_clawback_of_spent_credits_is_in_debt(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.deduct_credit("ann", 10)
        race = sessions.race(
            lambda one: one.clawback_credits("ann", "pack"),
            lambda one: one.deduct_credit("ann", 1),
        )
        assert isinstance(race.second, InDebt)
        assert race.second.values == {"required": 1, "available": 0, "debt": 10}


class TestRefunds:
    def test_a_spend_that_waits_for_a_refund_may_spend_it(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.deduct_credit("ann", 100, idempotency_key="job")
        race = sessions.race(
            lambda one: one.refund_spend("ann", spend_key="job", amount=60),
            lambda one: one.deduct_credit("ann", 60),
        )
        assert isinstance(race.second, Receipt)
        assert race.second.balance == 0

    def test_a_refund_that_waits_for_a_spend_gives_back_its_own_credits(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.deduct_credit("ann", 60, idempotency_key="job")
        race = sessions.race(
            lambda one: one.deduct_credit("ann", 40),
            lambda one: one.refund_spend("ann", spend_key="job"),
        )
        assert isinstance(race.second, Receipt)
        assert (race.second.amount, race.second.balance) == (60, 60)

    def test_two_refunds_together_give_back_at_most_the_spend(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.deduct_credit("ann", 100, idempotency_key="job")
        race = sessions.race(
            lambda one: one.refund_spend("ann", spend_key="job", amount=60),
            lambda one: one.refund_spend("ann", spend_key="job", amount=60),
        )
        assert isinstance(race.first, Receipt)
        assert isinstance(race.second, RefundExceedsSpend)
        assert race.second.values["refundable"] == 40
        assert stocked.balance("ann") == 60

    def test_a_refund_of_the_rest_that_waits_gives_back_what_is_left(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.deduct_credit("ann", 100, idempotency_key="job")
        race = sessions.race(
            lambda one: one.refund_spend("ann", spend_key="job", amount=60),
            lambda one: one.refund_spend("ann", spend_key="job"),
        )
        assert isinstance(race.second, Receipt)
        assert race.second.amount == 40

    @pytest.mark.usefixtures("stocked")
    def test_a_refund_that_waits_for_the_spend_of_its_key_finds_it(
        self, sessions: Sessions
    ) -> None:
        race = sessions.race(
            lambda one: one.deduct_credit("ann", 60, idempotency_key="job"),
            lambda one: one.refund_spend("ann", spend_key="job"),
        )
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert race.second.balance == 100


class TestClawbacks:
    def test_two_clawbacks_of_everything_take_it_once(
        self, stocked: Credits, sessions: Sessions
    ) -> None:
        stocked.deduct_credit("ann", 30)
        race = sessions.race(
            lambda one: one.clawback_credits("ann", "pack"),
            lambda one: one.clawback_credits("ann", "pack"),
        )
        assert isinstance(race.first, Receipt)
        assert isinstance(race.second, Receipt)
        assert (race.first.amount, race.second.amount) == (-100, 0)
        assert stocked.debt("ann") == 30

    @pytest.mark.parametrize("shares", [(250, 600), (600, 250)])
    def test_the_later_of_two_shares_decides(
        self, stocked: Credits, sessions: Sessions, shares: tuple[int, int]
    ) -> None:
        first, second = shares
        race = sessions.race(
            lambda one: one.clawback_credits("ann", "pack", amount_returned=first),
            lambda one: one.clawback_credits("ann", "pack", amount_returned=second),
        )
        assert race.waited
        assert stocked.balance("ann") == 100 - second // 10


class TestGrantsThatHappenOnce:
    def test_one_period_is_granted_once(self, stocked: Credits, sessions: Sessions) -> None:
        def renew(one: Credits) -> Receipt:
            return one.renew_subscription(
                "ann", "plan", 500, period_start=NOON, period_end=NOON + 30 * DAY
            )

        race = sessions.race(renew, renew)
        assert isinstance(race.first, Receipt)
        assert isinstance(race.second, Receipt)
        assert (race.first.is_replay, race.second.is_replay) == (False, True)
        assert race.first.entry_id == race.second.entry_id
        assert stocked.balance("ann") == 600

    def test_two_periods_carry_over_once(self, stocked: Credits, sessions: Sessions) -> None:
        def renew(month: int, one: Credits) -> Receipt:
            return one.renew_subscription(
                "ann",
                "plan",
                100,
                period_start=NOON + 30 * month * DAY,
                period_end=NOON + 30 * (month + 1) * DAY,
                rollover_cap=30,
            )

        renew(-1, stocked)
        sessions.race(lambda one: renew(0, one), lambda one: renew(0, one))
        assert stocked.pools("ann")["subscription"] == 130
        assert stocked.booked("ann").count(("rollover", 0)) == 1
