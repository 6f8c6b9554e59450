"""Somebody with the owner's rights changes what is sealed: what verify finds, and where.

Both accounts have ten entries: a grant of 100 and nine spends of 1, 2, 3 and so on, all from the
open lot. Eight entries of each are sealed, and the heads were exported after five.
"""

# ruff: noqa: S608 - relations and values are constants of this module.

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.client import Credits

pytestmark = [pytest.mark.usefixtures("now"), pytest.mark.corrupts]

LEDGER = "credits_private.ledger"
SEALS = "credits_private.seals"
CHANGED = "entry is not what was sealed"
GONE = "sealed entry is gone"
MISSING = "seal is missing"
REWRITTEN = "history is not the one whose head was exported"
CHAIN = {CHANGED, GONE, MISSING, REWRITTEN}
EXPORTED, SEALED, LAST = 5, 8, 10

Heads = list[dict[str, Any]]
Named = set[tuple[str, int | None]]


@pytest.fixture
def heads(fast: Credits) -> Heads:
    """The history of accounts u and v, and their heads as they were exported."""
    for account in ("u", "v"):
        fast.grant_credits(account, 100, metadata={"from": "us"})
    for number in range(2, LAST + 1):
        for account in ("u", "v"):
            fast.deduct_credit(account, number - 1, feature="chat", reference=f"job {number}")
        if number in (EXPORTED, SEALED):
            while fast.seal_due().has_more:
                pass
        if number == EXPORTED:
            exported = [asdict(head) for head in fast.list_seals()]
    assert [head["entry_id"] for head in exported] == [EXPORTED] * 2
    assert fast.get_seal("u").entry_id == fast.get_seal("v").entry_id == SEALED
    assert fast.verify() == []
    assert fast.verify_seals(exported) == []
    return exported


def change(relation: str, where: str, **columns: str) -> str:
    sets = ", ".join(f"{column} = {value}" for column, value in columns.items())
    return f"update {relation} set {sets} where account_id = 'u' and {where}"


def cut(relation: str, where: str) -> str:
    return f"delete from {relation} where account_id = 'u' and {where}"


def forge(relation: str, entry: int, **columns: str) -> str:
    """Insert a copy of the row of an entry, with changes."""
    changes = ", ".join(f"'{column}', {value}" for column, value in columns.items())
    return (
        f"insert into {relation}"
        f" select (jsonb_populate_record(r, jsonb_build_object({changes}))).*"
        f" from {relation} r where r.account_id = 'u' and r.entry_id = {entry}"
    )


def swap(one: int, other: int) -> list[str]:
    """Exchange the amounts of two spends, and put the balances between them right."""
    by = other - one
    return [
        change(LEDGER, f"entry_id = {one}", amount=f"amount - {by}"),
        change(LEDGER, f"entry_id = {other}", amount=f"amount + {by}"),
        change(
            LEDGER,
            f"entry_id between {one} and {other - 1}",
            balance=f"balance - {by}",
            open_lot_remaining=f"open_lot_remaining - {by}",
        ),
    ]


def seal_again(first: int, last: int = SEALED) -> list[str]:
    """Forge seals that fit what the ledger says now."""
    return [
        "update credits_private.seals s set hash = sha256("
        " coalesce((select b.hash from credits_private.seals b"
        "  where b.account_id = 'u' and b.entry_id = s.entry_id - 1), '')"
        " || credits_private.entry_bytes(1, l, credits_private.metadata_digest(l.metadata)))"
        f" from credits_private.ledger l where s.account_id = 'u' and s.entry_id = {number}"
        "  and l.account_id = 'u' and l.entry_id = s.entry_id"
        for number in range(first, last + 1)
    ]


def rewrite(entry: int) -> list[str]:
    """Let a spend have cost one credit less, and all that follows from it."""
    return [
        change(LEDGER, f"entry_id = {entry}", amount="amount + 1"),
        change(
            LEDGER,
            f"entry_id >= {entry}",
            balance="balance + 1",
            open_lot_remaining="open_lot_remaining + 1",
        ),
    ]


def tamper(credits: Credits, statements: list[str]) -> None:
    credits.conn.execute("set local session_replication_role = replica")
    for statement in statements:
        assert credits.conn.execute(statement.encode()).rowcount >= 1, statement
    credits.conn.execute("set local session_replication_role = origin")


def named(findings: list[Any]) -> Named:
    assert {finding.account_id for finding in findings} <= {"u"}
    return {(f.violation, f.entry_id) for f in findings if f.violation in CHAIN}


TAIL = [cut(LEDGER, "entry_id > 6")]
FOUND: dict[str, tuple[list[str], Named]] = {
    "a cut-off tail of spends from the open lot": (TAIL, {(GONE, 7)}),
    "a cut-off tail, and new spends in its place": (
        [*TAIL, forge(LEDGER, 6, entry_id="7", amount="-7", balance="78")],
        {(CHANGED, 7), (GONE, 8)},
    ),
    "all entries": ([cut(LEDGER, "true")], {(GONE, 1)}),
    "an entry in the middle": ([cut(LEDGER, "entry_id = 4")], {(GONE, 4)}),
    "two runs of entries": ([cut(LEDGER, "entry_id in (2, 3, 6)")], {(GONE, 2), (GONE, 6)}),
    "amount": ([change(LEDGER, "entry_id = 4", amount="-2")], {(CHANGED, 4)}),
    "history with all that follows from it": (
        rewrite(4),
        {(CHANGED, number) for number in range(4, SEALED + 1)},
    ),
    "reference": ([change(LEDGER, "entry_id = 4", reference="'other'")], {(CHANGED, 4)}),
    "reference, taken away": ([change(LEDGER, "entry_id = 4", reference="null")], {(CHANGED, 4)}),
    "feature": ([change(LEDGER, "entry_id = 4", feature="'image'")], {(CHANGED, 4)}),
    "actor": ([change(LEDGER, "entry_id = 4", actor="'nobody'")], {(CHANGED, 4)}),
    "date": (
        [change(LEDGER, "entry_id = 8", created_at="created_at + interval '1 microsecond'")],
        {(CHANGED, 8)},
    ),
    "metadata": ([change(LEDGER, "entry_id = 1", metadata='\'{"from": "me"}\'')], {(CHANGED, 1)}),
    "metadata where there was none": (
        [change(LEDGER, "entry_id = 4", metadata="'{}'")],
        {(CHANGED, 4)},
    ),
    "metadata, and the digest of what was there": (
        [
            change(LEDGER, "entry_id = 1", metadata="null"),
            change(SEALS, "entry_id = 1", metadata_digest="sha256('x')"),
        ],
        {(CHANGED, 1)},
    ),
    "two entries that were swapped": (swap(3, 5), {(CHANGED, n) for n in (3, 4, 5)}),
    "a hash": ([change(SEALS, "entry_id = 4", hash="sha256('x')")], {(CHANGED, 4), (CHANGED, 5)}),
    "a version": ([change(SEALS, "entry_id = 4", version="2")], {(CHANGED, 4)}),
    "a seal in the middle": ([cut(SEALS, "entry_id = 4")], {(MISSING, 4)}),
    "seals in the middle": ([cut(SEALS, "entry_id in (3, 4, 6)")], {(MISSING, 3), (MISSING, 6)}),
    "the first seal": ([cut(SEALS, "entry_id = 1")], {(MISSING, 1)}),
    "seals without entries": ([forge(SEALS, 8, entry_id="11")], {(MISSING, 9), (GONE, 11)}),
    "the seals of another account": (
        [
            cut(SEALS, "true"),
            "insert into credits_private.seals select 'u', s.entry_id, s.version, s.hash,"
            " s.metadata_digest from credits_private.seals s where s.account_id = 'v'",
        ],
        {(CHANGED, number) for number in range(1, SEALED + 1)},
    ),
    "an entry and its seal": ([*rewrite(4)[:1], *seal_again(4, 4)], {(CHANGED, 5)}),
}


@pytest.mark.parametrize("name", FOUND)
def test_it_is_found_and_named(fast: Credits, heads: Heads, name: str) -> None:
    statements, expected = FOUND[name]
    tamper(fast, statements)
    assert named(fast.verify("u")) == expected
    assert named(fast.verify()) == expected
    pages = fast.verify_page(limit=1).findings
    assert {(f["violation"], f["entry_id"]) for f in pages if f["violation"] in CHAIN} == expected
    # Whoever checks an export needs no other command for the chain.
    assert named(fast.verify_seals(heads)) >= expected


HEAD_ONLY: dict[str, list[str]] = {
    "a history whose seals were rewritten with it": [*rewrite(4), *seal_again(4)],
    "references, and their seals": [
        change(LEDGER, "entry_id = 2", reference="'other'"),
        *seal_again(2),
    ],
    "a tail and its seals": [cut(LEDGER, "entry_id > 3"), cut(SEALS, "entry_id > 3")],
    "all seals": [cut(SEALS, "true")],
    "a whole account": [
        cut(relation, "true")
        for relation in (LEDGER, SEALS, "credits_private.lots", "credits_private.accounts")
    ],
}


@pytest.mark.parametrize("name", HEAD_ONLY)
def test_only_an_exported_head_knows(fast: Credits, heads: Heads, name: str) -> None:
    """What docs/howto/tamper-evidence.md says that an export is for."""
    tamper(fast, HEAD_ONLY[name])
    assert fast.verify() == []
    assert named(fast.verify_seals(heads)) == {(REWRITTEN, EXPORTED)}


def test_what_came_after_the_export_is_not_in_it(fast: Credits, heads: Heads) -> None:
    """So exports have to be made often; docs/howto/tamper-evidence.md says how often."""
    tamper(fast, [*rewrite(EXPORTED + 1), *seal_again(EXPORTED + 1)])
    assert fast.verify() == []
    assert fast.verify_seals(heads) == []


def test_the_rewritten_entries_are_named_if_the_old_seal_is_kept(
    fast: Credits, heads: Heads
) -> None:
    """The exported hash is put back, and so the chain is broken after it and before it."""
    tamper(fast, [*rewrite(4), *seal_again(4)])
    hash_ = heads[0]["hash"]
    tamper(fast, [change(SEALS, f"entry_id = {EXPORTED}", hash=f"decode('{hash_}', 'hex')")])
    expected = {(CHANGED, EXPORTED), (CHANGED, EXPORTED + 1)}
    assert named(fast.verify()) == named(fast.verify_seals(heads)) == expected


def test_seals_of_nobody_are_found(fast: Credits, heads: Heads) -> None:
    tamper(
        fast,
        [
            cut(relation, "true")
            for relation in (LEDGER, "credits_private.lots", "credits_private.accounts")
        ],
    )
    found = {(f.account_id, f.violation) for f in fast.verify()}
    assert found == {("u", "seals of an unknown account")}
    assert {(f["account_id"], f["violation"]) for f in fast.verify_page().findings} == found
