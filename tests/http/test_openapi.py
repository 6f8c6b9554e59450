"""The document that PostgREST makes of our comments is one that a developer can work with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.contract.test_rights import ON_SUPABASE
from tests.http.calls import SAMPLES
from tests.http.clients import token

if TYPE_CHECKING:
    from tests.http.conftest import Project


def _document(project: Project, role: str | None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token(role)}"} if role else {}
    document: dict[str, Any] = httpx.get(
        project.url, headers=headers | {"Accept": "application/openapi+json"}, timeout=60
    ).json()
    return document


@pytest.mark.parametrize("role", [None, "authenticated", "service_role", "credits_admin"])
def test_it_shows_each_caller_what_it_may_call(project: Project, role: str | None) -> None:
    document = _document(project, role)
    shown = {path.removeprefix("/rpc/") for path in document["paths"] if path != "/"}
    assert shown == ON_SUPABASE[role or "anon"]
    assert document.get("definitions", {}) == {}


@pytest.mark.parametrize("role", ["service_role", "credits_admin", "credits_webhook"])
def test_every_function_and_argument_is_described(project: Project, role: str) -> None:
    for path, methods in _document(project, role)["paths"].items():
        if path == "/":
            continue
        post = methods["post"]
        name = path.removeprefix("/rpc/")
        assert 20 <= len(post["summary"]) <= 400, name
        [body] = [p for p in post["parameters"] if p.get("in") == "body"]
        properties = body["schema"].get("properties", {})
        sample = SAMPLES[name]
        assert set(sample.required) | set(sample.others) <= set(properties), name
        assert all(
            argument.get("type") or argument.get("format") for argument in properties.values()
        )
        assert set(body["schema"].get("required", [])) <= set(sample.required), name
