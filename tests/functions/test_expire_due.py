"""expire_due books breakage that the predicate has decided already, in bounded batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from pgcredits.rpc import Sweep
from tests.functions.support import DAY, HOUR, NOW, illegal, refused, set_status, unchanged

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def test_nothing_due_is_nothing_done(fast: Credits) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    with unchanged(fast):
        assert fast.expire_due() == Sweep(accounts=0, holds=0, lots=0, credits=0, has_more=False)


def test_breakage_is_dated_at_the_expiry(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.deduct_credit("u", 3)
    swept_at = clock.set(NOW + 5 * DAY)
    assert fast.expire_due() == Sweep(accounts=1, holds=0, lots=1, credits=7, has_more=False)
    entry = fast.entries("u")[-1]
    assert (entry.kind, entry.amount, entry.balance) == ("expire", -7, 0)
    assert (entry.occurred_at, entry.created_at) == (NOW + DAY, swept_at)
    assert entry.allocations == [[1, -7]]


def test_each_lot_has_an_entry_and_a_command_of_its_own(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + 2 * DAY)
    fast.grant_credits("u", 20, expires_at=NOW + DAY, pool="purchased")
    fast.grant_credits("u", 40)
    clock.set(NOW + 5 * DAY)
    assert fast.expire_due() == Sweep(accounts=1, holds=0, lots=2, credits=30, has_more=False)
    booked = [(entry.amount, entry.command_id, entry.occurred_at) for entry in fast.entries("u")]
    assert booked[3:] == [(-20, 4, NOW + DAY), (-10, 5, NOW + 2 * DAY)]
    assert fast.balance("u") == 40


def test_a_lot_is_due_at_the_instant_of_its_expiry(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY)
    assert fast.expire_due().credits == 10


def test_sweeping_twice_books_once(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY)
    fast.expire_due()
    with unchanged(fast):
        assert fast.expire_due() == Sweep(accounts=0, holds=0, lots=0, credits=0, has_more=False)


def test_a_used_up_lot_is_closed_without_an_entry(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.deduct_credit("u", 10)
    clock.set(NOW + DAY)
    assert fast.expire_due() == Sweep(accounts=1, holds=0, lots=1, credits=0, has_more=False)
    assert fast.booked("u") == [("grant", 10), ("spend", -10)]
    assert fast.expire_due().accounts == 0


def test_a_batch_is_bounded_and_says_whether_there_is_more(fast: Credits, clock: Clock) -> None:
    for account in ("c", "a", "b"):
        fast.grant_credits(account, 10, expires_at=NOW + DAY)
        fast.grant_credits(account, 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY)
    sweeps = [fast.expire_due(4), fast.expire_due(1), fast.expire_due(4), fast.expire_due(4)]
    assert [sweep.lots for sweep in sweeps] == [4, 1, 1, 0]
    assert [sweep.has_more for sweep in sweeps] == [True, True, False, False]
    assert [sweep.accounts for sweep in sweeps] == [2, 1, 1, 0]
    assert [sweep.credits for sweep in sweeps] == [40, 10, 10, 0]


def test_accounts_that_are_swept_together_are_booked_apart(fast: Credits, clock: Clock) -> None:
    for account in ("c", "a", "b"):
        for amount in (10, 20):
            fast.grant_credits(account, amount, expires_at=NOW + DAY)
        fast.grant_credits(account, 40)
    clock.set(NOW + DAY)
    swept = fast.expire_due()
    assert (swept.accounts, swept.lots, swept.credits) == (3, 6, 90)
    for account in ("a", "b", "c"):
        last = fast.entries(account)[3:]
        assert [(entry.entry_id, entry.amount, entry.balance) for entry in last] == [
            (4, -10, 60),
            (5, -20, 40),
        ]
        assert fast.deduct_credit(account, 40).balance == 0


def test_it_goes_on_while_the_account_is_frozen(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    set_status(fast, "u", "frozen")
    clock.set(NOW + DAY)
    assert fast.expire_due().credits == 10


def test_a_null_limit_is_the_default_one(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY)
    sweep: Sweep = fast.call("expire_due", p_limit=None)
    assert sweep.credits == 10


@pytest.mark.parametrize(
    ("argument", "value"), illegal("p_limit", zero=0, negative=-1, too_many=10001)
)
def test_an_illegal_limit_is_refused(fast: Credits, alice: str, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("expire_due", p_limit=value)


def test_reads_are_the_same_before_and_after(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 20, expires_at=NOW + 2 * DAY)
    fast.add_purchased_credits("u", 40, reference="p")
    for moment in (NOW + DAY - HOUR, NOW + DAY, NOW + 2 * DAY, NOW + 9 * DAY):
        clock.set(moment)
        before = (fast.get_balance("u"), fast.list_lots("u"))
        fast.expire_due()
        assert (fast.get_balance("u"), fast.list_lots("u")) == before
