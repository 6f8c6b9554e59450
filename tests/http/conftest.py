"""Fixtures of the tests over HTTP: a project like one of Supabase, served by a real PostgREST."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgcredits import migrate
from pgcredits.embedded import LocalPostgres
from tests.client import Credits
from tests.conftest import _major
from tests.faults.needs import missing
from tests.http.clients import SECRET, JavaScript, Python, token
from tests.http.proxy import Proxy
from tests.http.server import MODULES, PostgREST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.http.clients import Caller

_HERE = Path(__file__).parent
_ROLES = ("credits_admin", "credits_reader", "credits_webhook")


@dataclass(frozen=True, slots=True)
class Project:
    """A database as Supabase makes them, with pgcredits, behind PostgREST.

    ``dsn`` connects as superuser, ``url`` is PostgREST, ``gateway`` the same under ``/rest/v1``.
    """

    dsn: str
    url: str
    gateway: str

    def login(self, user: str) -> str:
        """Connection string of another login."""
        return make_conninfo(self.dsn, user=user)


@pytest.fixture(scope="session")
def node() -> str:
    """The program node, once scripts/setup_node.sh has installed what the tests need from npm."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    program = shutil.which("node", path=path)
    if program is None:
        missing("The tests over HTTP need Node.js 20 or newer: run make test, which says more")
    if not (MODULES / ".lock").exists():
        missing("The packages of tests/http are not installed: run scripts/setup_node.sh")
    return program


@pytest.fixture(scope="session")
def project(node: str) -> Iterator[Project]:
    """The project. Roles belong to the whole server, so it has a server of its own."""
    with LocalPostgres(major=_major()) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            for statement in (_HERE / "supabase.sql").read_text().split(";\n"):
                if statement.strip():
                    conn.execute(statement.encode())
        dsn = server.dsn("project")
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute((_HERE / "supabase_project.sql").read_bytes())
        migrate.apply(make_conninfo(dsn, user="postgres_of_the_project"))
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(f"grant {', '.join(_ROLES)} to authenticator")
        with (
            PostgREST(make_conninfo(dsn, user="authenticator"), SECRET) as rest,
            Proxy(rest.port) as proxy,
        ):
            yield Project(dsn=dsn, url=rest.url, gateway=proxy.url)


@pytest.fixture(scope="session")
def python(project: Project) -> Iterator[Python]:
    with Python(project.gateway) as client:
        yield client


@pytest.fixture(scope="session")
def javascript(project: Project, node: str) -> Iterator[JavaScript]:
    with JavaScript(project.gateway, node) as client:
        yield client


@pytest.fixture(params=["python", "javascript"])
def call(request: pytest.FixtureRequest) -> Caller:
    """Each of the two clients."""
    client: Caller = request.getfixturevalue(request.param)
    return client


@pytest.fixture(scope="session")
def access() -> Callable[[str], str]:
    """Access tokens of the roles, made once."""
    made: dict[str, str] = {}

    def of(role: str) -> str:
        return made.setdefault(role, token(role))

    return of


@pytest.fixture
def database(project: Project) -> Iterator[Credits]:
    """The API without HTTP, as superuser."""
    with psycopg.connect(project.dsn, autocommit=True) as conn, Credits(conn) as client:
        yield client


_numbers = count(1)


@pytest.fixture
def account(database: Credits) -> Iterator[str]:
    """Name an account that only this test uses; it is verified afterwards."""
    name = f"account-{os.getpid()}-{next(_numbers)}"
    yield name
    assert database.verify(name) == []


def rows(conn: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    """Ask the database something that has no function."""
    return conn.execute(query.encode()).fetchall()
