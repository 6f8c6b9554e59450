"""Somebody with the owner's rights changes rows: what verify finds, where, and what it cannot see.

The ledger of the account that is tampered with:

=====  ========  ======  =======  =================  =============================================
entry  kind      amount  balance  open lot: left     allocations
=====  ========  ======  =======  =================  =============================================
1      open           0        0
2      grant        100      100  2: 100             [[2, 100]], by payment 2
3      spend        -10       90  2: 90              from the open lot
4      grant         30      120  4: 30              [[4, 30]], a gift for a day
5      spend        -40       80  2: 80              [[4, -30], [2, -10]]
6      refund         5       85  2: 85              [[2, 5]], of entry 5
7      clawback     -40       45  2: 45              [[2, -40]], of payment 2
8      spend         -1       44  2: 44              from the open lot
9      spend         -2       42  2: 42              from the open lot
10     spend         -3       39  2: 39              from the open lot
=====  ========  ======  =======  =================  =============================================
"""

# ruff: noqa: S608 - relations and values are constants of this module.

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.support import DAY, NOW

if TYPE_CHECKING:
    from tests.client import Credits

pytestmark = [pytest.mark.usefixtures("now"), pytest.mark.corrupts]

LEDGER = "credits_private.ledger"
LOTS = "credits_private.lots"
PAYMENTS = "credits_private.payments"
REFS = "credits_private.payment_refs"

CHAIN = "balance does not follow from the entry before"
SUM = "amount is not the sum of the allocations"
GAP = "entry number has a gap"
FAST = "only a spend from the open lot goes without allocations"
LEFT = "what is left of the lot is not what the ledger says"
CLAWED = "what is clawed of the lot is not what the ledger says"
UNKNOWN = "lot and ledger do not know each other"
BALANCE = "balance is not lots less debt"
BOUGHT = "granted of the payment is not that of its lots"
TAKEN = "clawed of the payment is not that of its lots"
DEMANDED = "less is taken back than was demanded"


@dataclass(frozen=True, slots=True)
class At:
    """Where a finding points: an entry (a payment has the number of its entry), a lot, or both."""

    entry: int | None = None
    lot: int | None = None


@pytest.fixture
def story(fast: Credits) -> Credits:
    """Account u as the table above has it, and account v with the same history."""
    for account in ("u", "v"):
        fast.open_account(account)
        fast.add_purchased_credits(
            account, 100, reference=f"p-{account}", amount_paid=1000, currency="eur"
        )
        fast.deduct_credit(account, 10)
        fast.grant_credits(account, 30, expires_at=NOW + DAY)
        fast.deduct_credit(account, 40, idempotency_key="job")
        fast.refund_spend(account, spend_key="job", amount=5)
        fast.clawback_credits(account, f"p-{account}", target=40)
        for amount in (1, 2, 3):
            fast.deduct_credit(account, amount)
    assert fast.booked("u") == [
        ("open", 0),
        ("grant", 100),
        ("spend", -10),
        ("grant", 30),
        ("spend", -40),
        ("refund", 5),
        ("clawback", -40),
        ("spend", -1),
        ("spend", -2),
        ("spend", -3),
    ]
    assert fast.verify() == []
    return fast


def entry(number: int, **changes: Any) -> str:
    """Change columns of an entry; a value is SQL."""
    return _update(LEDGER, f"entry_id = {number}", changes)


def entries_from(number: int, **changes: Any) -> str:
    return _update(LEDGER, f"entry_id >= {number}", changes)


def lot(number: int, **changes: Any) -> str:
    return _update(LOTS, f"lot_id = {number}", changes)


def payment(**changes: Any) -> str:
    return _update(PAYMENTS, "payment_id = 2", changes)


def _update(relation: str, where: str, changes: dict[str, Any]) -> str:
    sets = ", ".join(f"{column} = {value}" for column, value in changes.items())
    return f"update {relation} set {sets} where account_id = 'u' and {where}"


def cut(where: str, relation: str = LEDGER) -> str:
    return f"delete from {relation} where account_id = 'u' and {where}"


def swap(one: int, other: int) -> list[str]:
    """Exchange the numbers of two entries, each a command of its own."""
    there = f"{one + other} + entry_id"
    return [
        _update(LEDGER, f"entry_id in ({one}, {other})", {"entry_id": "-entry_id"}),
        _update(LEDGER, "entry_id < 0", {"entry_id": there, "command_id": there}),
    ]


def forge(relation: str, like: str, **changes: Any) -> str:
    """Insert a copy of a row of the account, with changes."""
    return (
        f"insert into {relation} select (jsonb_populate_record(r, '{json.dumps(changes)}')).*"
        f" from {relation} r where r.account_id = 'u' and {like}"
    )


def tamper(credits: Credits, statements: list[str]) -> None:
    """Change rows as a superuser can: no trigger, and no constraint but keys."""
    for relation, constraint in credits.conn.execute(
        "select c.conrelid::regclass::text, c.conname from pg_constraint c"
        " where c.connamespace = 'credits_private'::regnamespace and c.contype = 'c'"
    ).fetchall():
        credits.conn.execute(f"alter table {relation} drop constraint {constraint}".encode())
    credits.conn.execute("set local session_replication_role = replica")
    for statement in statements:
        assert credits.conn.execute(statement.encode()).rowcount >= 1, statement


FOUND: dict[str, tuple[list[str], dict[str, list[At]]]] = {
    # A changed amount.
    "amount of a spend from the open lot": (
        [entry(3, amount=-2)],
        {CHAIN: [At(3)], FAST: [At(3)], LEFT: [At(lot=2)]},
    ),
    "amount of a spend over two lots": ([entry(5, amount=-39)], {SUM: [At(5)], CHAIN: [At(5)]}),
    "amount of a grant": ([entry(4, amount=300)], {SUM: [At(4)], CHAIN: [At(4)]}),
    "amount of a refund": (
        [entry(6, amount=50)],
        {SUM: [At(6)], CHAIN: [At(6)], "refunds exceed the spend": [At(5)]},
    ),
    "amount of a clawback": ([entry(7, amount=-4)], {SUM: [At(7)], CHAIN: [At(7)]}),
    "amount and every balance after it": (
        [entry(3, amount=-3), entries_from(3, balance="balance + 7")],
        {FAST: [At(3)], LEFT: [At(lot=2)], BALANCE: [At(10)]},
    ),
    "balance of the newest entry": ([entry(10, balance=44)], {CHAIN: [At(10)], BALANCE: [At(10)]}),
    "what the newest entry has left in the open lot": (
        [entry(10, open_lot_remaining=44)],
        {FAST: [At(10)], LEFT: [At(lot=2)], BALANCE: [At(10)]},
    ),
    "split of a spend": (
        [entry(5, allocations="'[[4, -20], [2, -20]]'")],
        {LEFT: [At(lot=2), At(lot=4)]},
    ),
    # A deleted entry.
    "the first entry": (
        [cut("entry_id = 1")],
        {GAP: [At(2)], "entry that opened the account is not there": [At(1)]},
    ),
    "the grant": (
        [cut("entry_id = 2")],
        {GAP: [At(3)], CHAIN: [At(3)], FAST: [At(3)], UNKNOWN: [At(lot=2)]},
    ),
    "a spend from the open lot": (
        [cut("entry_id = 9")],
        {GAP: [At(10)], CHAIN: [At(10)], FAST: [At(10)], LEFT: [At(lot=2)]},
    ),
    "a spend over two lots": (
        [cut("entry_id = 5")],
        {GAP: [At(6)], CHAIN: [At(6)], LEFT: [At(lot=2), At(lot=4)]},
    ),
    "two entries in the middle": (
        [cut("entry_id in (4, 8)")],
        {
            GAP: [At(5), At(9)],
            CHAIN: [At(5), At(9)],
            FAST: [At(9)],
            LEFT: [At(lot=2), At(lot=4)],
            UNKNOWN: [At(lot=4)],
        },
    ),
    "an entry, and the later ones renumbered": (
        [cut("entry_id = 9"), entry(10, entry_id=9, command_id=9)],
        {CHAIN: [At(9)], FAST: [At(9)], LEFT: [At(lot=2)]},
    ),
    # A swapped pair.
    "two spends from the open lot": (
        swap(8, 9),
        {CHAIN: [At(8), At(9), At(10)], FAST: [At(8), At(9), At(10)]},
    ),
    "amounts of two spends": (
        [entry(8, amount=-2), entry(9, amount=-1)],
        {CHAIN: [At(8), At(9)], FAST: [At(8), At(9)]},
    ),
    "a spend and its refund": (swap(5, 6), {CHAIN: [At(5), At(6), At(7)]}),
    "a refund and a clawback": (swap(6, 7), {CHAIN: [At(6), At(7), At(8)], FAST: [At(8)]}),
    # A cut-off tail that had more than spends from the open lot.
    "everything": (
        [cut("true")],
        {
            "account has no entries": [At()],
            "entry that opened the account is not there": [At(1)],
            UNKNOWN: [At(lot=2), At(lot=4)],
        },
    ),
    "a tail with both grants": ([cut("entry_id > 1")], {UNKNOWN: [At(lot=2), At(lot=4)]}),
    "a tail with a grant": (
        [cut("entry_id > 3")],
        {UNKNOWN: [At(lot=4)], CLAWED: [At(lot=2), At(lot=4)]},
    ),
    "a tail with a spend over two lots": (
        [cut("entry_id > 4")],
        {
            LEFT: [At(lot=2)],
            BALANCE: [At(4)],
            CLAWED: [At(lot=2)],
            "lot with credits is closed": [At(lot=4)],
        },
    ),
    "a tail with a clawback": ([cut("entry_id > 6")], {CLAWED: [At(lot=2)]}),
    # A changed lot.
    "credits put into a lot that is used up": (
        [lot(4, remaining=5)],
        {LEFT: [At(lot=4)], BALANCE: [At(10)], "lot with credits is closed": [At(lot=4)]},
    ),
    "credits put into the row of the open lot": (
        [lot(2, remaining=5)],
        {"open lot has credits in its row": [At(lot=2)], LEFT: [At(lot=2)], BALANCE: [At(10)]},
    ),
    "a larger grant": (
        [lot(2, granted=1000)],
        {"granted is not what the ledger says": [At(lot=2)], BOUGHT: [At(2)]},
    ),
    "less lost to expiry": (
        [lot(4, expired=1)],
        {"what the lot lost to expiry is not what the ledger says": [At(lot=4)]},
    ),
    "less taken back": ([lot(2, clawed=0)], {CLAWED: [At(lot=2)], TAKEN: [At(2)]}),
    "bought by nobody": ([lot(2, payment_id="null")], {BOUGHT: [At(2)], TAKEN: [At(2)]}),
    "an expiry that is earlier": (
        [lot(2, expires_at="'2030-01-02'")],
        {"next event is later than the earliest expiry": [At(10)]},
    ),
    "a lot that is gone": (
        [cut("lot_id = 2", LOTS)],
        {
            UNKNOWN: [At(lot=2)],
            "open lot is unknown": [At(10)],
            BALANCE: [At(10)],
            BOUGHT: [At(2)],
        },
    ),
    "a lot from nowhere": (
        [forge(LOTS, "lot_id = 4", lot_id=11, remaining=30, is_open=True)],
        {UNKNOWN: [At(lot=11)], BALANCE: [At(10)]},
    ),
    # A forged payment.
    "a payment that bought nothing": (
        [
            forge(
                PAYMENTS,
                "payment_id = 2",
                payment_id=8,
                object_id="x",
                target=0,
                clawed=0,
                demanded=0,
            )
        ],
        {BOUGHT: [At(8)], "payment has no name": [At(8)]},
    ),
    "a payment with its name and a lot": (
        [
            forge(
                PAYMENTS,
                "payment_id = 2",
                payment_id=11,
                object_id="x",
                target=0,
                clawed=0,
                demanded=0,
            ),
            forge(REFS, "payment_id = 2", payment_id=11, object_id="x"),
            forge(LOTS, "lot_id = 2", lot_id=11, payment_id=11, remaining=100, clawed=0),
        ],
        {UNKNOWN: [At(lot=11)], BALANCE: [At(10)]},
    ),
    "a payment that granted more": ([payment(granted=1000)], {BOUGHT: [At(2)]}),
    "a payment of which less was taken back": (
        [payment(target=0, clawed=0)],
        {TAKEN: [At(2)], DEMANDED: [At(2)]},
    ),
    "a payment of which more was demanded": ([payment(demanded=41)], {DEMANDED: [At(2)]}),
    "a payment with another name": ([payment(object_id="'x'")], {"payment has no name": [At(2)]}),
    "a payment that is gone": (
        [cut("true", PAYMENTS)],
        {BOUGHT: [At(2)], "name of an unknown payment": [At(2)]},
    ),
    "a grant from nowhere": (
        [
            forge(
                LEDGER,
                "entry_id = 10",
                entry_id=11,
                command_id=11,
                kind="grant",
                amount=50,
                balance=89,
                allocations=[[11, 50]],
            )
        ],
        {UNKNOWN: [At(lot=11)], BALANCE: [At(11)]},
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_it_is_found_and_named(story: Credits, name: str) -> None:
    """Every violation that is listed, in exactly these places; and no other place is accused."""
    statements, expected = FOUND[name]
    tamper(story, statements)
    found = story.verify("u")
    for violation, places in expected.items():
        named = {At(f.entry_id, f.lot_id) for f in found if f.violation == violation}
        assert named == set(places), violation
    accused = {At(f.entry_id, f.lot_id) for f in found}
    assert accused <= {place for places in expected.values() for place in places}
    assert {f.account_id for f in story.verify()} == {"u"}


UNSEEN: dict[str, list[str]] = {
    "a tail of nothing but spends from the open lot that are not sealed yet": [cut("entry_id > 7")],
    "history rewritten with all that follows from it": [
        entry(9, amount=-1),
        entries_from(9, balance="balance + 1", open_lot_remaining="open_lot_remaining + 1"),
    ],
    "a later expiry": [lot(2, expires_at="'2040-01-01'"), lot(4, expires_at="'2040-01-01'")],
    "another pool, priority and cost": [
        lot(2, pool="'promotional'", priority=5, cost_amount=1, cost_currency="'usd'")
    ],
    "money of a payment": [payment(amount_paid=1, amount_returned=1, currency="'usd'")],
    "what was forgiven": [payment(target=50, written_off=10)],
    "whatever no figure depends on": [
        entry(5, feature="'x'", reference="'y'", idempotency_key="'z'", actor="'nobody'"),
        "update credits_private.accounts set status = 'frozen', kind = 'guest', plan = 'gold'"
        " where account_id = 'u'",
    ],
    "a whole account": [
        f"delete from {relation} where account_id = 'u'"
        for relation in (LEDGER, LOTS, PAYMENTS, REFS, "credits_private.accounts")
    ],
}


@pytest.mark.parametrize("name", UNSEEN)
def test_it_cannot_be_seen_in_the_rows(story: Credits, name: str) -> None:
    """The limits that docs/howto/verify.md states, as long as nothing is sealed."""
    tamper(story, UNSEEN[name])
    assert story.verify() == []
