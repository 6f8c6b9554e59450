"""Every pair of commands on one account, in both orders and in every situation.

The second session waits for the first one's lock. What comes out is what the two commands do one
after the other; when the first is rolled back, what the second does alone.
"""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import CreditsError
from tests.concurrency.writers import WRITERS, On, Seen, Stage

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock
    from tests.concurrency.sessions import Sessions

# The pairs of a situation are shared by so many tests, which can run side by side.
_PARTS = 5

Differences = dict[tuple[str, str], tuple[Seen, list[Seen]]]


# These work on what Stripe has sent, and are raced by test_stripe_events and test_stripe_families.
OF_STRIPE = {"claim_payment", "link_customer", "link_payment"}


def test_every_command_on_an_account_is_among_them(credits: Credits) -> None:
    functions = {
        name
        for (name,) in credits.conn.execute(
            "select p.proname from pg_proc p"
            " where p.pronamespace = 'credits'::regnamespace and p.provolatile = 'v'"
            "   and p.proargnames[1] = 'p_account_id'"
        ).fetchall()
    }
    called = {name for writer in WRITERS.values() for name in writer.__code__.co_names}
    assert functions - called - OF_STRIPE == set()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(_PARTS))
@pytest.mark.parametrize("situation", ["unknown", "overdue", "indebted"])
def test_two_commands_at_once_are_two_commands_in_a_row(
    credits: Credits, clock: Clock, sessions: Sessions, situation: str, part: int
) -> None:
    stage = Stage(credits, clock)
    differences: Differences = {}
    for first, second in islice(product(WRITERS, WRITERS), part, None, _PARTS):
        account = stage.account(situation)
        race = sessions.race(On(first, account), On(second, account))
        got = stage.seen(account, race.first, race.second)
        expected = [stage.serially(situation, first, second)]
        if situation == "unknown":
            # Nobody waits for an account that cannot be seen yet; then the second came first. Who
            # gives waits for the receiver all the same.
            if not race.waited or second == "give":
                expected += [stage.serially(situation, second, first).swapped()]
        elif not isinstance(race.first, CreditsError):
            assert race.waited, f"{second} did not wait for {first}"
        if got not in expected:
            differences[first, second] = (got, expected)
    assert not differences


@pytest.mark.parametrize("first", ["spend", "grant", "renew", "claw"])
def test_after_a_rollback_it_is_as_if_the_first_had_never_been(
    credits: Credits, clock: Clock, sessions: Sessions, first: str
) -> None:
    stage = Stage(credits, clock)
    differences: Differences = {}
    for situation, second in product(["unknown", "overdue"], WRITERS):
        account = stage.account(situation)
        race = sessions.race(On(first, account), On(second, account), rollback=True)
        assert race.waited or situation == "unknown", f"{second} did not wait for {first}"
        got, expected = stage.seen(account, race.second), stage.serially(situation, second)
        if got != expected:
            differences[situation, second] = (got, [expected])
    assert not differences
