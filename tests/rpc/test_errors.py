"""Refusals of the database as exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgcredits.errors import REGISTRY, CreditsError, InsufficientCredits, from_database

if TYPE_CHECKING:
    from tests.client import Credits


def raised(
    conn: psycopg.Connection[Any], sqlstate: str, detail: str, hint: str = ""
) -> psycopg.Error:
    """Let the server raise an error and return it."""
    with pytest.raises(psycopg.Error) as caught, conn.transaction():
        conn.execute(
            psycopg.sql.SQL(
                "do $$ begin raise exception using errcode = {}, message = 'said', "
                "detail = {}, hint = {}; end $$"
            ).format(sqlstate, detail, hint)
        )
    return caught.value


def test_the_code_in_the_detail_decides(tx: psycopg.Connection[Any]) -> None:
    detail = '{"code": "insufficient_credits", "required": 5, "available": 3}'
    refusal = from_database(raised(tx, "PT402", detail, "buy some"))
    assert isinstance(refusal, InsufficientCredits)
    assert refusal.values == {"required": 5, "available": 3}
    assert (refusal.sqlstate, refusal.message, refusal.hint) == ("PT402", "said", "buy some")
    assert refusal.http_status == 402
    assert str(refusal) == "said (available=3, required=5): buy some"


def test_a_code_of_a_newer_database_is_still_a_refusal(tx: psycopg.Connection[Any]) -> None:
    refusal = from_database(raised(tx, "PT418", '{"code": "teapot", "size": 1}'))
    assert type(refusal) is CreditsError
    assert (refusal.code, refusal.http_status, refusal.values) == ("teapot", 418, {"size": 1})


@pytest.mark.parametrize(
    ("sqlstate", "detail"),
    [
        ("P0001", '{"code": "in_debt"}'),
        ("23505", '{"code": "in_debt"}'),
        ("PT402", ""),
        ("PT402", "in_debt"),
        ("PT402", '["in_debt"]'),
        ("PT402", '{"code": 7}'),
        ("PT402", '{"reason": "in_debt"}'),
    ],
)
def test_errors_of_others_are_left_alone(
    tx: psycopg.Connection[Any], sqlstate: str, detail: str
) -> None:
    assert from_database(raised(tx, sqlstate, detail)) is None


def test_an_error_of_the_driver_is_left_alone() -> None:
    assert from_database(psycopg.OperationalError("connection refused")) is None


@pytest.mark.parametrize("code", REGISTRY)
def test_the_registry_is_that_of_the_database(fast: Credits, code: str) -> None:
    with pytest.raises(psycopg.Error) as caught, fast.conn.transaction():
        fast.conn.execute("select credits_private.fail(%s)", (code,))
    refusal = from_database(caught.value)
    assert type(refusal) is REGISTRY[code]
    known = REGISTRY[code]
    assert (refusal.sqlstate, refusal.message) == (known.sqlstate, known.message)
