"""The Python functions against the catalogue of a migrated database."""

from __future__ import annotations

import inspect
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits import rpc
from pgcredits.errors import InvalidArgument

if TYPE_CHECKING:
    from tests.client import Credits

FUNCTIONS = sorted(
    name
    for name in rpc.__all__
    if inspect.isfunction(getattr(rpc, name)) and name not in {"call", "call_rows"}
)
ROWS = {
    "backlog": rpc.Backlog,
    "seal": rpc.Seal,
    "sealing": rpc.Sealing,
    "balance": rpc.Balance,
    "batch": rpc.Batch,
    "difference": rpc.Difference,
    "entry": rpc.Entry,
    "expiring": rpc.Expiring,
    "explanation": rpc.Explanation,
    "finding": rpc.Finding,
    "grant_run": rpc.GrantRun,
    "lot": rpc.Lot,
    "member_usage": rpc.MemberUsage,
    "past_balance": rpc.PastBalance,
    "receipt": rpc.Receipt,
    "schema_version": rpc.SchemaVersion,
    "stripe_backlog": rpc.StripeBacklog,
    "stripe_customer": rpc.StripeCustomer,
    "stripe_event": rpc.StripeEvent,
    "simulation": rpc.Simulation,
    "stripe_outcome": rpc.StripeOutcome,
    "stripe_price": rpc.StripePrice,
    "stripe_purge": rpc.StripePurge,
    "subscription": rpc.Subscription,
    "sweep": rpc.Sweep,
    "verified_page": rpc.VerifiedPage,
}


def test_every_function_of_the_schema_has_its_call(tx: psycopg.Connection[Any]) -> None:
    found = tx.execute(
        "select p.proname::text from pg_proc p where p.pronamespace = 'credits'::regnamespace"
        " order by 1"
    ).fetchall()
    assert [name for (name,) in found] == FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_call_has_the_arguments_of_its_function(tx: psycopg.Connection[Any], name: str) -> None:
    row = tx.execute(
        "select p.proargnames[:p.pronargs], p.pronargs - p.pronargdefaults"
        "  from pg_proc p"
        " where p.pronamespace = 'credits'::regnamespace and p.proname = %s",
        (name,),
    ).fetchone()
    assert row is not None
    expected, required = row[0] or [], row[1]
    parameters = list(inspect.signature(getattr(rpc, name)).parameters.values())[1:]
    assert {f"p_{p.name.rstrip('_')}" for p in parameters} == set(expected)
    needed = {f"p_{p.name}" for p in parameters if p.default is inspect.Parameter.empty}
    assert needed >= set(expected[:required])


@pytest.mark.parametrize("name", ROWS)
def test_a_row_has_the_fields_of_its_type(tx: psycopg.Connection[Any], name: str) -> None:
    found = tx.execute(
        "select a.attname::text from pg_attribute a"
        " where a.attrelid = ('credits.' || %s)::regclass and a.attnum > 0 and not a.attisdropped"
        " order by a.attnum",
        (name,),
    ).fetchall()
    assert [column for (column,) in found] == [field.name for field in fields(ROWS[name])]


def test_what_is_not_given_is_left_to_the_database(fast: Credits) -> None:
    fast.grant_credits("alice", 5)
    fast.deduct_credit("alice")
    assert fast.booked("alice")[-1] == ("spend", -1)
    assert fast.pools("alice") == {"promotional": 4}


def test_a_null_can_be_sent_on_purpose(fast: Credits) -> None:
    with pytest.raises(InvalidArgument) as caught:
        fast.call("deduct_credit", p_account_id="alice", p_amount=None)
    assert caught.value.values["argument"] == "p_amount"


def test_a_number_beyond_bigint_is_refused_as_a_number(fast: Credits) -> None:
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        fast.grant_credits("alice", 2**63)


def test_times_and_metadata_arrive_as_they_are(fast: Credits) -> None:
    ends = datetime(2100, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    fast.grant_credits("alice", 5, expires_at=ends, metadata={"note": "ünï", "n": [1, None]})
    (lot,) = fast.list_lots("alice")
    assert lot.expires_at == ends
    (entry,) = (entry for entry in fast.entries("alice") if entry.kind == "grant")
    assert entry.metadata == {"note": "ünï", "n": [1, None]}


def test_times_inside_of_grants_arrive_as_they_are(fast: Credits) -> None:
    ends = datetime(2100, 1, 2, 3, 4, 5, tzinfo=UTC)
    fast.record_payment(
        "alice", "pay_1", 100, currency="usd", grants=[{"amount": 5, "expires_at": ends}]
    )
    (lot,) = fast.list_lots("alice")
    assert (lot.expires_at, lot.pool) == (ends, "purchased")


def test_no_cap_is_a_value_of_its_own(fast: Credits) -> None:
    assert fast.set_stripe_price("price_pro", 5).rollover_cap == 0
    assert fast.set_stripe_price("price_pro", 5, rollover_cap=None).rollover_cap is None
