"""The two clients that Supabase gives to developers, asked alike."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import httpx
import jwt
from postgrest.exceptions import APIError
from supabase import ClientOptions, create_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supabase import Client

SECRET = "a-secret-of-the-tests-and-of-nothing-else"
_CALLER = Path(__file__).parent / "caller.mjs"


def token(role: str | None, sub: str | None = None, **claims: Any) -> str:
    """Sign an access token as the authentication server would; it ends in ten minutes."""
    given = {"role": role, "sub": sub, "exp": int(time.time()) + 600, **claims}
    return jwt.encode({k: v for k, v in given.items() if v is not None}, SECRET, "HS256")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to: data, or an error with code, message, details and hint.

    ``status`` is the HTTP status; the Python client does not tell that of errors.
    """

    data: Any = None
    error: dict[str, Any] = field(default_factory=dict)
    status: int | None = None

    @property
    def refusal(self) -> dict[str, Any]:
        """DETAIL of a refusal of ours."""
        found: dict[str, Any] = json.loads(self.error["details"])
        return found


class Caller(Protocol):
    """Calls a function of the schema credits as whoever ``access`` (a token) says."""

    def __call__(self, access: str, function: str, arguments: Mapping[str, Any]) -> Answer: ...


class Python:
    """``supabase`` from PyPI."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.Client(timeout=60)
        self._clients: dict[str, Client] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def __call__(self, access: str, function: str, arguments: Mapping[str, Any]) -> Answer:
        if access not in self._clients:
            options = ClientOptions(
                schema="credits", auto_refresh_token=False, httpx_client=self._http
            )
            self._clients[access] = create_client(self._url, access, options)
        try:
            answer = self._clients[access].rpc(function, dict(arguments)).execute()
        except APIError as exc:
            return Answer(error=exc.json())
        return Answer(data=answer.data, status=200)


class JavaScript:
    """``@supabase/supabase-js`` from npm, in one process of node."""

    def __init__(self, url: str, node: str) -> None:
        self._command = [node, str(_CALLER), url]

    def __enter__(self) -> Self:
        self._node = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._node.communicate(timeout=30)

    def __call__(self, access: str, function: str, arguments: Mapping[str, Any]) -> Answer:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        request = {"access": access, "function": function, "arguments": dict(arguments)}
        self._node.stdin.write(json.dumps(request) + "\n")
        self._node.stdin.flush()
        line = self._node.stdout.readline()
        assert line, f"node has ended with {self._node.wait(10)}"
        said = json.loads(line)
        return Answer(data=said["data"], error=said["error"] or {}, status=said["status"])
