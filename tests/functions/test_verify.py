"""verify returns one row for each violated invariant, and none for a sound ledger."""

# ruff: noqa: S608 - the relations are constants of this module.

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from pgcredits.migrate import files
from tests.functions.support import DAY, HOUR, LIMIT, NOW, illegal_text, refused, unchanged

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock


pytestmark = pytest.mark.usefixtures("fast", "now")

LEDGER = "credits_private.ledger"
LOTS = "credits_private.lots"
PAYMENTS = "credits_private.payments"


@pytest.fixture
def u(fast: Credits, clock: Clock) -> str:
    """Open an account with some of everything, and a second one that nobody damages."""
    for account in ("u", "v"):
        clock.set(NOW)
        fast.add_subscription_credits(account, 50, NOW + 30 * DAY, reference="s")
        fast.add_purchased_credits(
            account, 100, reference=f"p-{account}", amount_paid=1000, currency="eur"
        )
        fast.grant_credits(account, 30, expires_at=NOW + DAY)
        fast.deduct_credit(account, 20, idempotency_key="k")
        fast.deduct_credit(account, 40)
        fast.refund_spend(account, spend_key="k", amount=5)
        fast.clawback_credits(account, f"p-{account}", target=40)
        clock.set(NOW + 2 * DAY)
        fast.deduct_credit(account, 1)
        fast.deduct_credit(account, 1)
    return "u"


def damage(credits: Credits, statement: str) -> None:
    """Change rows behind the trigger that guards the ledger."""
    credits.conn.execute("set local session_replication_role = replica")
    done = credits.conn.execute(statement.encode())
    assert done.rowcount >= 1


def test_a_sound_ledger_has_no_findings(fast: Credits, u: str) -> None:
    with unchanged(fast):
        assert fast.verify() == []
        assert fast.verify(u) == []


def test_an_unknown_account_has_no_findings(fast: Credits) -> None:
    assert fast.verify("nobody") == []


@pytest.mark.parametrize(("argument", "value"), illegal_text("p_account_id"))
def test_an_illegal_argument_is_refused_by_name(fast: Credits, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("verify", **{argument: value})


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("statement", "violation"),
    [
        (
            f"update {LEDGER} set amount = amount - 1 where account_id = 'u' and entry_id = 4",
            "balance does not follow from the entry before",
        ),
        (
            f"update {LEDGER} set amount = amount - 1, balance = balance - 1"
            " where account_id = 'u' and entry_id = 5",
            "amount is not the sum of the allocations",
        ),
        (
            f"update {LEDGER} set balance = balance + 1 where account_id = 'u' and entry_id = 6",
            "balance does not follow from the entry before",
        ),
        (
            f"delete from {LEDGER} where account_id = 'u' and entry_id = 5",
            "entry number has a gap",
        ),
        (
            f"delete from {LEDGER} where account_id = 'u' and entry_id > 7",
            "what is left of the lot is not what the ledger says",
        ),
        (
            f"delete from {LEDGER} where account_id = 'u' and entry_id > 8",
            "balance is not lots less debt",
        ),
        (
            f"delete from {LEDGER} where account_id = 'u'",
            "lot and ledger do not know each other",
        ),
        (
            f"update {LEDGER} set allocations = '[[2, -20], [1, -20]]'"
            " where account_id = 'u' and entry_id = 5",
            "what is left of the lot is not what the ledger says",
        ),
        (
            f"update {LEDGER} set debt = 1 where account_id = 'u' and entry_id = 8",
            "debt does not follow from the entry before",
        ),
        (
            f"update {LEDGER} set open_lot_remaining = -1 where account_id = 'u' and entry_id = 8",
            "debt or open lot is negative",
        ),
        (
            f"update {LEDGER} set created_at = created_at - interval '1 day'"
            " where account_id = 'u' and entry_id = 9",
            "date runs backwards",
        ),
        (
            f"update {LEDGER} set occurred_at = created_at + interval '1 day'"
            " where account_id = 'u' and entry_id = 9",
            "date of effect lies after the booking",
        ),
        (
            f"update {LEDGER} set command_id = 1 where account_id = 'u' and entry_id = 6",
            "command is neither new nor that of the entry before",
        ),
        (
            f"update {LEDGER} set about_entry_id = 1 where account_id = 'u' and entry_id = 6",
            "refund is not about a spend or capture",
        ),
        (
            f"update {LOTS} set remaining = remaining - 1 where account_id = 'u' and remaining > 0",
            "balance is not lots less debt",
        ),
        (
            f"update {LOTS} set granted = granted + 1 where account_id = 'u' and lot_id = 1",
            "granted is not what the ledger says",
        ),
        (
            f"delete from {LOTS} where account_id = 'u' and lot_id = 1",
            "lot and ledger do not know each other",
        ),
        (
            f"update {LOTS} set expired = expired - 1 where account_id = 'u' and expired > 0",
            "what the lot lost to expiry is not what the ledger says",
        ),
        (
            f"update {LEDGER} set next_event_at = 'infinity', open_lot_id = 2"
            " where account_id = 'u'",
            "open lot has credits in its row",
        ),
        (
            f"update {LOTS} set priority = 5 where account_id = 'u' and lot_id = 2;"
            f" update {LOTS} set remaining = 1 where account_id = 'u' and lot_id = 2",
            "open lot is not the first in burn order",
        ),
        (
            f"update {PAYMENTS} set granted = 101 where account_id = 'u'",
            "granted of the payment is not that of its lots",
        ),
        (
            f"update {PAYMENTS} set clawed = 39, written_off = 1 where account_id = 'u'",
            "clawed of the payment is not that of its lots",
        ),
        (
            f"update {PAYMENTS} set owed = 1, target = target + 1 where account_id = 'u'",
            "debt is not what the payments owe",
        ),
        (
            "delete from credits_private.payment_refs where account_id = 'u'",
            "payment has no name",
        ),
    ],
)
def test_damage_is_found(fast: Credits, u: str, statement: str, violation: str) -> None:
    damage(fast, statement)
    found = fast.verify()
    assert violation in {finding.violation for finding in found}
    assert {finding.account_id for finding in found} == {"u"}
    assert [finding for finding in fast.verify("u") if finding.violation == violation]
    assert fast.verify("v") == []


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("statement", "violation"),
    [
        (
            f"update {LEDGER} set kind = 'grant' where account_id = 'u' and entry_id = 4",
            "kind does not move credits this way",
        ),
        (
            f"update {LEDGER} set about_entry_id = 4 where account_id = 'u' and entry_id = 5",
            "entry ought to be about another one, or not",
        ),
        (
            f"update {LEDGER} set amount = 21 where account_id = 'u' and entry_id = 6",
            "refunds exceed the spend",
        ),
        (
            f"update {LEDGER} set allocations = null where account_id = 'u' and entry_id = 7",
            "only a spend from the open lot goes without allocations",
        ),
        (
            f"update {LEDGER} set command_id = 5, idempotency_key = 'z'"
            " where account_id = 'u' and entry_id = 6",
            "only the first entry of a command carries its key",
        ),
        (
            f"update {LEDGER} set open_lot_id = 99 where account_id = 'u' and entry_id = 10",
            "open lot is unknown",
        ),
        (
            f"update {LEDGER} set debt = 1 where account_id = 'u' and entry_id = 10",
            "debt while a lot is open",
        ),
        (
            f"update {LEDGER} set debt = 1 where account_id = 'u' and entry_id = 10",
            "debt while a paying pool holds credits",
        ),
        (
            f"update {LOTS} set remaining = 101 where account_id = 'u' and lot_id = 2",
            "lot holds more than it granted",
        ),
        (
            f"update {LOTS} set granted = {LIMIT} + 1, remaining = {LIMIT} + 1"
            " where account_id = 'u' and lot_id = 2",
            "account holds more than the limit",
        ),
        (
            f"update {LOTS} set is_open = true where account_id = 'u' and lot_id = 3",
            "lot is open and empty",
        ),
        (
            f"update {LOTS} set is_open = false where account_id = 'u' and lot_id = 2",
            "lot with credits is closed",
        ),
        (
            f"update {LOTS} set clawed = clawed + 1 where account_id = 'u' and lot_id = 2",
            "what is clawed of the lot is not what the ledger says",
        ),
        (
            f"update {PAYMENTS} set covered = 1, clawed = 39 where account_id = 'u'",
            "covered exceeds what expired",
        ),
        (
            f"update {PAYMENTS} set debt_paid = 1 where account_id = 'u'",
            "debt paid by its lots is not what the ledger says",
        ),
        (
            f"update {PAYMENTS} set settled = 1, clawed = 39 where account_id = 'u'",
            "debt settled is not what the ledger says",
        ),
        (
            f"update {PAYMENTS} set clawed = 39 where account_id = 'u'",
            "parts of the target do not add up",
        ),
        (
            f"update {PAYMENTS} set target = 101, clawed = 101 where account_id = 'u'",
            "target is out of range",
        ),
    ],
)
def test_damage_that_constraints_would_refuse_is_found_too(
    fast: Credits, u: str, statement: str, violation: str
) -> None:
    for relation, constraint in fast.conn.execute(
        "select c.conrelid::regclass::text, c.conname from pg_constraint c"
        " where c.connamespace = 'credits_private'::regnamespace and c.contype = 'c'"
    ).fetchall():
        fast.conn.execute(f"alter table {relation} drop constraint {constraint}".encode())
    damage(fast, statement)
    assert violation in {finding.violation for finding in fast.verify("u")}
    assert fast.verify("v") == []


def test_everything_that_verify_can_find_is_provoked_here() -> None:
    """Each violation of the functions verify_… is named by a test of this folder."""
    modules = Path(__file__).parent.glob("test_verify*.py")
    here = "".join(module.read_text(encoding="utf-8") for module in modules)
    sources = sorted((files.sql_root() / "functions" / "private").glob("verify_*.sql"))
    names = {
        name
        for source in sources
        for name in re.findall(
            r"^\s+(?:select [^']*|\()'([a-z]+(?: [a-z]+)+)'(?:,| as violation)",
            source.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }
    assert len(names) > 30
    assert {name for name in names if f'"{name}"' not in here} == set()


@pytest.mark.corrupts
def test_a_finding_says_where_and_what(fast: Credits, u: str) -> None:
    damage(fast, f"update {LEDGER} set balance = 7 where account_id = 'u' and entry_id = 4")
    finding = fast.verify("u")[0]
    assert (finding.account_id, finding.entry_id, finding.lot_id) == ("u", 4, None)
    assert (finding.expected, finding.actual) == ("160", "7")


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("statement", "violation", "entry"),
    [
        (f"delete from {LEDGER} where account_id = 'u'", "account has no entries", None),
        (
            f"delete from {LEDGER} where account_id = 'u' and entry_id > 1",
            "entry that opened the account is not there",
            2,
        ),
        (
            f"update {LEDGER} set kind = 'rollover' where account_id = 'u' and entry_id = 2",
            "entry that opened the account is not there",
            2,
        ),
    ],
)
def test_an_account_remembers_how_it_began(
    fast: Credits, statement: str, violation: str, entry: int | None
) -> None:
    fast.grant_credits("u", 5)
    fast.open_account("u")
    damage(fast, statement)
    found = {(finding.violation, finding.entry_id) for finding in fast.verify()}
    assert (violation, entry) in found


@pytest.mark.corrupts
def test_a_gap_is_named_once_and_where_it_is(fast: Credits, u: str) -> None:
    damage(fast, f"delete from {LEDGER} where account_id = 'u' and entry_id = 5")
    gaps = [f for f in fast.verify("u") if f.violation == "entry number has a gap"]
    assert [(gap.entry_id, gap.expected, gap.actual) for gap in gaps] == [(6, "5", "6")]


@pytest.mark.corrupts
def test_swapped_entries_are_found(fast: Credits, u: str) -> None:
    damage(
        fast,
        f"update {LEDGER} l set amount = o.amount, allocations = o.allocations from {LEDGER} o"
        " where l.account_id = 'u' and o.account_id = 'u' and l.entry_id in (4, 5)"
        "   and o.entry_id = 9 - l.entry_id",
    )
    assert fast.verify("u")


@pytest.mark.corrupts
def test_a_late_next_event_is_found(fast: Credits) -> None:
    fast.grant_credits("u", 5, expires_at=NOW + DAY)
    damage(fast, f"update {LEDGER} set next_event_at = next_event_at + interval '1 hour'")
    (finding,) = fast.verify("u")
    assert finding.violation == "next event is later than the earliest expiry"
    assert finding.expected != finding.actual


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("relation", "violation"),
    [
        (LEDGER, "ledger of an unknown account"),
        (LOTS, "lots of an unknown account"),
        (PAYMENTS, "payments of an unknown account"),
    ],
)
def test_rows_of_an_account_that_is_gone_are_found(
    fast: Credits, u: str, relation: str, violation: str
) -> None:
    damage(fast, "delete from credits_private.accounts where account_id = 'u'")
    for other in {LEDGER, LOTS, PAYMENTS} - {relation}:
        damage(fast, f"delete from {other} where account_id = 'u'")
    found = fast.verify()
    assert {finding.account_id for finding in found} == {"u"}
    (finding,) = [finding for finding in found if finding.violation == violation]
    assert (finding.expected, finding.actual) == ("an account", "none")


@pytest.mark.corrupts
def test_a_name_without_its_payment_is_found(fast: Credits, u: str) -> None:
    damage(fast, f"delete from {PAYMENTS} where account_id = 'u'")
    assert "name of an unknown payment" in {finding.violation for finding in fast.verify()}


def test_an_overdue_lot_is_no_finding(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 5, expires_at=NOW + HOUR)
    clock.set(NOW + DAY)
    assert fast.verify() == []
