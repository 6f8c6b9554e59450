"""What holds for all tables at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits.errors import AppendOnly, from_database

if TYPE_CHECKING:
    from tests.contract.catalogue import Rows

# Tables about accounts whose keys nevertheless do not begin with the account.
KEYS_OF_THE_PROVIDER = {
    "credits_private.payment_refs": "a payment must be found, and be unique, before its account is",
    "credits_private.trial_keys": "a trial must be had once, whatever the account",
    "credits_private.stripe_events": "an event is stored before anybody knows whom it is about",
}
# Numbers that stay small. Everything else that counts is bigint.
SMALL_NUMBERS = {
    ("credits_private.seals", "version"),
    ("credits_private.pools", "priority"),
    ("credits_private.rate_cards", "version"),
    ("credits_private.lots", "priority"),
    ("credits_private.stripe_events", "attempts"),
    ("credits_private.schema_migrations", "execution_ms"),
}
TYPES = {
    "bigint",
    "boolean",
    "bytea",
    "integer",
    "jsonb",
    "numeric",
    "text",
    "timestamp with time zone",
}


def unindexed_or_implicit(foreign_keys: list[dict[str, Any]]) -> list[str]:
    """Foreign keys without an index that begins with their columns, or without ON DELETE RESTRICT.

    'restrict' is the only choice: financial history is never erased by deleting something else,
    and the default, 'no action', cannot be told from having forgotten it.
    """
    return [k["name"] for k in foreign_keys if not k["has_index"] or k["on_delete"] != "r"]


def test_the_api_has_no_tables(catalogue: Rows) -> None:
    kinds = {(r["name"].split(".")[0], r["relkind"]) for r in catalogue.relations()}
    assert ("credits_private", "r") in kinds
    assert [kind for schema, kind in kinds if schema == "credits" and kind != "v"] == []


def test_no_sequence_and_no_identity(catalogue: Rows) -> None:
    assert [r["name"] for r in catalogue.relations() if r["relkind"] == "S"] == []
    assert [c for c in catalogue.columns() if c["is_identity"]] == []


def test_every_table_and_column_has_a_comment(catalogue: Rows) -> None:
    assert [r["name"] for r in catalogue.relations() if not r["comment"]] == []
    assert [(c["relation"], c["name"]) for c in catalogue.columns() if not c["comment"]] == []


def test_row_level_security_is_on_everywhere(catalogue: Rows) -> None:
    assert [t["name"] for t in catalogue.tables() if not t["has_rls"]] == []
    policies = catalogue.ask(
        "select schemaname, tablename, policyname from pg_policies"
        " where schemaname in ('credits', 'credits_private')"
    )
    assert policies == []


def test_every_table_has_a_primary_key(catalogue: Rows) -> None:
    with_key = {i["relation"] for i in catalogue.unique_indexes() if i["is_primary"]}
    assert {t["name"] for t in catalogue.tables()} == with_key


def test_keys_of_account_tables_begin_with_the_account(catalogue: Rows) -> None:
    about_accounts = {c["relation"] for c in catalogue.columns() if c["name"] == "account_id"}
    wrong = {
        index["relation"]: (index["name"], index["columns"])
        for index in catalogue.unique_indexes()
        if index["relation"] in about_accounts and index["columns"][0] != "account_id"
    }
    assert set(wrong) == set(KEYS_OF_THE_PROVIDER), wrong


def test_ids_compare_by_bytes(catalogue: Rows) -> None:
    """Keys are text in collation "C": cheaper, and independent of the system's library."""
    ids = [c for c in catalogue.columns() if c["name"] in {"account_id", "idempotency_key"}]
    assert {c["name"] for c in ids} == {"account_id", "idempotency_key"}
    assert [c for c in ids if (c["type"], c["collation"]) != ("text", "C")] == []


def test_every_text_in_a_key_compares_by_bytes(catalogue: Rows) -> None:
    keys = {(i["relation"], name) for i in catalogue.unique_indexes() for name in i["columns"]}
    wrong = [
        c
        for c in catalogue.columns()
        if (c["relation"], c["name"]) in keys and c["type"] == "text" and c["collation"] != "C"
    ]
    assert wrong == []


def test_column_types(catalogue: Rows) -> None:
    columns = catalogue.columns()
    assert [c for c in columns if c["type"] not in TYPES] == []
    small = {(c["relation"], c["name"]) for c in columns if c["type"] == "integer"}
    assert small == SMALL_NUMBERS
    fractions = [(c["relation"], c["name"]) for c in columns if c["type"] == "numeric"]
    assert fractions == [("credits_private.rate_cards", "base")]


def test_foreign_keys_are_indexed_and_restrict(catalogue: Rows) -> None:
    assert unindexed_or_implicit(catalogue.foreign_keys()) == []


def test_a_careless_foreign_key_would_be_found(catalogue: Rows) -> None:
    catalogue.conn.execute(
        'create table credits_private.bad (account_id text collate "C",'
        " pool text constraint no_index references credits_private.pools on delete restrict,"
        " a text constraint no_action references credits_private.accounts,"
        " b text constraint cascades references credits_private.accounts on delete cascade,"
        " c text constraint good references credits_private.accounts on delete restrict)"
    )
    for column in "abc":
        catalogue.conn.execute(f"create index on credits_private.bad ({column})")
    assert unindexed_or_implicit(catalogue.foreign_keys()) == ["cascades", "no_action", "no_index"]


@pytest.mark.parametrize("role", ["credits_owner", None], ids=["owner", "superuser"])
@pytest.mark.parametrize(
    "statement",
    [
        "update credits_private.ledger set metadata = '{}' where account_id = 'a'",
        "update credits_private.ledger set amount = 1 where account_id = 'a'",
        "update credits_private.ledger set metadata = null, actor = 'x' where account_id = 'a'",
        "update credits_private.ledger set metadata = '{\"a\": 1.0}' where account_id = 'a'",
        "update credits_private.ledger set metadata = null, allocations = '[[1, 5.0]]'",
        "delete from credits_private.ledger where account_id = 'a'",
        "truncate credits_private.ledger",
        "merge into credits_private.ledger l using (select 1) s on l.account_id = 'a'"
        " when matched then delete",
        "insert into credits_private.ledger select * from credits_private.ledger"
        " on conflict (account_id, entry_id) do update set amount = 0",
    ],
)
def test_the_ledger_cannot_be_changed(catalogue: Rows, role: str | None, statement: str) -> None:
    catalogue.ask("select credits.grant_credits('a', 5, p_metadata => '{\"a\": 1}')")
    before = catalogue.ask("select l::text from credits_private.ledger l")
    assert len(before) == 1
    if role:
        catalogue.conn.execute(f"set role {role}")
    with pytest.raises(psycopg.DatabaseError) as refused:
        catalogue.conn.execute(statement)
    error = from_database(refused.value)
    assert isinstance(error, AppendOnly)
    assert error.values["table"] == "ledger"
    assert catalogue.ask("select l::text from credits_private.ledger l") == before


@pytest.mark.parametrize("role", ["credits_owner", None], ids=["owner", "superuser"])
def test_metadata_can_be_taken_out_of_the_ledger_once(catalogue: Rows, role: str | None) -> None:
    catalogue.ask("select credits.grant_credits('a', 5, p_metadata => '{\"a\": 1}')")
    rest = "select to_jsonb(l) - 'metadata' as entry from credits_private.ledger l"
    before = catalogue.ask(rest)
    if role:
        catalogue.conn.execute(f"set role {role}")
    erase = "update credits_private.ledger set metadata = null"
    assert catalogue.conn.execute(erase).rowcount == 1
    assert catalogue.ask(rest) == before
    with pytest.raises(psycopg.DatabaseError) as refused:
        catalogue.conn.execute(erase)
    assert isinstance(from_database(refused.value), AppendOnly)
