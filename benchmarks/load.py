"""Accounts to spend from, in pgcredits and in the two things that it is compared with.

One account of each kind is made by the API; the others are copies of its rows. That is a hundred
times faster than calls, and `credits.verify` looks at some of the copies afterwards.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psycopg
from psycopg import sql

from pgcredits import migrate, rpc

if TYPE_CHECKING:
    from collections.abc import Mapping

Connection = psycopg.Connection[Any]

# What the account ids of each case are made of, with a number: md5 values, as uuids.
SPREAD, ONE_LOT, MANY_LOTS = "all-", "one-", "many-"
SWEPT = "swept-"
# The scripts run as this role: a superuser passes every permission check without being asked, which
# would flatter the baselines, while ours runs as its owner whoever calls.
ROLE = "credits_service"
CREDITS = 100_000_000  # of each account: more than any run can spend
_SQL = Path(__file__).parent / "sql"
_TABLES = ("accounts", "lots", "ledger")
_CHECKED = 5


def load(dsn: str, accounts: int) -> None:
    """Install pgcredits and the baselines, with ``accounts`` accounts of one lot in each.

    Their prefix is ``SPREAD``, here and in the baselines.
    """
    migrate.apply(dsn)
    with psycopg.connect(dsn) as conn:
        for name in ("floor", "two_columns"):
            conn.execute((_SQL / f"{name}.sql").read_bytes())
            _permit(conn, name)
        conn.execute(
            "insert into floor.accounts (account_id, balance)"
            " select md5(%s || n)::uuid::text, %s from generate_series(1, %s) as n",
            (SPREAD, CREDITS, accounts),
        )
        conn.execute(
            "insert into two_columns.profiles (id, subscription_balance, purchased_balance)"
            " select md5(%s || n)::uuid, %s, %s from generate_series(1, %s) as n",
            (SPREAD, CREDITS, CREDITS, accounts),
        )
        # The logs begin with what gave the credits, as ours does: inserts into empty indexes, all
        # of whose pages are in use already, would be cheaper than they ever are again. For the same
        # reason their keys are random numbers, as those of the spends are.
        conn.execute(
            "insert into floor.ledger (account_id, entry_id, amount, idempotency_key)"
            " select a.account_id, %(credits)s + 1, %(credits)s,"
            " (random() * 9000000000000000000)::bigint"
            " from floor.accounts a",
            {"credits": CREDITS},
        )
        conn.execute(
            "insert into two_columns.transactions"
            " (user_id, amount, type, description, reference_id, idempotency_key)"
            " select p.id, %s, 'purchase', 'pack', 'order-' || p.id,"
            " (random() * 9000000000000000000)::bigint"
            " from two_columns.profiles p",
            (CREDITS,),
        )
        _load_accounts(conn, prefix=SPREAD, accounts=accounts, lots=1)
    _vacuum(dsn)


def load_lots(dsn: str, accounts: int, lots: int) -> None:
    """Add ``accounts`` accounts with one lot (``ONE_LOT``), and as many with ``lots``.

    The latter (``MANY_LOTS``) make the ledger far larger than that of the baselines, so what is
    compared with those has to be measured before.
    """
    with psycopg.connect(dsn) as conn:
        _load_accounts(conn, prefix=ONE_LOT, accounts=accounts, lots=1)
        _load_accounts(conn, prefix=MANY_LOTS, accounts=accounts, lots=lots)
    _vacuum(dsn)


def load_due(dsn: str, load: int, accounts: int, lots: int) -> None:
    """Add ``accounts`` accounts with ``lots`` lots each that have all expired just now.

    Each has one lot that never expires besides. ``load`` numbers such loads: their accounts are
    called ``swept_prefix(load)``, with the numbers 2 and up; the first is a pattern, and not due.
    """
    prefix = swept_prefix(load)
    with psycopg.connect(dsn) as conn:
        first = _account_id(conn, prefix, 1)
        for number in range(lots + 1):
            ends = "now() + interval '1 hour'" if number else "null"
            conn.execute(
                sql.SQL(
                    "select credits.grant_credits(%s, 1000, p_expires_at => {ends},"
                    " p_idempotency_key => %s)"
                ).format(ends=sql.SQL(ends)),
                (first, f"{number:019}"),
            )
        ended = sql.SQL("case when isfinite({0}) then now() else {0} end")
        past = {
            name: ended.format(sql.Identifier(name)) for name in ("expires_at", "next_event_at")
        }
        for table in _TABLES:
            _copy_rows(conn, table, first, prefix, accounts=accounts + 1, instead=past)
    _vacuum(dsn)


def swept_prefix(load: int) -> str:
    """Return what the account ids of a load of due lots are made of."""
    return f"{SWEPT}{load}-"


def verify(dsn: str) -> None:
    """Ask ``credits.verify`` about the hot account and some more of each kind.

    Raises `click.ClickException` when it finds anything.
    """
    with psycopg.connect(dsn) as conn:
        conn.execute("analyze")  # which autovacuum, being off, has not done
        for prefix in (SPREAD, ONE_LOT, MANY_LOTS, swept_prefix(1), swept_prefix(2)):
            for number in range(1, _CHECKED + 1):
                findings = rpc.verify(conn, _account_id(conn, prefix, number))
                if findings:
                    raise click.ClickException(f"verify() found {findings[0]}")


def _permit(conn: Connection, schema: str) -> None:
    """Let the role of the scripts use a baseline."""
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(ROLE)}
    conn.execute(sql.SQL("grant usage on schema {schema} to {role}").format(**names))
    conn.execute(
        sql.SQL("grant select, insert, update on all tables in schema {schema} to {role}").format(
            **names
        )
    )


def _vacuum(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("vacuum (analyze)")


def _load_accounts(conn: Connection, *, prefix: str, accounts: int, lots: int) -> None:
    first = _account_id(conn, prefix, 1)
    for number in range(lots):
        # Every lot has an expiry of its own, so that their order matters.
        conn.execute(
            "select credits.grant_credits("
            " %s, %s, p_expires_at => now() + %s * interval '1 day', p_idempotency_key => %s)",
            (first, CREDITS // lots, 1000 + number, f"{number:019}"),
        )
    for table in _TABLES:
        _copy_rows(conn, table, first, prefix, accounts=accounts)


def _copy_rows(
    conn: Connection,
    table: str,
    first: str,
    prefix: str,
    *,
    accounts: int,
    instead: Mapping[str, sql.Composable] | None = None,
) -> None:
    """Give accounts 2 to ``accounts`` the rows that the first one has.

    ``instead`` has expressions for columns that are to differ.
    """
    columns = {
        name: sql.Identifier(name)
        for (name,) in conn.execute(
            "select a.attname from pg_attribute a"
            " where a.attrelid = %s::regclass and a.attnum > 1 and not a.attisdropped"
            " order by a.attnum",
            (f"credits_private.{table}",),
        )
    }
    values = columns | {name: text for name, text in (instead or {}).items() if name in columns}
    conn.execute(
        sql.SQL(
            "insert into credits_private.{table} (account_id, {columns})"
            " select md5(%s || n)::uuid::text, {values}"
            " from generate_series(2, %s) as n"
            " cross join credits_private.{table} t"
            " where t.account_id = %s"
            " order by n, {number}"
        ).format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(columns.values()),
            values=sql.SQL(", ").join(values.values()),
            number=next(iter(columns.values())),
        ),
        (prefix, accounts, first),
    )


def _account_id(conn: Connection, prefix: str, number: int) -> str:
    row = conn.execute("select md5(%s || %s)::uuid::text", (prefix, str(number))).fetchone()
    assert row is not None
    return str(row[0])
