"""verify names what is wrong between two accounts: transfers, merges, and what is closed.

ann gives 30 to bob, who gives 5 of them to the guest, whom ann takes over:

=====  ================================  ================================  =========================
entry  ann                               bob                               guest
=====  ================================  ================================  =========================
1      grant 100, payment 1 (1000 eur)   transfer 30, of ann's lot 1       grant 40, payment 1
2      transfer -30                      transfer -5                       spend -40
3      merge 0                                                             clawback of 10: debt
4      merge -5, payment 1 of the guest                                    transfer 5, bob's lot 1
5      merge 0, lot 1 of the guest                                         settle 5 of 10
6      merge 0, lot 4 of the guest                                         merge 5
7      settle 5
=====  ================================  ================================  =========================
"""

# ruff: noqa: S608 - relations and values are constants of this module.

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.support import NOW
from tests.functions.test_verify_tampering import tamper

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.corrupts

LEDGER = "credits_private.ledger"
LOTS = "credits_private.lots"

ANSWER = "entry is not answered by that of the other account"
PAIR = "what one account gave is not what the other one got"
LOT = "transferred lot is not what the other account gave"
COST = "cost that left with transfers is not that of their lots"
KIND = "entry ought to name another account, or not"
MOVED = "what went on in another account is not what it was here"


@pytest.fixture
def story(fast: Credits, clock: Clock) -> Credits:
    """The accounts as the table above has them."""
    clock.set(NOW)
    fast.add_purchased_credits("ann", 100, reference="p", amount_paid=1000, currency="eur")
    fast.transfer_credits("ann", "bob", 30, idempotency_key="k")
    fast.add_purchased_credits("guest", 40, reference="g", amount_paid=400, currency="eur")
    fast.deduct_credit("guest", 40, idempotency_key="job")
    fast.clawback_credits("guest", "g", target=10)
    fast.transfer_credits("bob", "guest", 5, idempotency_key="k")
    fast.merge_accounts("guest", "ann")
    booked = {name: fast.booked(name) for name in ("ann", "bob", "guest")}
    assert booked == {
        "ann": [
            ("grant", 100),
            ("transfer", -30),
            ("merge", 0),
            ("merge", -5),
            ("merge", 0),
            ("merge", 0),
            ("settle", 0),
        ],
        "bob": [("transfer", 30), ("transfer", -5)],
        "guest": [
            ("grant", 40),
            ("spend", -40),
            ("clawback", -10),
            ("transfer", 5),
            ("settle", 0),
            ("merge", 5),
        ],
    }
    assert fast.verify() == []
    return fast


def _set(relation: str, account: str, where: str, change: str) -> str:
    return f"update {relation} set {change} where account_id = '{account}' and {where}"


def entry(account: str, number: int, change: str) -> str:
    return _set(LEDGER, account, f"entry_id = {number}", change)


def lot(account: str, number: int, change: str) -> str:
    return _set(LOTS, account, f"lot_id = {number}", change)


def brought(number: int, figure: str, value: int) -> str:
    """Change what an entry of ann says of a lot or payment that the guest has brought."""
    return entry("ann", number, f"request = jsonb_set(request, '{{moved,{figure}}}', '{value}')")


Place = tuple[str, str, int | None, int | None]
"""Account, violation, entry, lot."""

FOUND: dict[str, tuple[list[str], set[Place]]] = {
    "the other account": (
        [entry("ann", 2, "other_account_id = 'guest'")],
        {
            ("ann", ANSWER, 2, None),
            ("ann", PAIR, 2, None),
            ("ann", COST, None, 1),
            ("bob", ANSWER, 1, None),
            ("bob", PAIR, 1, None),
        },
    ),
    "the other entry": (
        [entry("bob", 1, "other_entry_id = 1")],
        {
            ("ann", ANSWER, 2, None),
            ("bob", ANSWER, 1, None),
            ("bob", PAIR, 1, None),
            ("bob", LOT, None, 1),
        },
    ),
    "the other side is gone": (
        [entry("bob", 1, "other_account_id = null, other_entry_id = null")],
        {
            ("bob", KIND, 1, None),
            ("ann", ANSWER, 2, None),
            ("ann", PAIR, 2, None),
            ("ann", COST, None, 1),
        },
    ),
    "a grant that names an account": (
        [entry("guest", 1, "other_account_id = 'bob', other_entry_id = 2")],
        {("guest", KIND, 1, None), ("guest", ANSWER, 1, None), ("guest", PAIR, 1, None)},
    ),
    "more than was given": (
        [
            entry("bob", 1, "amount = 31, balance = 31, allocations = '[[1, 31]]'"),
            entry("bob", 2, "balance = 26, open_lot_remaining = 26"),
            lot("bob", 1, "granted = 31"),
        ],
        {("ann", PAIR, 2, None), ("bob", PAIR, 1, None), ("bob", LOT, None, 1)},
    ),
    "a better pool": (
        [lot("bob", 1, "pool = 'promotional'")],
        {("bob", LOT, None, 1), ("guest", LOT, None, 4)},
    ),
    "an earlier turn": (
        [lot("bob", 1, "priority = 5")],
        {("bob", LOT, None, 1), ("guest", LOT, None, 4)},
    ),
    "a lot of another lot": (
        [lot("bob", 1, "from_lot_id = 7")],
        {("bob", LOT, None, 1), ("ann", COST, None, 1)},
    ),
    "more cost than was paid": (
        [lot("bob", 1, "cost_amount = 301")],
        {("ann", COST, None, 1)},
    ),
    "cost that stayed": ([lot("ann", 1, "cost_moved = 0")], {("ann", COST, None, 1)}),
    "cost that left a lot which moved on": (
        [lot("ann", 6, "cost_moved = 1")],
        {("ann", COST, None, 6)},
    ),
    "a lot that grew on the way": (
        [
            lot("ann", 5, "granted = 41"),
            brought(5, "granted", 41),
            "update credits_private.payments set granted = 41"
            " where account_id = 'ann' and payment_id = 4",
        ],
        {("guest", MOVED, None, 1), ("guest", MOVED, 1, None)},
    ),
    "more lost to expiry on the way": (
        [lot("ann", 5, "expired = 1"), brought(5, "expired", 1)],
        {("guest", MOVED, None, 1)},
    ),
    "another cost on the way": (
        [lot("ann", 5, "cost_amount = 4000")],
        {("guest", MOVED, None, 1)},
    ),
    "less debt on the way": (
        [
            "update credits_private.payments set settled = 9, owed = 1, target = 10"
            " where account_id = 'guest'"
        ],
        {
            ("guest", MOVED, 1, None),
            ("guest", "debt settled is not what the ledger says", 6, None),
        },
    ),
    "debt that was settled before": (
        [brought(4, "settled", 9)],
        {
            ("guest", MOVED, 1, None),
            ("ann", "debt settled is not what the ledger says", 7, None),
        },
    ),
    "debt that was paid before": (
        [brought(4, "debt_paid", 9)],
        {
            ("guest", MOVED, 1, None),
            ("ann", "debt paid by its lots is not what the ledger says", 4, None),
        },
    ),
    "a lot that went nowhere": (
        [lot("guest", 1, "moved_to_lot_id = 2")],
        {("guest", MOVED, None, 1)},
    ),
    "a lot that stayed": (
        [lot("guest", 1, "moved_to_lot_id = null")],
        {("guest", "lot has stayed in a merged account", None, 1)},
    ),
    "a payment that stayed": (
        [
            "update credits_private.payments set moved_to_payment_id = null"
            " where account_id = 'guest'",
        ],
        {
            ("guest", "payment has stayed in a merged account", 1, None),
            ("guest", "payment has no name", 1, None),
            ("guest", "debt is not what the payments owe", 6, None),
        },
    ),
    "a name that stayed": (
        [
            "update credits_private.payment_refs set account_id = 'guest', payment_id = 1"
            " where object_id = 'g'",
        ],
        {
            ("guest", "name of a payment has stayed in a merged account", 1, None),
            ("ann", "payment has no name", 4, None),
        },
    ),
    "a subscription that stayed": (
        [
            "insert into credits_private.subscriptions values"
            " ('guest', 'x', 'active', null, null, false, now())",
        ],
        {
            ("guest", "subscription has stayed in a merged account", None, None),
            ("guest", "subscription is not what the ledger says", None, None),
        },
    ),
    "an item that stayed": (
        [
            "insert into credits_private.subscription_items"
            " (account_id, subscription, item, amount, period_start, period_end)"
            " values ('guest', 'x', '', 1, now(), 'infinity')",
        ],
        {
            ("guest", "subscription has stayed in a merged account", None, None),
            ("guest", "item of an unknown subscription", 6, None),
        },
    ),
    "merged into nobody": (
        ["update credits_private.accounts set merged_into = 'x' where account_id = 'guest'"],
        {
            ("guest", "account was merged into an unknown one", None, None),
            ("guest", MOVED, None, 1),
            ("guest", MOVED, None, 4),
            ("guest", MOVED, 1, None),
        },
    ),
    "closed with credits": (
        ["update credits_private.accounts set status = 'closed' where account_id = 'bob'"],
        {("bob", "closed account has credits", None, None)},
    ),
    "closed with a hold": (
        [
            "update credits_private.accounts set status = 'closed' where account_id = 'cid'",
        ],
        {("cid", "closed account has an open hold", 2, None)},
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_it_is_found_and_named(story: Credits, name: str) -> None:
    """What is listed is found, in exactly these places."""
    statements, expected = FOUND[name]
    story.grant_credits("cid", 5)
    story.hold_credits("cid", 5)
    tamper(story, statements)
    found = {(f.account_id, f.violation, f.entry_id, f.lot_id) for f in story.verify()}
    assert found == expected
