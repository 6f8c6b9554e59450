"""The first command on an account, and one payment that arrives twice: nothing to lock yet."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import IdempotencyConflict, InsufficientCredits, InvalidState, TrialUsed
from pgcredits.rpc import Receipt
from tests.concurrency.sessions import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client import Credits
    from tests.concurrency.sessions import Sessions


def test_two_grants_open_an_account_once_and_both_land(
    credits: Credits, sessions: Sessions
) -> None:
    race = sessions.race(
        lambda one: one.grant_credits("ann", 10), lambda one: one.grant_credits("ann", 5)
    )
    assert race.waited
    assert isinstance(race.second, Receipt)
    assert (race.second.entry_id, race.second.balance) == (2, 15)


def test_the_waiting_grant_opens_the_account_when_the_first_rolls_back(
    credits: Credits, sessions: Sessions
) -> None:
    race = sessions.race(
        lambda one: one.grant_credits("ann", 10),
        lambda one: one.grant_credits("ann", 5),
        rollback=True,
    )
    assert race.waited
    assert isinstance(race.second, Receipt)
    assert (race.second.entry_id, race.second.balance) == (1, 5)


def test_twenty_first_grants_all_land(credits: Credits, sessions: Sessions) -> None:
    with sessions.first.conn.transaction():
        sessions.first.grant_credits("ann", 1)
        calls = [
            sessions.start(sessions.open(), lambda one: one.grant_credits("ann", 1))
            for _ in range(20)
        ]
        sessions.until_waiting(*calls)
    assert sorted(call.result().balance for call in calls) == list(range(2, 22))


def test_a_spend_does_not_see_an_account_that_is_being_opened(
    credits: Credits, sessions: Sessions
) -> None:
    race = sessions.race(
        lambda one: one.grant_credits("ann", 10), lambda one: one.deduct_credit("ann", 1)
    )
    assert not race.waited
    assert isinstance(race.second, InsufficientCredits)
    assert race.second.values == {"required": 1, "available": 0}


def test_nothing_is_decided_about_an_account_that_was_not_there_to_lock(
    credits: Credits, sessions: Sessions
) -> None:
    """The account is committed between the look for its row and the look at its ledger."""
    barrier = sessions.open()
    # A session that has made the call before reads nothing but what the call itself reads.
    ask(lambda one: one.hold_credits("bob", 5), sessions.second)
    with sessions.first.conn.transaction():
        sessions.first.grant_credits("ann", 10)
        locking = sessions.start(
            barrier, lambda one: one.conn.execute("begin; lock table credits_private.ledger")
        )
        sessions.until_waiting(locking)
        hold = sessions.start(sessions.second, partial(ask, lambda one: one.hold_credits("ann", 5)))
        sessions.settle(hold)
    locking.result()
    barrier.conn.execute("rollback")
    assert isinstance(hold.result(), InsufficientCredits)


def test_two_sessions_open_an_account_once(credits: Credits, sessions: Sessions) -> None:
    race = sessions.race(lambda one: one.open_account("ann"), lambda one: one.open_account("ann"))
    assert race.waited
    assert isinstance(race.first, Receipt)
    assert isinstance(race.second, Receipt)
    assert (race.first.is_replay, race.second.is_replay) == (False, True)
    assert race.first.entry_id == race.second.entry_id == 1


def test_an_account_is_not_opened_as_two_kinds(credits: Credits, sessions: Sessions) -> None:
    race = sessions.race(
        lambda one: one.open_account("ann", kind="guest"),
        lambda one: one.open_account("ann", kind="organisation"),
    )
    assert isinstance(race.second, InvalidState)
    assert race.second.values["kind"] == "guest"
    assert credits.booked("ann") == [("open", 0)]


def _buy(account: str, amount: int = 100) -> Callable[[Credits], Receipt]:
    return lambda one: one.add_purchased_credits(account, amount, reference="pay-1")


class TestOnePaymentTwice:
    def test_for_the_same_account_it_grants_once(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(_buy("ann"), _buy("ann"))
        assert race.waited
        assert isinstance(race.first, Receipt)
        assert isinstance(race.second, Receipt)
        assert (race.first.is_replay, race.second.is_replay) == (False, True)
        assert race.second.entry_id == race.first.entry_id
        assert credits.balance("ann") == 100

    def test_with_another_amount_it_is_a_conflict(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(_buy("ann"), _buy("ann", 200))
        assert isinstance(race.second, IdempotencyConflict)
        assert credits.booked("ann") == [("grant", 100)]

    def test_for_two_accounts_it_grants_to_the_first(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(_buy("zoe"), _buy("ann"))
        assert race.waited
        assert isinstance(race.second, IdempotencyConflict)
        assert credits.balance("zoe") == 100
        assert credits.entries("ann") == []
        assert credits.get_balance("ann").status is None

    def test_for_two_accounts_it_grants_to_the_second_when_the_first_rolls_back(
        self, credits: Credits, sessions: Sessions
    ) -> None:
        race = sessions.race(_buy("zoe"), _buy("ann"), rollback=True)
        assert race.waited
        assert isinstance(race.second, Receipt)
        assert credits.balance("ann") == 100
        assert credits.get_balance("zoe").status is None

    def test_for_ten_accounts_it_grants_to_one(self, credits: Credits, sessions: Sessions) -> None:
        accounts = [f"account-{number}" for number in range(10)]
        with sessions.first.conn.transaction(force_rollback=True):
            _buy("somebody")(sessions.first)
            calls = [sessions.start(sessions.open(), _buy(account)) for account in accounts]
            sessions.until_waiting(*calls)
        errors = [call.future.exception(30) for call in calls]
        assert errors.count(None) == 1
        assert {type(error) for error in errors if error} == {IdempotencyConflict}
        assert sum(credits.balance(account) for account in accounts) == 100


@pytest.mark.parametrize("rollback", [False, True], ids=["kept", "rolled_back"])
def test_of_two_trials_under_one_key_exactly_one_starts(
    credits: Credits, sessions: Sessions, rollback: bool
) -> None:
    """The same card on two accounts at once: no account is locked by both."""
    end = datetime(2100, 1, 1, tzinfo=UTC)
    race = sessions.race(
        lambda one: one.start_trial("ann", "pro", 10, trial_end=end, trial_key="card"),
        lambda one: one.start_trial("bob", "pro", 10, trial_end=end, trial_key="card"),
        rollback=rollback,
    )
    assert race.waited
    assert isinstance(race.second, Receipt if rollback else TrialUsed)
    assert credits.balance("ann") + credits.balance("bob") == 10
