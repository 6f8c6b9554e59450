"""Fixtures of the whole suite: the server, template databases, clones, the shared transaction.

=================  ================================================================================
fixture            what a test gets
=================  ================================================================================
``pg_server``      the server of the run (one for each xdist worker): host, port, user, ``dsn()``
``dsn``            a fresh clone of the migrated database, with the test clock
``conn``           an autocommit connection to ``dsn``
``credits``        the API on ``dsn``; ``credits.connect()`` opens more sessions
``fast``           the API in a transaction that is rolled back; each call has its own savepoint
``tx``             the connection of ``fast``
``clock``          the test clock of ``fast`` or ``credits``, whichever the test uses
``released_dsn``   a fresh clone of the migrated database exactly as released, without test clock
``empty_dsn``      a fresh database with nothing in it
=================  ================================================================================

After each test that used ``dsn``, ``conn``, ``credits``, ``fast`` or ``tx``, ``credits.verify()``
must find nothing, unless the test is marked ``corrupts``. A test connects as the superuser.

``TEST_DATABASE_URL`` names a server to use instead of starting one (its superuser; databases called
``pgcredits_*`` are created and dropped there, or others by ``TEST_DATABASE_PREFIX``). ``PG_MAJOR``
chooses the version otherwise. ``TEST_SQL_ROOT`` is a directory to migrate from instead of ours;
``TEST_SQL_FILE`` is run instead, in a copy of the migrated database ``TEST_TEMPLATE``.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import settings
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from pytest_postgresql import factories

from pgcredits import migrate
from pgcredits.embedded import LocalPostgres, find_bindir
from tests import clock as test_clock
from tests.client import Credits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

_BUILD_LOCK = 7_305_441
_PREFIX = os.environ.get("TEST_DATABASE_PREFIX", "pgcredits")

# How long an example takes says more about the machine than about the code. `make nightly` chooses
# the second profile, with --hypothesis-profile.
settings.register_profile("pgcredits", deadline=None, print_blob=True)
settings.register_profile(
    "nightly",
    settings.get_profile("pgcredits"),
    max_examples=2000,
    stateful_step_count=50,
)
settings.load_profile("pgcredits")


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server of the run listens. The last three fields are read by pytest-postgresql."""

    host: str
    port: int
    user: str
    password: str | None
    options: str = ""
    maintenance_dbname: str = "postgres"
    template_dbname: str | None = None

    def dsn(self, dbname: str = "postgres") -> str:
        """Connection string of one database of this server."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=dbname,
        )


def _major() -> int | None:
    value = os.environ.get("PG_MAJOR")
    return int(value) if value else None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "corrupts: damages data on purpose, so verify() is not asked afterwards"
    )


def pytest_report_header(config: pytest.Config) -> str:
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        with psycopg.connect(url) as conn:
            row = conn.execute("show server_version").fetchone()
        return f"postgres: {row[0] if row else '?'} of TEST_DATABASE_URL"
    bindir = find_bindir(_major())
    version = subprocess.run(
        [bindir / "postgres", "--version"], check=True, capture_output=True, text=True
    ).stdout
    return f"postgres: {version.split()[2]} from {bindir}"


@pytest.fixture(scope="session")
def pg_server() -> Iterator[Server]:
    """The server of the run: TEST_DATABASE_URL, else a throwaway one."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        given = conninfo_to_dict(url)
        with psycopg.connect(url) as conn:
            info = conn.info
            yield Server(
                host=info.host,
                port=info.port,
                user=info.user,
                password=info.password or None,
                maintenance_dbname=str(given.get("dbname") or "postgres"),
            )
        return
    with LocalPostgres(major=_major()) as local:
        yield Server(
            host=local.host, port=local.port, user=local.user, password=local.password or None
        )


@contextmanager
def _one_builder() -> Iterator[None]:
    """Roles belong to the cluster: xdist workers on a shared server migrate one after the other."""
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        yield
        return
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("select pg_advisory_lock(%s)", (_BUILD_LOCK,))
        yield


def _conninfo(parameters: dict[str, Any]) -> str:
    """What pytest-postgresql passes to a loader, without its ``autocommit``, as a string."""
    parameters.pop("autocommit", None)
    return make_conninfo(**{key: value for key, value in parameters.items() if value is not None})


@pytest.fixture(scope="session")
def pg_origin(pg_server: Server) -> Server:
    """What the migrated database starts from: nothing, or a copy of TEST_TEMPLATE."""
    return replace(pg_server, template_dbname=os.environ.get("TEST_TEMPLATE"))


def _migrate(**parameters: Any) -> None:
    if "TEST_TEMPLATE" in os.environ:
        with psycopg.connect(_conninfo(parameters), autocommit=True) as conn:
            conn.execute(Path(os.environ["TEST_SQL_FILE"]).read_bytes())
        return
    root = os.environ.get("TEST_SQL_ROOT")
    with _one_builder():
        migrate.apply(_conninfo(parameters), root=Path(root) if root else None)


def _install_clock(**parameters: Any) -> None:
    with psycopg.connect(_conninfo(parameters), autocommit=True) as conn:
        test_clock.install(conn)


pg_released = factories.postgresql_noproc(
    depends_on="pg_origin", dbname=f"{_PREFIX}_released", load=[_migrate]
)
pg_migrated = factories.postgresql_noproc(
    depends_on="pg_released", dbname=f"{_PREFIX}_migrated", load=[_install_clock]
)
pg_shared = factories.postgresql_noproc(depends_on="pg_migrated", dbname=f"{_PREFIX}_shared")
pg_empty = factories.postgresql_noproc(depends_on="pg_server", dbname=f"{_PREFIX}_empty")

_released_db = factories.postgresql("pg_released")
_migrated_db = factories.postgresql("pg_migrated")
_empty_db = factories.postgresql("pg_empty")


@pytest.fixture
def released_dsn(pg_server: Server, _released_db: psycopg.Connection[Any]) -> str:
    return pg_server.dsn(_released_db.info.dbname)


@pytest.fixture
def empty_dsn(pg_server: Server, _empty_db: psycopg.Connection[Any]) -> str:
    return pg_server.dsn(_empty_db.info.dbname)


def _assert_sound(conn: psycopg.Connection[Any], request: pytest.FixtureRequest) -> None:
    """Fail when the test has left a ledger that breaks an invariant."""
    if request.node.get_closest_marker("corrupts") is not None:
        return
    assert conn.info.transaction_status != TransactionStatus.INERROR, (
        "the test left its transaction broken, so verify() cannot be asked"
    )
    findings = Credits(conn).verify()
    assert not findings, "verify() after the test:\n" + "\n".join(map(str, findings))


@pytest.fixture
def dsn(
    request: pytest.FixtureRequest, pg_server: Server, _migrated_db: psycopg.Connection[Any]
) -> Iterator[str]:
    conninfo = pg_server.dsn(_migrated_db.info.dbname)
    yield conninfo
    with psycopg.connect(conninfo, autocommit=True) as conn:
        _assert_sound(conn, request)


@pytest.fixture
def conn(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def credits(conn: psycopg.Connection[Any]) -> Iterator[Credits]:
    with Credits(conn) as client:
        yield client


@pytest.fixture(scope="session")
def _shared_conn(pg_server: Server, pg_shared: NoopExecutor) -> Iterator[psycopg.Connection[Any]]:
    dbname = pg_shared.template_dbname
    with psycopg.connect(pg_server.dsn(dbname), autocommit=True) as connection:
        yield connection


@pytest.fixture
def tx(
    request: pytest.FixtureRequest, _shared_conn: psycopg.Connection[Any]
) -> Iterator[psycopg.Connection[Any]]:
    with _shared_conn.transaction(force_rollback=True):
        yield _shared_conn
        _assert_sound(_shared_conn, request)


@pytest.fixture
def fast(tx: psycopg.Connection[Any]) -> Credits:
    return Credits(tx, savepoints=True)


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> test_clock.Clock:
    """The clock of the database that the test uses."""
    used = set(request.fixturenames)
    if used & {"tx", "fast"}:
        return test_clock.Clock(request.getfixturevalue("tx"))
    return test_clock.Clock(request.getfixturevalue("conn"))
