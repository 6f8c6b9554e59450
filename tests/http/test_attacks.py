"""Everybody tries everything: exactly the matrix is possible over HTTP, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from psycopg import sql

from tests.contract.test_rights import ON_SUPABASE
from tests.http.calls import SAMPLES, filled
from tests.http.clients import token

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.http.conftest import Project

CALLERS = (
    "anon",
    "authenticated",
    "service_role",
    "credits_admin",
    "credits_reader",
    "credits_webhook",
)
# Texts that would do harm in a statement that is put together.
_TRICKS = (
    "'; drop table credits_private.ledger; --",
    "$$; select 1; $$",
    "%s %I %L",
    "\\'; rollback; --",
    "{}",
    "[1,2]",
    "null",
    "\u202e\u0001",
)


def _state(database: Credits) -> dict[str, str]:
    """Everything that is stored, table by table."""
    tables = database.conn.execute(
        "select c.relname from pg_class c"
        " where c.relnamespace = 'credits_private'::regnamespace and c.relkind = 'r'"
    ).fetchall()
    return {
        table: str(
            database.conn.execute(
                sql.SQL("select md5(string_agg(t::text, ',' order by t::text)) from {} t").format(
                    sql.Identifier("credits_private", table)
                )
            ).fetchone()
        )
        for (table,) in tables
    }


def _post(project: Project, path: str, role: str | None, body: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token(role, 'thief')}"} if role else {}
    return httpx.post(f"{project.url}/{path}", json=body, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def victim(project: Project) -> str:
    with psycopg.connect(project.dsn, autocommit=True) as conn:
        conn.execute("select credits.grant_credits('victim', 100)")
    return "victim"


@pytest.mark.parametrize("role", [None, *CALLERS])
def test_what_is_not_in_the_matrix_changes_nothing(
    project: Project, database: Credits, victim: str, role: str | None
) -> None:
    allowed = ON_SUPABASE[role or "anon"]
    before = _state(database)
    for name, sample in SAMPLES.items():
        if name in allowed:
            continue
        answer = _post(project, f"rpc/{name}", role, sample.arguments("all", victim))
        assert answer.status_code == (403 if role not in (None, "anon") else 401), name
        assert answer.json()["code"] == "42501", name
        assert victim not in answer.text
    assert _state(database) == before


@pytest.mark.parametrize("role", [None, *CALLERS])
def test_no_table_is_served(
    project: Project, database: Credits, victim: str, role: str | None
) -> None:
    tables = _state(database)
    assert "ledger" in tables
    headers = {"Authorization": f"Bearer {token(role, victim)}"} if role else {}
    for table in tables:
        for profile in ("credits", "credits_private", "public"):
            answer = httpx.get(
                f"{project.url}/{table}", headers=headers | {"Accept-Profile": profile}, timeout=60
            )
            # 400: a row type of the API has the name of the table.
            assert answer.status_code in (400, 401, 403, 404, 406), (table, profile)
            assert victim not in answer.text


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_text_is_run(project: Project, database: Credits, account: str, name: str) -> None:
    """Every text argument in turn holds every trick: an answer or a refusal, no server error."""
    sample = SAMPLES[name]
    arguments = sample.arguments("all", account)
    for argument, value in arguments.items():
        if not isinstance(value, str):
            continue
        for trick in _TRICKS:
            answer = _post(project, f"rpc/{name}", sample.role, arguments | {argument: trick})
            assert answer.status_code < 500, (argument, trick, answer.text)
    assert database.conn.execute("select count(*) > 0 from credits_private.ledger").fetchone()


def test_objects_of_a_session_shadow_nothing(project: Project, account: str) -> None:
    """A caller with a session of its own puts functions, tables and types in our way."""
    with psycopg.connect(project.login("postgres_of_the_project")) as conn:
        conn.execute("grant temporary on database project to service_role")
        conn.execute("set role service_role")
        conn.execute("create temporary table ledger (account_id text)")
        conn.execute("create temporary table accounts (account_id text)")
        conn.execute(
            "create function pg_temp.clock_timestamp() returns timestamptz language sql as"
            " $$ select 'infinity'::timestamptz $$"
        )
        conn.execute("set search_path = pg_temp, public, pg_catalog")
        row = conn.execute(
            "select r.kind, r.available from credits.grant_credits(%s, 5) as r", (account,)
        ).fetchone()
        assert row == ("grant", 5)
        assert conn.execute("select count(*) from ledger").fetchone() == (0,)
        conn.rollback()


def test_json_of_another_shape_is_refused_by_name(project: Project, account: str) -> None:
    for body in (
        {"p_metadata": "text"},
        {"p_metadata": [1]},
        {"p_metadata": {"a": "x" * 20_000}},
    ):
        answer = _post(
            project,
            "rpc/grant_credits",
            "service_role",
            {"p_account_id": account, "p_amount": 1, **body},
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "PT400")
        assert "p_metadata" in answer.json()["details"]


def test_an_array_as_body_does_not_repeat_a_call(
    project: Project, database: Credits, account: str
) -> None:
    call = filled({"p_account_id": "{account}", "p_amount": 1}, account)
    _post(project, "rpc/grant_credits", "service_role", [call, call, call])
    assert database.get_balance(account).available in (0, 1)


@pytest.mark.parametrize("verb", ["get", "put", "patch", "delete", "head"])
def test_only_post_writes(project: Project, database: Credits, account: str, verb: str) -> None:
    """A link in a mail, or a prefetch, must not grant or spend."""
    before = _state(database)
    httpx.request(
        verb,
        f"{project.url}/rpc/grant_credits?p_account_id={account}&p_amount=5",
        headers={"Authorization": f"Bearer {token('service_role')}"},
        timeout=60,
    )
    assert _state(database) == before
