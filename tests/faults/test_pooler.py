"""PgBouncer in transaction mode: many clients share a few sessions of the server."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.errors import InvalidSqlStatementName

from pgcredits import db, migrate
from pgcredits.errors import InsufficientCredits
from pgcredits.migrate.errors import MigrateError
from tests.client import Credits
from tests.concurrency.deliveries import delivery, purchase
from tests.concurrency.sessions import ask
from tests.concurrency.writers import SITUATIONS, SWEEP, WRITERS, On, price_pages
from tests.faults.load import background, ended, repeat, wait_for_more
from tests.faults.pgbouncer import PgBouncer
from tests.history.check import check
from tests.history.load import run
from tests.history.record import (
    BY_BATCH,
    BY_CALLER,
    Acknowledged,
    History,
    Recorder,
    Refused,
    Undone,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Server

CLIENTS = 24
POOL_SIZE = 3
KILLS = 12
ACCOUNTS = ["ann", "bob", "cid", "dan", "eve", "fay"]
_POOL = (
    "select pid from pg_stat_activity"
    " where application_name = 'pgcredits' and datname = current_database()"
)
# What a session could keep from its last client; PgBouncer itself keeps the settings left out.
_SESSION = """
select session_user, current_user,
       (select array_agg(array[s.name, s.setting] order by s.name) from pg_settings s
         where s.source = 'session'
           and s.name not in ('application_name', 'client_encoding', 'DateStyle', 'TimeZone')),
       current_setting('search_path'), current_setting('statement_timeout'),
       current_setting('lock_timeout'), current_setting('role'),
       nullif(current_setting('request.jwt.claims', true), ''),
       (select count(*) from pg_prepared_statements), (select count(*) from pg_cursors),
       (select count(*) from pg_locks l where l.pid = pg_backend_pid() and l.locktype = 'advisory'),
       (select count(*) from pg_listening_channels()),
       (select count(*) from pg_class c where c.relpersistence = 't'),
       pg_my_temp_schema()
"""


@pytest.fixture(scope="module")
def pgbouncer(pg_server: Server) -> Iterator[PgBouncer]:
    with PgBouncer(pg_server, POOL_SIZE) as running:
        yield running


@pytest.fixture
def pooled(pgbouncer: PgBouncer, dsn: str) -> str:
    """The database of ``dsn``, through the pooler."""
    return pgbouncer.dsn(dsn)


@pytest.fixture
def client(pooled: str) -> Iterator[Credits]:
    with _connect(pooled) as conn:
        yield Credits(conn)


def _connect(pooled: str) -> psycopg.Connection[Any]:
    """A client's connection as the package makes it."""
    conn = db.connect(pooled)
    conn.autocommit = True
    return conn


def test_many_clients_on_a_few_sessions_of_the_server(credits: Credits, pooled: str) -> None:
    history = History()
    run(
        history,
        lambda: _connect(pooled),
        seed="pooled",
        sessions=CLIENTS,
        calls=20,
        accounts=ACCOUNTS,
    )
    assert 1 < len(credits.conn.execute(_POOL).fetchall()) <= POOL_SIZE
    check(history, credits)
    ends = {type(one.outcome) for one in history.invocations}
    assert ends == {Acknowledged, Refused, Undone}
    undone = {one.outcome.why for one in ended(history, Undone) if isinstance(one.outcome, Undone)}
    assert {BY_CALLER} <= undone <= {BY_BATCH, BY_CALLER}
    booked = next(one for one in ended(history, Acknowledged) if one.receipt and one.call.key)
    with Recorder(history, lambda: _connect(pooled)) as session:
        again = session.retry(booked.call)
    assert isinstance(again, Acknowledged)
    assert again.answer.is_replay


@pytest.mark.slow
def test_sessions_of_the_server_that_die_behind_the_pooler(credits: Credits, pooled: str) -> None:
    history = History()

    def connect() -> psycopg.Connection[Any]:
        return _connect(pooled)

    killed = 0
    with background(history, connect, seed="killed", sessions=CLIENTS, accounts=ACCOUNTS):
        while killed < KILLS:
            wait_for_more(history, 20)
            working = credits.conn.execute(f"{_POOL} and state <> 'idle'").fetchone()
            if working:
                credits.conn.execute("select pg_terminate_backend(%s)", working)
                killed += 1
    assert ended(history, Unknown)
    repeat(history, connect, ended(history, Unknown))
    check(history, credits)


def test_a_statement_that_was_prepared_in_another_session(
    credits: Credits, pgbouncer: PgBouncer, pooled: str
) -> None:
    """Only clients that are told to, or are not told otherwise, prepare; the package never does.

    Since 1.21 PgBouncer prepares the statement in the other session, too. Before, the server says
    that it does not know it, and nothing is booked.
    """
    credits.grant_credits("ann", 100)
    with (
        psycopg.connect(pooled, autocommit=True, prepare_threshold=0) as preparing,
        _connect(pooled) as other,
    ):
        client = Credits(preparing)
        client.deduct_credit("ann", 10)
        with other.transaction():
            # The session that was used last is given away first.
            prepared = other.execute("select name from pg_prepared_statements").fetchall()
            assert prepared
            if pgbouncer.keeps_prepared_statements:
                client.deduct_credit("ann", 10)
            else:
                with pytest.raises(InvalidSqlStatementName):
                    client.deduct_credit("ann", 10)
    assert credits.balance("ann") == (80 if pgbouncer.keeps_prepared_statements else 90)


def test_the_package_prepares_nothing(client: Credits) -> None:
    client.grant_credits("ann", 100)
    for _ in range(20):
        client.deduct_credit("ann", 1)
    row = client.conn.execute("select count(*) from pg_prepared_statements").fetchone()
    assert row == (0,)


def test_a_key_is_known_to_every_client(client: Credits, pooled: str) -> None:
    client.grant_credits("ann", 100)
    with _connect(pooled) as conn, client.conn.transaction():
        first = client.deduct_credit("ann", 10, idempotency_key="job")
        other = Credits(conn)
        other.open_account("bob")
        assert other.available("ann") == 100
    with _connect(pooled) as conn, client.conn.transaction():
        client.available("ann")
        again = Credits(conn).deduct_credit("ann", 10, idempotency_key="job")
    assert again.is_replay
    assert again.entry_id == first.entry_id


def test_a_refusal_is_its_clients_alone(client: Credits, pooled: str) -> None:
    client.grant_credits("ann", 10)
    with pytest.raises(InsufficientCredits) as refusal:
        client.deduct_credit("ann", 11)
    assert refusal.value.values == {"required": 11, "available": 10}
    with _connect(pooled) as conn:
        assert Credits(conn).deduct_credit("ann", 10).balance == 0


def test_a_client_that_leaves_in_its_transaction_leaves_nothing(
    client: Credits, pooled: str
) -> None:
    client.grant_credits("ann", 100)
    lost = db.connect(pooled)
    lost.execute("set local role credits_service")
    Credits(lost).deduct_credit("ann", 10)
    lost.close()
    assert client.deduct_credit("ann", 1).balance == 99


def _everything(client: Credits, name: str) -> None:
    """What applications, PostgREST, the relay and the sweep do; ``name`` is for new accounts."""
    price_pages(client)
    for situation in SITUATIONS:
        account = f"{name}-{situation}"
        SITUATIONS[situation](client, account)
        for command in WRITERS | SWEEP:
            ask(On(command, account), client)
        client.get_balance(account)
        client.entries(account)
        client.list_lots(account)
    delivery(purchase())(client)
    client.verify()
    conn = client.conn
    with conn.transaction():
        conn.execute("set local role credits_service")
        conn.execute("set local search_path = credits")
        conn.execute("""select set_config('request.jwt.claims', '{"sub": "ann"}', true)""")
        client.deduct_credit("ann", 1)
    with conn.transaction():
        db.limit_transaction(conn, statement_timeout=5, lock_timeout=1)
        client.deduct_credit("ann", 1)
    with suppress(InsufficientCredits), conn.transaction():
        conn.execute("set local role credits_service")
        client.deduct_credit("ann", 1_000_000)


def _occupy(stack: ExitStack, pooled: str) -> psycopg.Connection[Any]:
    """Take a session out of the pool, until the stack is unwound."""
    conn = stack.enter_context(_connect(pooled))
    stack.enter_context(conn.transaction())
    conn.execute("select")
    return conn


@pytest.mark.usefixtures("at_noon")
def test_nothing_goes_from_one_client_to_the_next(
    credits: Credits, client: Credits, pooled: str
) -> None:
    """Every session of the pool is looked at, after each has served a client."""
    fresh = credits.conn.execute(_SESSION).fetchone()
    for others in range(POOL_SIZE):
        with ExitStack() as stack:
            for _ in range(others):
                _occupy(stack, pooled)
            _everything(client, f"account-{others}")
    seen = {}
    with ExitStack() as stack:
        for _ in range(POOL_SIZE):
            conn = _occupy(stack, pooled)
            row = conn.execute("select pg_backend_pid()").fetchone()
            assert row is not None
            seen[row[0]] = conn.execute(_SESSION).fetchone()
    assert len(seen) == POOL_SIZE
    assert [*seen.values()] == [fresh] * POOL_SIZE


def test_the_runner_refuses_to_work_through_it(pgbouncer: PgBouncer, empty_dsn: str) -> None:
    with pytest.raises(MigrateError) as refusal:
        migrate.apply(pgbouncer.dsn(empty_dsn))
    assert [problem.code for problem in refusal.value.problems] == ["transaction_pooler"]
