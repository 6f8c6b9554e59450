"""Whatever is sent to what the OpenAPI document describes: no server error, no right too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.client import Credits
from tests.http.clients import token
from tests.http.test_attacks import _state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.http.conftest import Project

_NUMBERS = st.one_of(
    st.integers(-3, 12),
    st.sampled_from([2**31, 2**53 - 1, 2**53, 2**63 - 1, -(2**63)]),
    st.floats(allow_nan=False, allow_infinity=False),
)
_WORDS = st.one_of(
    st.sampled_from(
        ["ann", "bob", "", "usd", "purchased", "infinity", "-infinity", "now", "x" * 300]
    ),
    st.datetimes().map(lambda instant: instant.isoformat() + "Z"),
    st.text(max_size=12),
)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=6,
)
_OF_TYPE = {
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "boolean": st.booleans(),
    "string": _WORDS,
}
_QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as http:
        yield http


def _functions(project: Project, client: httpx.Client, role: str) -> dict[str, dict[str, Any]]:
    """Schemas of the arguments by function, as the document has them."""
    document = client.get(
        project.url,
        headers={
            "Authorization": f"Bearer {token(role)}",
            "Accept": "application/openapi+json",
        },
    ).json()
    return {
        path: next(p for p in methods["post"]["parameters"] if p.get("in") == "body")["schema"].get(
            "properties", {}
        )
        for path, methods in document["paths"].items()
        if path != "/"
    }


@st.composite
def _bodies(draw: st.DrawFn, arguments: dict[str, Any]) -> dict[str, Any]:
    body = {}
    for name, schema in arguments.items():
        kind = draw(st.sampled_from(["typed", "typed", "typed", "anything", "none"]))
        if kind == "typed":
            body[name] = draw(_OF_TYPE.get(schema.get("type", ""), _ANYTHING))
        elif kind == "anything":
            body[name] = draw(_ANYTHING)
    return body


@pytest.mark.parametrize("role", ["service_role", "credits_admin", "authenticated"])
def test_no_request_is_a_server_error(project: Project, client: httpx.Client, role: str) -> None:
    functions = _functions(project, client, role)
    headers = {"Authorization": f"Bearer {token(role, 'ann')}"}

    @_QUIET
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(functions)))
        body = data.draw(_bodies(functions[path]))
        answer = client.post(f"{project.url}{path}", json=body, headers=headers)
        assert answer.status_code < 500, (path, body, answer.text)

    send()
    with psycopg.connect(project.dsn, autocommit=True) as conn:
        assert Credits(conn).verify() == []


def test_whoever_has_no_right_changes_nothing(project: Project, client: httpx.Client) -> None:
    functions = _functions(project, client, "service_role") | _functions(
        project, client, "credits_admin"
    )
    with psycopg.connect(project.dsn, autocommit=True) as conn:
        before = _state(Credits(conn))
        reads = conn.execute(
            "select '/rpc/' || p.proname from pg_proc p"
            " where p.pronamespace = 'credits'::regnamespace and p.provolatile = 's'"
        )
        readable = {path for (path,) in reads}

        @_QUIET
        @given(data=st.data())
        def send(data: st.DataObject) -> None:
            path = data.draw(st.sampled_from(sorted(functions)))
            role = data.draw(st.sampled_from([None, "anon", "authenticated", "credits_reader"]))
            headers = {"Authorization": f"Bearer {token(role, 'ann')}"} if role else {}
            body = data.draw(_bodies(functions[path]))
            answer = client.post(f"{project.url}{path}", json=body, headers=headers)
            assert answer.status_code < 500, (path, body, answer.text)
            assert (
                answer.status_code >= 400
                or (role == "credits_reader" and path in readable)
                or (path == "/rpc/schema_version")
            )

        send()
        assert _state(Credits(conn)) == before
