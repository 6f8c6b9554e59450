"""The relay with a real database: what is answered is what is stored."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgcredits import db, migrate, rpc
from pgcredits.demo import events
from pgcredits.errors import InvalidArgument
from tests.relay.support import NOW, Endpoint, listening, pack
from tests.waiting import wait_until, wait_until_blocked

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.conftest import Server


def stored(conn: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    return conn.execute(
        "select e.event_id, e.payload from credits_private.stripe_events e order by e.event_id"
    ).fetchall()


def test_a_purchase_becomes_credits(endpoint: Endpoint, credits: Credits) -> None:
    answer = endpoint.deliver(pack())
    assert (answer.status_code, answer.json()["outcome"]) == (200, "applied")
    assert credits.pools("alice") == {"purchased": 100}
    assert stored(credits.conn) == [(pack()["id"], events.body(pack()))]


def test_the_same_event_from_twenty_workers_is_one_grant(
    endpoint: Endpoint, credits: Credits
) -> None:
    with ThreadPoolExecutor(20) as workers:
        answers = list(workers.map(endpoint.deliver, [pack()] * 20))
    assert [answer.status_code for answer in answers] == [200] * 20
    outcomes = sorted(answer.json()["outcome"] for answer in answers)
    assert outcomes == ["applied"] + ["duplicate"] * 19
    assert credits.balance("alice") == 100
    assert [kind for kind, _ in credits.booked("alice")].count("grant") == 1


def test_nul_characters_are_stored_to_the_letter(endpoint: Endpoint, credits: Credits) -> None:
    event = events.event("product.updated", {"id": "prod_1", "name": "a\u0000b"}, created=NOW)
    answer = endpoint.deliver(event)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "applied")
    assert stored(credits.conn) == [(event["id"], events.body(event))]


def test_text_that_postgres_cannot_hold_is_a_bad_request(
    endpoint: Endpoint, credits: Credits
) -> None:
    answer = endpoint.deliver_text(events.body(pack()).replace("buyer@example.com", "\\ud800"))
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_argument")
    assert stored(credits.conn) == []


def test_the_database_checks_the_mode_as_well(credits: Credits) -> None:
    with pytest.raises(InvalidArgument):
        credits.ingest_stripe_event(events.body(pack(livemode=False)), livemode=True)
    assert stored(credits.conn) == []
    assert credits.balance("alice") == 0


def test_a_locked_account_is_a_503_and_the_next_try_works(
    webhook_dsn: str, credits: Credits
) -> None:
    credits.open_account("alice")
    holder = credits.connect()
    with listening(webhook_dsn, lock_timeout=0.2) as endpoint:
        with holder.conn.transaction():
            holder.grant_credits("alice", 1)
            answer = endpoint.deliver(pack())
            assert (answer.status_code, answer.json()["reason"]) == (503, "timeout")
            assert stored(credits.conn) == []
        assert endpoint.deliver(pack()).json()["outcome"] == "applied"
    assert credits.pools("alice") == {"promotional": 1, "purchased": 100}


def test_a_statement_that_takes_too_long_is_a_503(webhook_dsn: str, credits: Credits) -> None:
    credits.open_account("alice")
    holder = credits.connect()
    with (
        listening(webhook_dsn, lock_timeout=60, statement_timeout=0.2) as endpoint,
        holder.conn.transaction(),
    ):
        holder.grant_credits("alice", 1)
        answer = endpoint.deliver(pack())
    assert (answer.status_code, answer.json()["reason"]) == (503, "timeout")
    assert stored(credits.conn) == []


def test_a_busy_pool_is_a_503(webhook_dsn: str, credits: Credits) -> None:
    credits.open_account("alice")
    holder = credits.connect()
    with (
        listening(webhook_dsn, pool_size=1, pool_timeout=0.2, lock_timeout=60) as endpoint,
        ThreadPoolExecutor(1) as worker,
    ):
        with holder.conn.transaction():
            holder.grant_credits("alice", 1)
            first = worker.submit(endpoint.deliver, pack())
            wait_until_blocked(credits.conn, holder.pid)
            answer = endpoint.deliver(pack(payment_intent="pi_other"))
            assert (answer.status_code, answer.json()["reason"]) == (503, "no_connection")
        assert first.result().json()["outcome"] == "applied"


def test_a_database_that_is_away_is_a_503(closed_port: int) -> None:
    away = f"postgresql://postgres@127.0.0.1:{closed_port}/none"
    with listening(away, pool_timeout=0.2) as endpoint:
        answer = endpoint.deliver(pack())
        assert (answer.status_code, answer.json()["reason"]) == (503, "no_connection")
        assert endpoint.get("/readyz").status_code == 503
        assert endpoint.get("/healthz").status_code == 200


def test_a_restart_of_the_database_is_survived(endpoint: Endpoint, credits: Credits) -> None:
    assert endpoint.deliver(pack()).status_code == 200
    terminate_relay(credits.conn)
    answer = endpoint.deliver(pack())
    assert (answer.status_code, answer.json()["outcome"]) == (200, "duplicate")


def test_a_database_that_comes_back_is_used_again(
    webhook_dsn: str, credits: Credits, pg_server: Server
) -> None:
    with (
        psycopg.connect(pg_server.dsn(), autocommit=True) as outside,
        listening(webhook_dsn, pool_timeout=0.2) as endpoint,
    ):
        assert endpoint.deliver(pack()).json()["outcome"] == "applied"
        allow_connections(outside, credits, allowed=False)
        terminate_relay(credits.conn)
        assert endpoint.deliver(pack()).status_code == 503
        allow_connections(outside, credits, allowed=True)
        wait_until(lambda: endpoint.deliver(pack()).status_code == 200, "the relay recovers")
        assert endpoint.deliver(pack()).json()["outcome"] == "duplicate"


def test_nothing_is_lost_while_the_database_is_away(
    webhook_dsn: str, credits: Credits, pg_server: Server
) -> None:
    """Stripe's way: whatever is not answered with 200 is sent again, by several senders at once."""
    purchases = [pack(payment_intent=f"pi_{n}", account=f"account {n % 5}") for n in range(40)]
    away = threading.Event()
    refused: list[str] = []

    def send(event: events.Event) -> None:
        def is_taken() -> bool:
            status = endpoint.deliver(event).status_code
            assert status in {200, 503}
            if status == 503:
                refused.append(event["id"])
                away.set()
            return status == 200

        wait_until(is_taken, "the event is taken", timeout=60)

    with (
        psycopg.connect(pg_server.dsn(), autocommit=True) as outside,
        listening(webhook_dsn, pool_timeout=0.2) as endpoint,
        ThreadPoolExecutor(4) as senders,
    ):
        taken = [senders.submit(send, event) for event in purchases[:20]]
        allow_connections(outside, credits, allowed=False)
        terminate_relay(credits.conn)
        taken += [senders.submit(send, event) for event in purchases[20:]]
        assert away.wait(60)
        allow_connections(outside, credits, allowed=True)
        for one in taken:
            one.result()
    assert refused
    assert [credits.balance(f"account {n}") for n in range(5)] == [800] * 5
    assert len(stored(credits.conn)) == 40


def allow_connections(outside: psycopg.Connection[Any], credits: Credits, *, allowed: bool) -> None:
    outside.execute(
        psycopg.sql.SQL("alter database {} with allow_connections {}").format(
            psycopg.sql.Identifier(credits.conn.info.dbname), allowed
        )
    )


def terminate_relay(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "select pg_terminate_backend(a.pid) from pg_stat_activity a"
        " where a.application_name = 'pgcredits relay' and a.datname = current_database()"
    )


def test_a_migrated_database_is_ready(endpoint: Endpoint) -> None:
    answer = endpoint.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"


def test_an_empty_database_is_not_ready(empty_dsn: str) -> None:
    with listening(empty_dsn) as endpoint:
        answer = endpoint.get("/readyz")
        assert (answer.status_code, answer.json()["reason"]) == (503, "schema_missing")
        answer = endpoint.deliver(pack())
        assert (answer.status_code, answer.json()["reason"]) == (503, "schema_missing")


def test_a_role_without_rights_is_not_ready(dsn: str) -> None:
    with listening(make_conninfo(dsn, options="-c role=credits_user")) as endpoint:
        answer = endpoint.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "permission_denied")


def test_another_schema_is_not_ready(
    endpoint: Endpoint, credits: Credits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate.files, "fingerprint", lambda: "0" * 64)
    answer = endpoint.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "schema_differs")
    assert answer.json()["migration"] == credits.schema_version().migration


def test_nothing_is_left_in_a_session(webhook_dsn: str) -> None:
    """Behind a transaction pooler a setting or a prepared statement would reach somebody else."""
    with db.create_pool(webhook_dsn, application_name="test", max_size=1, timeout=5) as pool:
        for _ in range(8):
            with pool.connection() as conn:
                db.limit_transaction(conn, statement_timeout=1.5, lock_timeout=0.25)
                assert setting(conn, "statement_timeout") == "1500ms"
                assert setting(conn, "lock_timeout") == "250ms"
                rpc.schema_version(conn)
        with pool.connection() as conn:
            assert setting(conn, "statement_timeout") == "0"
            assert setting(conn, "lock_timeout") == "0"
            assert conn.execute("select p.name from pg_prepared_statements p").fetchall() == []


def setting(conn: psycopg.Connection[Any], name: str) -> Any:
    row = conn.execute("select current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return row[0]
