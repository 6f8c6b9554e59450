"""verify names what is wrong between the holds of an account and its ledger."""

# ruff: noqa: S608 -- the table names are constants of this module

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.support import HOUR, NOW
from tests.functions.test_verify import LEDGER, damage

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("fast", "now")

HOLDS = "credits_private.holds"


@pytest.fixture
def u(fast: Credits, clock: Clock) -> str:
    """Open an account with holds of every kind, and a second one that nobody damages."""
    for account in ("u", "v"):
        clock.set(NOW)
        fast.grant_credits(account, 50, expires_at=NOW + 24 * HOUR)
        fast.grant_credits(account, 50)
        expired, released, captured, still_open = (
            fast.hold_credits(account, amount, expires_in=hours * HOUR).entry_id
            for amount, hours in ((10, 1), (15, 3), (30, 3), (40, 5))
        )
        assert (expired, released, captured, still_open) == (3, 4, 5, 6)
        clock.set(NOW + 2 * HOUR)
        fast.release_hold(account, released)
        fast.capture_hold(account, captured, 20)
        fast.capture_hold(account, still_open, 5, final=False)
        fast.extend_hold(account, still_open, expires_in=4 * HOUR)
    return "u"


def test_sound_holds_have_no_findings(fast: Credits, u: str) -> None:
    statuses = {hold.hold_id: hold.status for hold in fast.list_holds(u, open_only=False)}
    assert statuses == {3: "expired", 4: "released", 5: "captured", 6: "open"}
    assert fast.verify() == []


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("statement", "violation", "hold_id"),
    [
        (
            f"delete from {HOLDS} where account_id = 'u' and hold_id = 4",
            "hold and ledger do not know each other",
            4,
        ),
        (
            f"insert into {HOLDS} values ('u', 1, 5, 0, 'open', '2030-01-02')",
            "hold and ledger do not know each other",
            1,
        ),
        (
            f"update {HOLDS} set amount = 41 where account_id = 'u' and hold_id = 6",
            "amount of the hold is not what the ledger says",
            6,
        ),
        (
            f"update {HOLDS} set captured = 6 where account_id = 'u' and hold_id = 6",
            "captured of the hold is not what the ledger says",
            6,
        ),
        (
            f"update {HOLDS} set status = 'open' where account_id = 'u' and hold_id = 4",
            "what the hold gave up is not what the ledger says",
            4,
        ),
        (
            f"update {HOLDS} set status = 'released' where account_id = 'u' and hold_id = 6",
            "what the hold gave up is not what the ledger says",
            6,
        ),
        (
            f"update {LEDGER} set allocations = '[[2, 15]]'"
            " where account_id = 'u' and kind = 'release' and about_entry_id = 4",
            "hold gave a lot more than it took from it",
            4,
        ),
        (
            f"update {HOLDS} set expires_at = '2030-01-01' where account_id = 'u' and hold_id = 6",
            "next event is later than the deadline of a hold",
            6,
        ),
    ],
)
def test_damage_is_found(
    fast: Credits, u: str, statement: str, violation: str, hold_id: int
) -> None:
    damage(fast, statement)
    found = {(finding.violation, finding.entry_id) for finding in fast.verify("u")}
    assert (violation, hold_id) in found
    assert fast.verify("v") == []


@pytest.mark.corrupts
def test_holds_without_an_account_are_found(fast: Credits, u: str) -> None:
    damage(fast, f"insert into {HOLDS} values ('w', 1, 5, 0, 'open', '2030-01-02')")
    assert [(finding.account_id, finding.violation) for finding in fast.verify()] == [
        ("w", "holds of an unknown account")
    ]
