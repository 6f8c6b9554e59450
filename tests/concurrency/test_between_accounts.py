"""Commands on two accounts at once: what is in flight while credits move finds them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import AccountMerged, CreditsError, InsufficientCredits
from pgcredits.rpc import Receipt, StripeOutcome
from tests.concurrency.deliveries import delivery, purchase, refund
from tests.concurrency.writers import DAY, NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions

pytestmark = pytest.mark.usefixtures("at_noon")

GUESTS = [("ann", "zoe"), ("zoe", "ann")]
"""A guest and the account that takes it over, so that either is the first one to be locked."""


def give(giver: str, receiver: str, amount: int, key: str = "k") -> Callable[[Credits], Receipt]:
    return lambda one: one.transfer_credits(giver, receiver, amount, idempotency_key=key)


def merge(guest: str, into: str) -> Callable[[Credits], Receipt]:
    return lambda one: one.merge_accounts(guest, into)


def refund_job(account: str) -> Callable[[Credits], Receipt]:
    return lambda one: one.refund_spend(account, spend_key="job")


def stock(credits: Credits, account: str) -> None:
    """A pack of 100, paid with 1000, of which 60 are spent."""
    credits.add_purchased_credits(
        account, 100, reference=f"pack-{account}", amount_paid=1000, currency="usd"
    )
    credits.deduct_credit(account, 60, idempotency_key="job")


class TestTransfers:
    @pytest.mark.parametrize("held", ["ann", "zoe"])
    def test_two_that_cross_pass_one_after_the_other(
        self, credits: Credits, sessions: Sessions, held: str
    ) -> None:
        for account in ("ann", "zoe"):
            credits.grant_credits(account, 10)
        with sessions.first.conn.transaction():
            sessions.first.grant_credits(held, 1)
            calls = [
                sessions.start(sessions.open(), call)
                for call in (give("ann", "zoe", 10), give("zoe", "ann", 10))
            ]
            sessions.until_waiting(*calls)
        assert [call.result().amount for call in calls] == [-10, -10]
        assert credits.balance("ann") + credits.balance("zoe") == 21

    def test_many_that_cross_lose_nothing(self, credits: Credits, sessions: Sessions) -> None:
        names = ("ann", "bob", "zoe")
        for account in names:
            credits.grant_credits(account, 20)
        pairs = [(one, other) for one in names for other in names if one != other] * 4

        def attempt(number: int) -> Callable[[Credits], bool]:
            def run(one: Credits) -> bool:
                try:
                    give(*pairs[number], 9, f"k{number}")(one)
                except InsufficientCredits:
                    return False
                return True

            return run

        with sessions.first.conn.transaction():
            sessions.first.grant_credits("ann", 1)
            sessions.first.grant_credits("bob", 1)
            calls = [
                sessions.start(sessions.open(), attempt(number)) for number in range(len(pairs))
            ]
            sessions.until_waiting(*calls)
        passed = [call.result() for call in calls]
        assert any(passed)
        assert sum(credits.balance(account) for account in names) == 62
        booked = [amount for name in names for kind, amount in credits.booked(name)[1:]]
        assert sum(amount for amount in booked if amount < 0) == -9 * sum(passed)

    def test_the_same_one_twice_passes_once(self, credits: Credits, sessions: Sessions) -> None:
        credits.grant_credits("ann", 10)
        race = sessions.race(give("ann", "zoe", 5), give("ann", "zoe", 5))
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert race.second.is_replay
        assert (credits.balance("ann"), credits.balance("zoe")) == (5, 5)

    @pytest.mark.parametrize(("giver", "receiver"), GUESTS)
    def test_both_sides_are_at_one_instant(
        self, credits: Credits, sessions: Sessions, clock: Clock, giver: str, receiver: str
    ) -> None:
        """The clock goes past the expiry after the first row is locked, before the second is."""
        credits.grant_credits(giver, 5, expires_at=NOON + DAY)
        credits.open_account(receiver)
        with sessions.first.conn.transaction():
            sessions.first.grant_credits("zoe", 1)
            call = sessions.start(sessions.second, give(giver, receiver, 5))
            sessions.until_waiting(call)
            clock.set(NOON + DAY)
        assert isinstance(call.future.exception(30), InsufficientCredits)
        assert credits.get_balance(receiver).available == (1 if receiver == "zoe" else 0)

    def test_two_openings_of_one_receiver(self, credits: Credits, sessions: Sessions) -> None:
        credits.grant_credits("ann", 10)
        credits.grant_credits("zoe", 10)
        race = sessions.race(give("ann", "new", 5), give("zoe", "new", 5))
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert credits.balance("new") == 10

    def test_what_was_given_away_cannot_be_spent(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        credits.grant_credits("ann", 10)
        race = sessions.race(give("ann", "zoe", 6), lambda one: one.deduct_credit("ann", 6))
        assert race.waited
        assert isinstance(race.second, InsufficientCredits)
        race = sessions.race(lambda one: one.deduct_credit("ann", 4), give("ann", "zoe", 1, "k2"))
        assert isinstance(race.second, InsufficientCredits)

    def test_what_arrives_can_be_spent(self, credits: Credits, sessions: Sessions) -> None:
        credits.grant_credits("zoe", 10)
        credits.open_account("ann")
        race = sessions.race(give("zoe", "ann", 6), lambda one: one.deduct_credit("ann", 6))
        assert race.waited
        assert isinstance(race.second, Receipt)


@pytest.mark.parametrize(("guest", "into"), GUESTS, ids=["guest_first", "guest_last"])
class TestMerges:
    def test_a_refund_that_was_on_its_way_finds_the_lot(
        self, credits: Credits, sessions: Sessions, guest: str, into: str
    ) -> None:
        stock(credits, guest)
        race = sessions.race(merge(guest, into), refund_job(guest))
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert (race.second.account_id, race.second.amount) == (guest, 60)
        assert credits.remaining(into) == [("purchased", 100)]

    def test_a_refund_that_came_first_moves_along(
        self, credits: Credits, sessions: Sessions, guest: str, into: str
    ) -> None:
        stock(credits, guest)
        race = sessions.race(refund_job(guest), merge(guest, into))
        assert race.waited
        assert credits.remaining(into) == [("purchased", 100)]
        assert credits.booked(into) == [("merge", 0), ("merge", 0), ("merge", 100)]

    def test_a_refund_while_the_heir_is_merged_itself(
        self, credits: Credits, sessions: Sessions, guest: str, into: str
    ) -> None:
        stock(credits, guest)
        credits.merge_accounts(guest, into)
        race = sessions.race(merge(into, "max"), refund_job(guest))
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert (credits.balance(guest), credits.balance(into)) == (0, 0)
        assert credits.remaining("max") == [("purchased", 100)]

    def test_two_refunds_on_their_way_and_spends_of_both(
        self, credits: Credits, sessions: Sessions, guest: str, into: str
    ) -> None:
        stock(credits, guest)
        stock(credits, into)
        with sessions.first.conn.transaction():
            sessions.first.merge_accounts(guest, into)
            calls = [
                sessions.start(sessions.open(), call)
                for call in (
                    refund_job(guest),
                    lambda one: one.refund_spend(guest, spend_key="job", amount=10),
                    lambda one: one.deduct_credit(into, 5),
                    refund_job(into),
                )
            ]
            sessions.until_waiting(*calls)
        errors = [call.future.exception(30) for call in calls]
        # Of the two refunds of one job the second one finds less to give back than it wants.
        assert [type(error).__name__ for error in errors if error] in (
            [],
            ["RefundExceedsSpend"],
        )
        assert credits.balance(into) == 40 + 40 + 60 + 60 - 5

    def test_money_that_goes_back_meanwhile(
        self, credits: Credits, sessions: Sessions, guest: str, into: str
    ) -> None:
        stock(credits, guest)
        race = sessions.race(
            merge(guest, into),
            lambda one: one.clawback_credits(guest, f"pack-{guest}", amount_returned=500),
        )
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert (race.second.account_id, race.second.balance, race.second.debt) == (into, -10, 10)

    def test_a_refund_at_stripe_meanwhile(
        self, credits: Credits, sessions: Sessions, guest: str, into: str
    ) -> None:
        delivery(purchase(guest))(credits)
        race = sessions.race(merge(guest, into), delivery(refund(400)))
        assert race.waited
        assert isinstance(race.second, StripeOutcome)
        assert (race.second.outcome, race.second.account_id) == ("applied", into)
        assert credits.balance(into) == 60

    def test_a_purchase_at_stripe_meanwhile(
        self, credits: Credits, sessions: Sessions, guest: str, into: str
    ) -> None:
        """The guest has begun a checkout, signs up, and pays."""
        credits.open_account(guest)
        race = sessions.race(merge(guest, into), delivery(purchase(guest)))
        assert race.waited
        assert isinstance(race.second, StripeOutcome)
        assert (race.second.outcome, race.second.account_id) == ("applied", into)
        again = purchase(guest) | {"id": "evt_again"}
        assert delivery(again)(credits).outcome == "applied"
        assert credits.balance(into) == 100

    def test_a_merge_that_waits_takes_the_purchase_along(
        self, credits: Credits, sessions: Sessions, guest: str, into: str
    ) -> None:
        credits.open_account(guest)
        race = sessions.race(delivery(purchase(guest)), merge(guest, into))
        assert race.waited
        assert delivery(refund(1000))(credits).account_id == into
        assert credits.balance(into) == 0


def test_any_other_call_is_told_where_to_go(credits: Credits, sessions: Sessions) -> None:
    stock(credits, "zoe")
    race = sessions.race(merge("zoe", "ann"), lambda one: one.deduct_credit("zoe", 1))
    assert race.waited
    assert isinstance(race.second, AccountMerged)
    assert race.second.values == {"account_id": "zoe", "merged_into": "ann"}
    race = sessions.race(lambda one: one.deduct_credit("ann", 1), merge("zoe", "ann"))
    assert isinstance(race.second, AccountMerged)


@pytest.mark.parametrize("second", ["there", "back", "elsewhere"])
def test_of_two_merges_one_passes(credits: Credits, sessions: Sessions, second: str) -> None:
    stock(credits, "zoe")
    stock(credits, "ann")
    other = {"there": ("zoe", "ann"), "back": ("ann", "zoe"), "elsewhere": ("zoe", "max")}
    race = sessions.race(merge("zoe", "ann"), merge(*other[second]))
    assert race.waited
    assert isinstance(race.second, AccountMerged)
    assert race.second.values == {"account_id": "zoe", "merged_into": "ann"}
    assert credits.balance("ann") == 80


def test_a_transfer_that_crosses_a_merge(credits: Credits, sessions: Sessions) -> None:
    for account in ("zoe", "ann"):
        credits.grant_credits(account, 10)
    race = sessions.race(give("ann", "zoe", 5), merge("zoe", "ann"))
    assert race.waited
    assert credits.balance("ann") == 20
    race_2 = sessions.race(lambda one: one.grant_credits("ann", 1), give("ann", "zoe", 5, "late"))
    assert isinstance(race_2.second, CreditsError)
    assert race_2.second.code == "account_merged"


def test_a_late_refund_locks_in_the_order_of_all_others(
    credits: Credits, sessions: Sessions
) -> None:
    """Somebody has ann and wants zoe, who went on as ann: the refund waits for ann first."""
    stock(credits, "zoe")
    credits.merge_accounts("zoe", "ann")
    with sessions.first.conn.transaction():
        sessions.first.grant_credits("ann", 1)
        call = sessions.start(sessions.second, refund_job("zoe"))
        sessions.until_waiting(call)
        with pytest.raises(AccountMerged), sessions.first.conn.transaction():
            sessions.first.deduct_credit("zoe", 1)
    assert call.result().amount == 60
    assert credits.balance("ann") == 101
