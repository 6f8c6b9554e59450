"""The setting sealing: entries that are sealed in their own transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.functions.support import DAY, HOUR, NOW, set_setting

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

_TRIGGERS = (
    "select count(*) from pg_trigger t where t.tgname = 'ledger_is_sealed_at_once'"
    " and t.tgenabled = 'O'"
)


def triggers(credits: Credits) -> int:
    row = credits.conn.execute(_TRIGGERS).fetchone()
    assert row is not None
    return int(row[0])


def seal(credits: Credits) -> None:
    while credits.seal_due().has_more:
        pass


def state(credits: Credits, account: str) -> tuple[int, int]:
    """How many entries are sealed, and how many are not."""
    found = credits.get_seal(account)
    return found.entry_id or 0, found.unsealed or 0


def test_it_is_off_at_first(fast: Credits) -> None:
    fast.grant_credits("ann", 5)
    assert triggers(fast) == 0
    assert state(fast, "ann") == (0, 1)


def test_every_entry_is_sealed_at_once(fast: Credits, clock: Clock) -> None:
    set_setting(fast, "sealing", "at_once")
    assert triggers(fast) == 1
    fast.add_purchased_credits("ann", 100, reference="p", amount_paid=5, currency="eur")
    fast.grant_credits("ann", 10, expires_at=NOW + HOUR, metadata={"a": 1})
    fast.deduct_credit("ann", 5)
    fast.deduct_credit("ann", 10)
    hold = fast.hold_credits("ann", 5, expires_in=2 * HOUR)
    clock.set(NOW + HOUR)
    fast.capture_hold("ann", hold.entry_id, 2)
    fast.renew_subscription("ann", "plan", 50, period_start=NOW, period_end=NOW + 30 * DAY)
    clock.set(NOW + 30 * DAY)
    fast.renew_subscription(
        "ann", "plan", 50, period_start=NOW + 30 * DAY, period_end=NOW + 60 * DAY, rollover_cap=10
    )
    sealed, unsealed = state(fast, "ann")
    assert unsealed == 0
    assert sealed == len(fast.entries("ann")) >= 10


def test_the_seals_are_those_of_the_job(fast: Credits) -> None:
    fast.grant_credits("ann", 10, metadata={"a": 1})
    with fast.conn.transaction(force_rollback=True):
        fast.deduct_credit("ann", 1)
        seal(fast)
        by_job = fast.get_seal("ann")
    seal(fast)
    set_setting(fast, "sealing", "at_once")
    fast.deduct_credit("ann", 1)
    assert fast.get_seal("ann") == by_job


def test_it_can_be_turned_off(fast: Credits) -> None:
    set_setting(fast, "sealing", "at_once")
    fast.grant_credits("ann", 5)
    set_setting(fast, "sealing", "by_job")
    assert triggers(fast) == 0
    fast.deduct_credit("ann", 1)
    assert state(fast, "ann") == (1, 1)
    set_setting(fast, "sealing", "by_job")
    seal(fast)
    assert state(fast, "ann") == (2, 0)


def test_a_few_that_were_not_sealed_are_sealed_with_the_next(fast: Credits) -> None:
    fast.grant_credits("ann", 50)
    seal(fast)
    for _ in range(3):
        fast.deduct_credit("ann", 1)
    set_setting(fast, "sealing", "at_once")
    assert state(fast, "ann") == (1, 3)
    fast.deduct_credit("ann", 1)
    assert state(fast, "ann") == (5, 0)


def test_many_are_left_to_the_job(fast: Credits) -> None:
    fast.grant_credits("ann", 5000)
    fast.conn.execute("select credits.deduct_credit('ann') from generate_series(1, 1000)")
    set_setting(fast, "sealing", "at_once")
    fast.deduct_credit("ann", 1)
    assert state(fast, "ann") == (0, 1002)
    seal(fast)
    fast.deduct_credit("ann", 1)
    assert state(fast, "ann") == (1003, 0)


@pytest.mark.corrupts
def test_a_spend_in_place_of_a_sealed_entry_goes_through_and_is_found(fast: Credits) -> None:
    """Evidence must not stand in the way of a customer's spend."""
    set_setting(fast, "sealing", "at_once")
    fast.grant_credits("ann", 50)
    for _ in range(3):
        fast.deduct_credit("ann", 1)
    fast.conn.execute("set local session_replication_role = replica")
    fast.conn.execute("delete from credits_private.ledger where entry_id > 2")
    fast.conn.execute("set local session_replication_role = origin")
    assert fast.deduct_credit("ann", 7).entry_id == 3
    found = {(f.violation, f.entry_id) for f in fast.verify()}
    assert found == {("entry is not what was sealed", 3), ("sealed entry is gone", 4)}


def test_any_other_value_is_refused(fast: Credits) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), fast.conn.transaction():
        set_setting(fast, "sealing", "later")


def test_members_of_the_owner_can_change_it(fast: Credits) -> None:
    with fast.role("credits_owner"):
        set_setting(fast, "sealing", "at_once")
    assert triggers(fast) == 1
    fast.grant_credits("ann", 5)
    assert state(fast, "ann") == (1, 0)
