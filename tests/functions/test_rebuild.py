"""rebuild tells from the entries alone what lots and holds must be; repair_account makes them so.

Account u has lots of every origin and holds of every status:

====  ===========  =======  =====================================  =================
lot   origin       granted  what became of it                      left
====  ===========  =======  =====================================  =================
1     grant        100      34 used, 20 held, 15 clawed            31
2     grant        30       25 used, 5 moved to lot 14             0
14    restoration  5        nothing                                5
16    grant        50       20 carried over, 30 expired            0
17    grant        40       nothing                                40, open lot
18    rollover     20       nothing                                20
====  ===========  =======  =====================================  =================

Hold 4 is open, 5 captured, 8 released, 10 expired.
"""

# ruff: noqa: S608 - relations and values are constants of this module.

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountNotFound,
    IdempotencyConflict,
    InvalidArgument,
    NotRepairable,
)
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    NOW,
    illegal_text,
    refused,
    replayed,
    unchanged,
)

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def u(fast: Credits, clock: Clock) -> str:
    """Open account u as the table has it; another account has the same past."""
    for account in ("u", "v"):
        clock.set(NOW)
        fast.add_purchased_credits(
            account, 100, reference=f"p-{account}", amount_paid=1, currency="eur"
        )
        fast.grant_credits(account, 30, expires_at=NOW + HOUR)
        fast.deduct_credit(account, 40, idempotency_key="job")
        fast.hold_credits(account, 20, expires_in=DAY)
        fast.hold_credits(account, 10, expires_in=HOUR)
        fast.capture_hold(account, 5, 8)
        fast.hold_credits(account, 5, expires_in=HOUR)
        fast.release_hold(account, 8)
        fast.hold_credits(account, 3, expires_in=MINUTE)
        clock.set(NOW + 2 * HOUR)
        fast.deduct_credit(account, 26)
        fast.refund_spend(account, spend_key="job", amount=15)
        fast.clawback_credits(account, f"p-{account}", target=15)
        fast.renew_subscription(account, "pro", 50, period_start=NOW, period_end=NOW + 2 * HOUR)
        fast.renew_subscription(
            account,
            "pro",
            40,
            period_start=NOW + 2 * HOUR,
            period_end=NOW + 30 * DAY,
            rollover_cap=20,
        )
    return "u"


def corrupt(credits: Credits, *statements: str) -> None:
    """Change rows behind the functions, without the triggers, as a superuser can."""
    credits.conn.execute("set local session_replication_role = replica")
    for statement in statements:
        assert credits.conn.execute(statement.encode()).rowcount > 0, statement
    credits.conn.execute("set local session_replication_role = origin")


def lot(number: int, **changes: Any) -> str:
    """Change columns of a lot; a value is SQL."""
    sets = ", ".join(f"{column} = {value}" for column, value in changes.items())
    return f"update credits_private.lots set {sets} where account_id = 'u' and lot_id = {number}"


def hold(number: int, **changes: Any) -> str:
    sets = ", ".join(f"{column} = {value}" for column, value in changes.items())
    return f"update credits_private.holds set {sets} where account_id = 'u' and hold_id = {number}"


def entry(number: int, **changes: Any) -> str:
    sets = ", ".join(f"{column} = {value}" for column, value in changes.items())
    return (
        f"update credits_private.ledger set {sets} where account_id = 'u' and entry_id = {number}"
    )


def cut(relation: str, column: str, number: int) -> str:
    return f"delete from credits_private.{relation} where account_id = 'u' and {column} = {number}"


def copy(relation: str, column: str, number: int, new: int) -> str:
    """Insert a row that no entry knows of: a copy under another number."""
    return (
        f"insert into credits_private.{relation} select (jsonb_populate_record(t,"
        f" jsonb_build_object('{column}', {new}))).* from credits_private.{relation} t"
        f" where account_id = 'u' and {column} = {number}"
    )


def told(credits: Credits) -> list[tuple[str, int, str, str | None, str | None]]:
    return [
        (one.part, one.number, one.field, one.stored, one.rebuilt) for one in credits.rebuild("u")
    ]


def everything(credits: Credits) -> list[Any]:
    """All lots and holds of the account as they are stored."""
    return [
        credits.conn.execute(
            f"select to_jsonb(t) from credits_private.{relation} t"
            " where account_id = 'u' order by to_jsonb(t)::text".encode()
        ).fetchall()
        for relation in ("lots", "holds")
    ]


def test_what_is_sound_differs_in_nothing(fast: Credits, u: str) -> None:
    assert fast.rebuild(u) == []


DAMAGE: dict[str, tuple[list[str], list[tuple[str, int, str, str | None, str | None]]]] = {
    "remaining": ([lot(1, remaining=7)], [("lot", 1, "remaining", "7", "31")]),
    "remaining of the open lot": (
        [lot(17, remaining=7)],
        [("lot", 17, "remaining", "7", "0")],
    ),
    "remaining of a lot that is used up": (
        [lot(2, remaining=30, is_open="true")],
        [("lot", 2, "remaining", "30", "0"), ("lot", 2, "is_open", "true", "false")],
    ),
    "granted": ([lot(1, granted=41)], [("lot", 1, "granted", "41", "100")]),
    "expired": ([lot(16, expired=0)], [("lot", 16, "expired", "0", "30")]),
    "clawed": ([lot(1, clawed=1)], [("lot", 1, "clawed", "1", "15")]),
    "clawed and its date": (
        [lot(1, clawed=0, clawed_at="null")],
        [
            ("lot", 1, "clawed", "0", "15"),
            ("lot", 1, "clawed_at", None, "2030-01-01 14:00:00+00"),
        ],
    ),
    "clawed of a lot that was not": (
        [lot(18, clawed=3, clawed_at="'2030-01-01'")],
        [
            ("lot", 18, "clawed", "3", "0"),
            ("lot", 18, "clawed_at", "2030-01-01 00:00:00+00", None),
        ],
    ),
    "closed": (
        [lot(18, is_open="false", remaining=0)],
        [("lot", 18, "remaining", "0", "20"), ("lot", 18, "is_open", "false", "true")],
    ),
    "opened": ([lot(2, is_open="true")], [("lot", 2, "is_open", "true", "false")]),
    "origin of a restoration": (
        [lot(14, origin="'grant'")],
        [("lot", 14, "origin", "grant", "restoration")],
    ),
    "origin of a rollover": (
        [lot(18, origin="'restoration'")],
        [("lot", 18, "origin", "restoration", "rollover")],
    ),
    "granted at": (
        [lot(1, granted_at="'2029-01-01 00:00:00+00'")],
        [
            (
                "lot",
                1,
                "granted_at",
                "2029-01-01 00:00:00+00",
                "2030-01-01 12:00:00+00",
            )
        ],
    ),
    "a lot that no entry knows": (
        [copy("lots", "lot_id", 18, 19)],
        [("lot", 19, "lot_id", "19", None)],
    ),
    "a lot out of burn order": (
        [lot(18, expires_at="'2030-01-02 00:00:00+00'")],
        [
            ("tail", 19, "next_event_at", "2030-01-02 12:00:00+00", "2030-01-02 00:00:00+00"),
            ("tail", 19, "open_lot_id", "17", "18"),
        ],
    ),
    "amount of a hold": ([hold(4, amount=21)], [("hold", 4, "amount", "21", "20")]),
    "captured of a hold": ([hold(5, captured=0)], [("hold", 5, "captured", "0", "8")]),
    "a hold open again": (
        [hold(8, status="'open'", expires_at="'2030-02-01'")],
        [("hold", 8, "status", "open", "released")],
    ),
    "a hold that was closed": (
        [hold(4, status="'released'")],
        [("hold", 4, "status", "released", "open")],
    ),
    "a captured hold": (
        [hold(5, status="'released'")],
        [("hold", 5, "status", "released", "captured")],
    ),
    "an expired hold": (
        [hold(10, status="'captured'")],
        [("hold", 10, "status", "captured", "expired")],
    ),
    "a hold that no entry knows": (
        [copy("holds", "hold_id", 4, 3)],
        [("hold", 3, "hold_id", "3", None)],
    ),
    "all lots at once": (
        ["update credits_private.lots set remaining = 0, is_open = false where account_id = 'u'"],
        [
            ("lot", 1, "remaining", "0", "31"),
            ("lot", 1, "is_open", "false", "true"),
            ("lot", 14, "remaining", "0", "5"),
            ("lot", 14, "is_open", "false", "true"),
            ("lot", 17, "is_open", "false", "true"),
            ("lot", 18, "remaining", "0", "20"),
            ("lot", 18, "is_open", "false", "true"),
        ],
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_was_damaged_is_told_and_put_right(fast: Credits, u: str, damage: str) -> None:
    fast.conn.execute("set local time zone 'UTC'")
    sound = everything(fast)
    balance = fast.get_balance(u)
    statements, expected = DAMAGE[damage]
    corrupt(fast, *statements)
    assert told(fast) == expected
    assert all(one.is_repairable for one in fast.rebuild(u))

    receipt = fast.repair_account(u, "stray update", "ann", reference="ticket-1")
    assert (receipt.kind, receipt.amount, receipt.available) == ("repair", 0, balance.available)
    (kept,) = fast.list_entries(u, kind="repair")
    assert kept.request == {
        "reason": "stray update",
        "person": "ann",
        "repaired": [
            {"part": part, "number": number, "field": field, "stored": stored, "rebuilt": rebuilt}
            for part, number, field, stored, rebuilt in expected
        ],
    }
    assert fast.rebuild(u) == []
    assert fast.verify() == []
    if damage not in {"a lot out of burn order", "a hold open again"}:
        # Expiries and deadlines are as somebody has set them.
        assert everything(fast) == sound
        assert fast.get_balance(u) == balance
    spent = fast.deduct_credit(u, 90)
    assert spent.available == balance.available - 90
    assert fast.capture_hold(u, 4, 20).amount == -20
    assert fast.rebuild(u) == []


BROKEN: dict[str, tuple[list[str], tuple[str, int, str, str | None, str | None]]] = {
    "balance": ([entry(3, balance=91)], ("entry", 3, "balance", "91", "90")),
    "debt": ([entry(3, debt=1)], ("entry", 3, "debt", "1", "0")),
    "amount": ([entry(3, amount=-41)], ("entry", 3, "amount", "-41", "-40")),
    "a gap": ([cut("ledger", "entry_id", 9)], ("entry", 10, "entry_id", "10", "9")),
    "date": (
        [entry(12, created_at="'2029-01-01 00:00:00+00'")],
        ("entry", 12, "created_at", "2029-01-01 00:00:00+00", "2030-01-01 14:00:00+00"),
    ),
    "a lot that was never granted": (
        [entry(3, allocations="'[[2, -30], [9, -10]]'")],
        ("entry", 3, "allocations", "[[2, -30], [9, -10]]", None),
    ),
    "more than the lot had": (
        [entry(3, allocations="'[[2, -31], [1, -9]]'")],
        ("entry", 3, "allocations", "[[2, -31], [1, -9]]", None),
    ),
    "more than the lot was granted": (
        [entry(6, allocations="'[[1, 110]]'")],
        ("entry", 6, "allocations", "[[1, 110]]", None),
    ),
    "what is in the open lot": (
        [entry(19, open_lot_remaining=41)],
        ("entry", 19, "open_lot_remaining", "41", "40"),
    ),
    "an open lot that was another one": (
        [entry(11, allocations="null")],
        ("entry", 11, "amount", "3", "3"),
    ),
    "about a hold that is none": (
        [entry(7, about_entry_id=3)],
        ("entry", 7, "about_entry_id", "3", None),
    ),
}


@pytest.mark.corrupts
@pytest.mark.parametrize("damage", BROKEN)
def test_entries_that_contradict_one_another_are_told_and_never_repaired(
    fast: Credits, u: str, damage: str
) -> None:
    fast.conn.execute("set local time zone 'UTC'")
    statements, expected = BROKEN[damage]
    corrupt(fast, *statements, lot(1, remaining=7))
    part, number, field, stored, rebuilt = expected
    first = fast.rebuild(u)[0]
    assert (first.part, first.number, first.is_repairable) == (part, number, False)
    if damage != "an open lot that was another one":
        assert told(fast)[0] == expected
        values: dict[str, Any] = {"field": field, "stored": stored, "rebuilt": rebuilt}
    else:
        values = {}
    assert {one.part for one in fast.rebuild(u)} == {"entry"}
    with refused(fast, NotRepairable, account_id=u, part=part, number=number, **values):
        fast.repair_account(u, "stray update", "ann")


@pytest.mark.corrupts
@pytest.mark.parametrize(
    ("part", "statement", "number"),
    [
        ("lot", cut("lots", "lot_id", 2), 2),
        ("lot", cut("lots", "lot_id", 17), 17),
        ("hold", cut("holds", "hold_id", 4), 4),
    ],
    ids=["lot", "open-lot", "hold"],
)
def test_a_row_that_is_missing_is_told_and_not_made_up(
    fast: Credits, u: str, part: str, statement: str, number: int
) -> None:
    """No entry says in which pool it was, or until when."""
    corrupt(fast, statement)
    assert told(fast)[0] == (part, number, f"{part}_id", None, str(number))
    assert not fast.rebuild(u)[0].is_repairable
    with refused(fast, NotRepairable, part=part, number=number, stored=None):
        fast.repair_account(u, "stray delete", "ann")


@pytest.mark.corrupts
def test_of_many_broken_entries_fifty_are_told(fast: Credits) -> None:
    fast.grant_credits("u", 100)
    for _ in range(60):
        fast.deduct_credit("u", 1)
    corrupt(fast, "update credits_private.ledger set amount = -2 where kind = 'spend'")
    assert len(fast.rebuild("u")) == 50


def test_a_hold_that_was_captured_in_part_is_open(fast: Credits, u: str) -> None:
    fast.capture_hold(u, 4, 5, final=False)
    assert fast.rebuild(u) == []
    corrupt(fast, hold(4, captured=0, status="'captured'"))
    fast.repair_account(u, "stray update", "ann")
    assert fast.capture_hold(u, 4, 15).amount == -15


def test_credits_that_turn_up_pay_the_debt(fast: Credits, clock: Clock) -> None:
    """A lot was hidden while a clawback made debt: what it holds pays now."""
    clock.set(NOW)
    fast.add_purchased_credits("u", 50, reference="p", amount_paid=1, currency="eur")
    fast.add_purchased_credits("u", 30, reference="q", amount_paid=1, currency="eur")
    fast.deduct_credit("u", 50)
    corrupt(fast, lot(2, remaining=0, is_open="false"))
    fast.clawback_credits("u", "p")
    corrupt(fast, lot(2, remaining=0, is_open="false"))
    receipt = fast.repair_account("u", "stray update", "ann")
    assert (receipt.balance, receipt.debt) == (-20, 20)
    assert [kind for kind, _ in fast.booked("u")][-2:] == ["repair", "settle"]
    assert fast.rebuild("u") == []


def test_what_is_due_is_booked_before(fast: Credits, u: str, clock: Clock) -> None:
    """The newest entry did not know of this expiry: the lot was closed when it was written."""
    corrupt(fast, lot(14, remaining=0, is_open="false"))
    clock.set(NOW + 2 * DAY)
    fast.deduct_credit(u, 1)
    clock.set(NOW + 10 * DAY)
    receipt = fast.repair_account(u, "stray update", "ann")
    assert [kind for kind, _ in fast.booked(u)][-2:] == ["expire", "repair"]
    assert receipt.available == fast.available(u) == 31 + 20 + 40 + 20 - 1
    assert fast.verify() == []


@pytest.mark.parametrize("status", ["frozen", "closed"])
def test_it_goes_on_while_the_account_is_frozen_or_closed(
    fast: Credits, u: str, status: str
) -> None:
    if status == "frozen":
        fast.freeze_account(u, "look")
    else:
        fast.close_account(u, "left", if_credits="forfeit")
    corrupt(fast, lot(2, granted=31))
    fast.repair_account(u, "stray update", "ann")
    assert fast.rebuild(u) == []
    assert fast.get_balance(u).status == status


def test_what_a_merge_brought_is_told_with_its_figures(fast: Credits, u: str) -> None:
    """Lots go on with what they had lost before, which no entry of the new account has taken."""
    fast.release_hold(u, 4)
    fast.merge_accounts(u, "w")
    assert fast.rebuild(u) == fast.rebuild("w") == []
    brought = {
        lot.granted: lot.lot_id for lot in fast.list_lots("w", live_only=False) if lot.lot_id > 1
    }
    fast.conn.execute("set local session_replication_role = replica")
    fast.conn.execute(
        "update credits_private.lots set granted = 1000, clawed = 0, clawed_at = null, expired = 1"
        " where account_id = 'w' and lot_id = any (%s)",
        ([brought[100], brought[50]],),
    )
    fast.conn.execute("set local session_replication_role = origin")
    figures = {
        (one.number, one.field): (one.stored, one.rebuilt)
        for one in fast.rebuild("w")
        if one.field != "clawed_at"
    }
    assert figures == {
        (brought[100], "granted"): ("1000", "100"),
        (brought[100], "clawed"): ("0", "15"),
        (brought[100], "expired"): ("1", "0"),
        (brought[50], "granted"): ("1000", "50"),
        (brought[50], "expired"): ("1", "30"),
    }
    fast.repair_account("w", "stray update", "ann")
    assert fast.rebuild("w") == []
    assert fast.verify() == []


def test_without_damage_it_is_recorded_and_changes_nothing(fast: Credits, u: str) -> None:
    before = everything(fast)
    fast.repair_account(u, "to be sure", "ann")
    (kept,) = fast.list_entries(u, kind="repair")
    assert kept.request == {"reason": "to be sure", "person": "ann", "repaired": []}
    assert everything(fast) == before


def test_a_replay_returns_the_recorded_receipt(fast: Credits, u: str) -> None:
    corrupt(fast, lot(2, granted=31))
    receipt = fast.repair_account(u, "stray update", "ann", idempotency_key="fix")
    with replayed(fast, receipt) as answers:
        answers.append(fast.repair_account(u, "stray update", "ann", idempotency_key="fix"))
    with refused(fast, IdempotencyConflict, idempotency_key="fix"):
        fast.repair_account(u, "stray update", "bob", idempotency_key="fix")
    fast.deduct_credit(u, 1, idempotency_key="other")
    with refused(fast, IdempotencyConflict, idempotency_key="other"):
        fast.repair_account(u, "stray update", "ann", idempotency_key="other")


def test_an_unknown_account(fast: Credits) -> None:
    assert fast.rebuild("nobody") == []
    with refused(fast, AccountNotFound, account_id="nobody"):
        fast.repair_account("nobody", "why", "ann")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *ILLEGAL_ACCOUNT,
        *illegal_text("p_reason", required=True),
        *illegal_text("p_person", required=True),
        *ILLEGAL_TAIL,
    ],
)
def test_an_illegal_argument_is_refused_by_name(
    fast: Credits, u: str, argument: str, value: Any
) -> None:
    given = {"p_account_id": u, "p_reason": "why", "p_person": "ann", argument: value}
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("repair_account", **given)


@pytest.mark.parametrize(("argument", "value"), ILLEGAL_ACCOUNT)
def test_rebuild_refuses_an_illegal_account(fast: Credits, argument: str, value: Any) -> None:
    with refused(fast, InvalidArgument, argument=argument):
        fast.call("rebuild", **{argument: value})


def test_reading_writes_nothing(fast: Credits, u: str) -> None:
    with unchanged(fast):
        assert fast.rebuild(u) == []
