"""Keys, names and numbers: what makes two requests the same, and what cannot be misread."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgcredits.errors import (
    IdempotencyConflict,
    InDebt,
    InsufficientCredits,
    InternalError,
    InvalidArgument,
)
from tests.functions.support import BIGINT_MAX, DAY, LIMIT, NOW, refused, unchanged

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


@pytest.mark.parametrize(
    "statement",
    [
        "select credits.deduct_credit('u', 1)",
        "select * from credits.deduct_credit('u', 1)",
        "select r.entry_id, r.balance, r.available from credits.deduct_credit('u', 1) as r",
        "select to_jsonb(r) from credits.deduct_credit('u', 1) as r",
        "with r as materialized (select * from credits.deduct_credit('u', 1)) table r",
    ],
)
def test_the_documented_forms_of_a_call_charge_once(fast: Credits, statement: str) -> None:
    fast.grant_credits("u", 10)
    fast.conn.execute(statement.encode())
    assert fast.balance("u") == 9


def test_a_key_protects_the_form_that_calls_once_a_column(fast: Credits) -> None:
    """PostgreSQL expands (f()).* into one call for each column."""
    fast.grant_credits("u", 20)
    fast.conn.execute("select (credits.deduct_credit('u', 1, p_idempotency_key => 'k')).*")
    assert fast.balance("u") == 19


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e30", "1.5"])
def test_an_amount_is_a_whole_number_or_no_amount(fast: Credits, value: str) -> None:
    fast.grant_credits("u", 10)
    with (
        unchanged(fast),
        pytest.raises(psycopg.Error) as caught,
        fast.conn.transaction(),
    ):
        fast.conn.execute("select credits.deduct_credit('u', %s)", (Decimal(value),))
    assert (caught.value.sqlstate or "")[:2] in {"42", "22"}


@pytest.mark.parametrize(
    "value",
    [
        *("0", "-0", "-1", "1.5", "0.5", "0.1", "1e-30", "1e30", "1e400", "null", "true", "[1]"),
        *("9007199254740992", "9223372036854775807", "9223372036854775808", "17.9699999999999988"),
        *('"NaN"', '"Infinity"', '"-Infinity"', '""', '"1.5"', '"ten"'),
    ],
)
@pytest.mark.parametrize("function", ["deduct_credit", "grant_credits"])
def test_an_amount_of_a_json_body_is_a_whole_number_or_refused(
    fast: Credits, function: str, value: str
) -> None:
    """The body is cast to the types of the arguments, as PostgREST does it."""
    fast.grant_credits("u", 10)
    with unchanged(fast), pytest.raises(psycopg.Error) as caught, fast.conn.transaction():
        fast.conn.execute(
            f"select credits.{function}(p_account_id => b.a, p_amount => b.n)"  # noqa: S608
            f' from json_to_record(\'{{"a": "u", "n": {value}}}\') as b (a text, n bigint)'.encode()
        )
    assert caught.value.sqlstate in {"PT400", "22P02", "22003"}


@pytest.mark.parametrize("amount", [LIMIT + 1, BIGINT_MAX])
def test_a_grant_beyond_every_limit_is_refused_and_does_not_wrap(
    fast: Credits, amount: int
) -> None:
    fast.grant_credits("u", LIMIT)
    with refused(fast, InvalidArgument, argument="p_amount"):
        fast.grant_credits("u", amount)


def test_lifetime_totals_may_exceed_what_a_balance_may_hold(fast: Credits) -> None:
    for _ in range(5):
        fast.grant_credits("u", LIMIT)
        fast.deduct_credit("u", LIMIT)
    assert fast.balance("u") == 0


def test_many_small_spends_leave_no_residue(fast: Credits) -> None:
    fast.grant_credits("u", 200)
    for _ in range(200):
        fast.deduct_credit("u")
    assert fast.balance("u") == 0
    assert fast.remaining("u") == []
    assert sum(amount for _, amount in fast.booked("u")) == 0


def test_every_number_of_an_answer_can_be_read_by_javascript(fast: Credits) -> None:
    fast.add_purchased_credits("u", LIMIT, reference="p", amount_paid=LIMIT, currency="eur")
    row = fast.conn.execute(
        "select to_jsonb(b)::text from credits.get_balance('u') as b"
    ).fetchone()
    assert row is not None
    assert '"balance": 9007199254740991,' in row[0]


def test_an_allocation_keeps_its_order_beyond_nine_lots(fast: Credits) -> None:
    for _ in range(12):
        fast.grant_credits("u", 1)
    assert fast.deduct_credit("u", 12).allocations == [[lot, -1] for lot in range(1, 13)]
    assert fast.entries("u")[-1].allocations == [[lot, -1] for lot in range(1, 13)]


def test_amounts_are_the_sums_of_their_allocations(fast: Credits) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    fast.deduct_credit("u", 7)
    fast.clawback_credits("u", "p")
    fast.add_purchased_credits("u", 10, reference="q")
    for entry in fast.entries("u"):
        assert entry.allocations is not None
        assert entry.amount == sum(amount for _, amount in entry.allocations)


def test_a_command_of_several_entries_has_one_home_for_its_key(fast: Credits, clock: Clock) -> None:
    fast.renew_subscription("u", "pro", 100, period_start=NOW, period_end=NOW + 30 * DAY)
    clock.set(NOW + 30 * DAY)
    first = fast.renew_subscription(
        "u",
        "pro",
        100,
        period_start=NOW + 30 * DAY,
        period_end=NOW + 60 * DAY,
        rollover_cap=10,
        idempotency_key="k",
    )
    command = [entry for entry in fast.entries("u") if entry.command_id == first.command_id]
    assert [entry.kind for entry in command] == ["grant", "rollover", "expire"]
    assert [entry.idempotency_key for entry in command] == ["k", None, None]
    assert command[-1].balance == first.balance == 110


def test_expiries_on_the_way_are_commands_of_their_own(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 10)
    clock.set(NOW + DAY)
    first = fast.deduct_credit("u", 3, idempotency_key="k")
    expire, spend = fast.entries("u")[-2:]
    assert (expire.command_id, spend.command_id) == (expire.entry_id, spend.entry_id)
    assert expire.idempotency_key is None
    again = fast.deduct_credit("u", 3, idempotency_key="k")
    assert (again.entry_id, again.balance, again.is_replay) == (first.entry_id, 7, True)


def test_a_key_is_never_free_again(fast: Credits, clock: Clock) -> None:
    fast.grant_credits("u", 10, idempotency_key="k")
    clock.advance(3650 * DAY)
    with unchanged(fast):
        assert fast.grant_credits("u", 10, idempotency_key="k").is_replay


def test_a_refused_request_leaves_its_key_free_for_another_one(fast: Credits) -> None:
    fast.grant_credits("u", 1)
    with refused(fast, InsufficientCredits, required=5):
        fast.deduct_credit("u", 5, idempotency_key="k")
    assert fast.deduct_credit("u", 1, idempotency_key="k").balance == 0
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        fast.deduct_credit("u", 5, idempotency_key="k")


def test_a_conflict_writes_nothing_even_where_something_was_due(
    fast: Credits, clock: Clock
) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY, idempotency_key="k")
    clock.set(NOW + 2 * DAY)
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        fast.grant_credits("u", 11, idempotency_key="k")
    with refused(fast, IdempotencyConflict, idempotency_key="k"):
        fast.deduct_credit("u", 10, idempotency_key="k")


def test_a_refusal_in_the_middle_of_work_undoes_what_was_due_too(
    fast: Credits, clock: Clock
) -> None:
    fast.add_purchased_credits("u", 10, reference="p")
    fast.deduct_credit("u", 10)
    fast.grant_credits("u", 5, expires_at=NOW + DAY)
    fast.clawback_credits("u", "p")
    clock.set(NOW + 2 * DAY)
    with refused(fast, InDebt, required=1, debt=10):
        fast.deduct_credit("u", 1)


@pytest.mark.corrupts
def test_a_clash_of_entry_numbers_is_an_error_and_no_replay(fast: Credits) -> None:
    """The ledger's number is taken behind the lock, as by a writer that missed it."""
    fast.grant_credits("u", 10)
    fast.conn.execute(
        "create function pg_temp.take_number() returns trigger language plpgsql as $$"
        " begin new.entry_id := new.entry_id - 1; return new; end $$"
    )
    fast.conn.execute(
        "create trigger take_number before insert on credits_private.ledger"
        " for each row execute function pg_temp.take_number()"
    )
    for key in (None, "k"):
        with refused(fast, InternalError, account_id="u"):
            fast.deduct_credit("u", 1, idempotency_key=key)
        with refused(fast, InternalError, account_id="u"):
            fast.grant_credits("u", 1, idempotency_key=key)


LEDGER_CHANGES = [
    "update credits_private.ledger set amount = 0 where true",
    "update credits_private.ledger set metadata = '{}' where true",
    "delete from credits_private.ledger where true",
    "truncate credits_private.ledger",
]


@pytest.mark.parametrize("statement", LEDGER_CHANGES)
@pytest.mark.parametrize("role", ["credits_owner", "none"], ids=["owner", "superuser"])
def test_the_ledger_refuses_to_be_changed_even_by_its_owner(
    fast: Credits, statement: str, role: str
) -> None:
    fast.grant_credits("u", 10)
    change = f"set local role {role}; {statement}"
    with unchanged(fast), pytest.raises(psycopg.Error) as caught, fast.conn.transaction():
        fast.conn.execute(change.encode())
    assert caught.value.sqlstate == "PT403"


def test_names_of_full_length_in_any_script_are_legal(fast: Credits) -> None:
    """Four bytes a character, as incompressible as text gets."""

    def name(seed: int, length: int = 255) -> str:
        return "".join(chr(0x20000 + (seed * 7919 + i * 104_729) % 42_000) for i in range(length))

    grant = {
        "amount": 5,
        "subscription": name(2, 127),
        "item": name(3, 127),
        "period_start": NOW,
        "period_end": NOW + DAY,
    }
    fast.record_payment(name(1), name(4), 1, currency="eur", grants=[grant], provider=name(8, 63))
    fast.deduct_credit(name(1), 1, feature=name(5), reference=name(6), idempotency_key=name(7))
    assert fast.balance(name(1)) == 4
