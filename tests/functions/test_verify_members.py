"""verify names what is wrong between the ledger of an account and the caps of its members."""

# ruff: noqa: S608 -- the table names are constants of this module

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.support import DAY, HOUR, NOW
from tests.functions.test_verify import LEDGER, damage

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("fast", "now")

CAPS = "credits_private.member_caps"
COUNTERS = "credits_private.usage_counters"
MIA = "account_id = 'u' and member = 'mia'"


@pytest.fixture
def u(fast: Credits, clock: Clock) -> str:
    """Open an account whose member mia has two caps, and a second one that nobody damages."""
    for account in ("u", "v"):
        clock.set(NOW)
        fast.grant_credits(account, 100)
        fast.set_member_cap(account, "mia", "hour", 30)
        fast.set_member_cap(account, "mia", "day", 50)
        fast.set_member_cap(account, "mia", "week", 5)
        fast.set_member_cap(account, "mia", "week", None)
        fast.deduct_credit(account, 20, member="mia", idempotency_key="job")
        hold = fast.hold_credits(account, 10, member="mia", expires_in=2 * HOUR).entry_id
        clock.set(NOW + HOUR)
        fast.refund_spend(account, spend_key="job", amount=5)
        fast.capture_hold(account, hold, 12)
        fast.deduct_credit(account, 1, member="max")
    return "u"


def test_sound_counters_have_no_findings(fast: Credits, u: str, clock: Clock) -> None:
    rows = {row.member: row for row in fast.list_member_usage(u)}
    assert [(cap["period"], cap["used"]) for cap in rows["mia"].caps] == [("hour", 2), ("day", 27)]
    assert (rows["mia"].used, rows["max"].used) == (27, 1)
    clock.set(NOW + 9 * DAY)
    assert fast.verify() == []


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("statement", "violation", "actual"),
    [
        (
            f"update {COUNTERS} set used = used - 1 where {MIA} and period = 'day'",
            "counter is not what the ledger says",
            "mia day 2030-01-01 00:00:00+00 26",
        ),
        (
            f"update {COUNTERS} set used = 0 where {MIA} and period = 'lifetime'",
            "counter is not what the ledger says",
            "mia lifetime -infinity 0",
        ),
        (
            f"update {COUNTERS} set starts_at = '2030-01-01 12:00:01+00' where {MIA}"
            " and period = 'day'",
            "counter is not what the ledger says",
            "mia day 2030-01-01 12:00:01+00 27",
        ),
        (
            f"delete from {COUNTERS} where {MIA} and period = 'lifetime'",
            "cap is not counted",
            "no counter of its newest period",
        ),
        (
            f"delete from {COUNTERS} where {MIA} and period = 'hour'"
            " and starts_at = '2030-01-01 13:00+00'",
            "cap is not counted",
            "no counter of its newest period",
        ),
        (
            f"insert into {COUNTERS} values ('u', 'max', '', 'day', '2030-01-01', '2030-01-02', 1)",
            "counter belongs to no cap",
            "max day 2030-01-01 00:00:00+00",
        ),
        (
            f"update {CAPS} set cap = 31 where {MIA} and period = 'hour'",
            "cap is not what the ledger says",
            "mia hour 31",
        ),
        (
            f"delete from {CAPS} where {MIA} and period = 'hour'",
            "cap is not what the ledger says",
            "mia hour",
        ),
        (
            f"insert into {CAPS} values ('u', 'mia', 'week', 5)",
            "cap is not what the ledger says",
            "mia week 5",
        ),
        (
            f"insert into {CAPS} values ('u', 'max', 'week', 5)",
            "cap is not what the ledger says",
            "max week 5",
        ),
        (
            f"update {LEDGER} set member = 'max' where account_id = 'u' and kind = 'spend'"
            " and member = 'mia'",
            "member is not that of the entry that is followed up",
            "mia",
        ),
        (
            f"update {LEDGER} set member = null where account_id = 'u' and kind = 'refund'",
            "member is not that of the entry that is followed up",
            "nobody",
        ),
        (
            f"update {LEDGER} set member = 'mia' where account_id = 'u' and member = 'max'",
            "counter is not what the ledger says",
            "mia day 2030-01-01 00:00:00+00 27",
        ),
    ],
)
def test_damage_is_found(
    fast: Credits, u: str, statement: str, violation: str, actual: str
) -> None:
    fast.conn.execute("set local time zone 'UTC'")
    damage(fast, statement)
    assert (violation, actual) in {(one.violation, one.actual) for one in fast.verify(u)}
    assert fast.verify("v") == []


@pytest.mark.corrupts
def test_rows_without_an_account_are_found(fast: Credits, u: str) -> None:
    damage(fast, f"insert into {CAPS} values ('w', 'mia', 'week', 5)")
    damage(fast, f"update {COUNTERS} set account_id = 'w' where account_id = '{u}'")
    found = {(one.account_id, one.violation) for one in fast.verify()}
    assert {
        ("w", "caps of an unknown account"),
        ("w", "counters of an unknown account"),
        ("u", "cap is not counted"),
    } == found
