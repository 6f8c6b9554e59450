"""Where a Supabase project's database is, and what is said when it cannot be reached."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from pgcredits import migrate
from pgcredits.cli.migrate import migrate as command
from pgcredits.embedded import LocalPostgres
from pgcredits.migrate import connection, supabase
from tests.migrations.tls import TlsFront

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.migrations.tree import Tree

PROJECT = "abcdefghijklmnopqrst"
OWN_HOST = f"db.{PROJECT}.supabase.co"
POOLER = "aws-7-eu-central-9.pooler.supabase.com"
PASSWORD = "Tulpe@Nelke:/Kuerbis#Lilie?Aster%40$Dahlie=Primel&Mohn 'Distel\\Ginster\"é "
FLOWERS = re.compile("Tulpe|Nelke|Kuerbis|Lilie|Aster|Dahlie|Primel|Mohn|Distel|Ginster")
BOTH = {supabase.REF: PROJECT, supabase.PASSWORD: PASSWORD}


def refused(environ: dict[str, str], directory: Path) -> migrate.Problem:
    with pytest.raises(migrate.MigrateError) as caught:
        connection.resolve(None, environ, directory)
    [problem] = caught.value.problems
    assert not FLOWERS.search(str(caught.value))
    return problem


def resolved(environ: dict[str, str], directory: Path) -> dict[str, object]:
    dsn, _ = connection.resolve(None, environ, directory)
    return dict(conninfo_to_dict(dsn))


def test_the_order(tmp_path: Path) -> None:
    environ = {"MIGRATION_DATABASE_URL": "dbname=m", "DATABASE_URL": "dbname=d", **BOTH}
    assert connection.resolve("dbname=x", environ, tmp_path) == ("dbname=x", "--dsn")
    for name in ("MIGRATION_DATABASE_URL", "DATABASE_URL"):
        assert connection.resolve(None, environ, tmp_path) == (environ.pop(name), name)
    assert resolved(environ, tmp_path)["host"] == OWN_HOST


def test_the_projects_own_host(tmp_path: Path) -> None:
    assert resolved(BOTH, tmp_path) == {
        "host": OWN_HOST,
        "port": "5432",
        "user": "postgres",
        "password": PASSWORD,
        "dbname": "postgres",
        "sslmode": "require",
    }
    assert connection.resolve(None, BOTH, tmp_path)[1] == (
        "SUPABASE_PROJECT_REF and SUPABASE_DB_PASSWORD"
    )


@pytest.mark.parametrize("given", [POOLER, f"{POOLER}:5432"])
def test_the_session_pooler(tmp_path: Path, given: str) -> None:
    environ = BOTH | {supabase.POOLER: given}
    found = resolved(environ, tmp_path)
    assert (found["host"], found["port"]) == (POOLER, "5432")
    assert (found["user"], found["sslmode"]) == (f"postgres.{PROJECT}", "require")
    assert connection.resolve(None, environ, tmp_path)[1].endswith("through SUPABASE_POOLER_HOST")


@pytest.mark.parametrize(
    ("mode", "used"),
    [
        ("verify-full", "verify-full"),
        ("verify-ca", "verify-ca"),
        ("disable", "require"),
        ("prefer", "require"),
    ],
)
def test_encryption_is_required_at_least(tmp_path: Path, mode: str, used: str) -> None:
    assert resolved(BOTH | {"PGSSLMODE": mode}, tmp_path)["sslmode"] == used


def save(directory: Path, text: str) -> None:
    target = directory / supabase.SAVED_POOLER
    target.parent.mkdir(parents=True)
    target.write_text(text)


def test_the_pooler_that_supabase_link_has_saved(tmp_path: Path) -> None:
    save(tmp_path, f"postgresql://postgres.{PROJECT}:[YOUR-PASSWORD]@{POOLER}:6543/postgres\n")
    found = resolved(BOTH, tmp_path)
    assert (found["host"], found["port"]) == (POOLER, "5432")
    assert found["password"] == PASSWORD
    assert resolved(BOTH | {supabase.POOLER: f"other-{POOLER}"}, tmp_path)["host"] == (
        f"other-{POOLER}"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://postgres.zyxwvutsrqponmlkjihg:x@{POOLER}:5432/postgres",
        f"postgresql://postgres.{PROJECT}:x@pooler.example.com:5432/postgres",
        "not a url [",
        "",
    ],
)
def test_a_saved_pooler_of_another_project_is_left_alone(tmp_path: Path, text: str) -> None:
    save(tmp_path, text)
    assert resolved(BOTH, tmp_path)["host"] == OWN_HOST


@pytest.mark.parametrize("missing", [supabase.REF, supabase.PASSWORD])
def test_one_of_the_two_alone(tmp_path: Path, missing: str) -> None:
    environ = {name: value for name, value in BOTH.items() if name != missing}
    problem = refused(environ, tmp_path)
    assert (problem.code, problem.exit_code) == ("no_database_given", 2)
    assert f"but {missing} is not" in problem.message


def test_neither(tmp_path: Path) -> None:
    problem = refused({}, tmp_path)
    assert problem.code == "no_database_given"
    for name in ("--dsn", "MIGRATION_DATABASE_URL", "DATABASE_URL", *BOTH):
        assert name in problem.message


@pytest.mark.parametrize("ref", [f"https://{PROJECT}.supabase.co", "My project", PASSWORD])
def test_a_reference_that_is_none(tmp_path: Path, ref: str) -> None:
    assert refused(BOTH | {supabase.REF: ref}, tmp_path).code == "bad_dsn"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("eu-central-1", "bad_dsn"),  # a region is not a host, and no host is made of one
        (f"postgresql://postgres.{PROJECT}:{PASSWORD}@{POOLER}:5432/postgres", "bad_dsn"),
        (f"{POOLER}:7777", "bad_dsn"),
        (f"{POOLER}:6543", "transaction_pooler"),
    ],
)
def test_a_pooler_that_cannot_be_used(tmp_path: Path, given: str, code: str) -> None:
    assert refused(BOTH | {supabase.POOLER: given}, tmp_path).code == code


@pytest.mark.parametrize(
    ("host", "message", "words"),
    [
        (OWN_HOST, "Network is unreachable", "Session pooler"),
        (OWN_HOST, "could not translate host name to address", "Session pooler"),
        (OWN_HOST, "[Errno -5] No address associated with hostname", "Session pooler"),
        (OWN_HOST, "connection timeout expired", "Session pooler"),
        (POOLER, "FATAL:  Tenant or user not found", "not about the password"),
        (POOLER, 'FATAL:  password authentication failed for user "postgres"', "database's"),
        (POOLER, "Network is unreachable", None),
        ("db.example.com", "Network is unreachable", None),
    ],
)
def test_what_is_said_about_an_error(host: str, message: str, words: str | None) -> None:
    hint = supabase.hint(host, message)
    assert (hint is None) if words is None else (hint is not None and words in hint)


def test_a_failure_to_connect_shows_no_password(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in BOTH.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGHOSTADDR", "::ffff:256.0.0.1")  # not an address at all
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["--directory", str(tree.root), "status", "--json"])
    assert result.exit_code == 8
    [problem] = json.loads(result.stdout)["problems"]
    assert problem["code"] == "cannot_connect"
    assert not FLOWERS.search(result.stdout + result.stderr)


@pytest.fixture(scope="module")
def project() -> Iterator[LocalPostgres]:
    """A server with a password and the user that Supabase's pooler expects."""
    with LocalPostgres(password=PASSWORD) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            user = psycopg.sql.Identifier(f"postgres.{PROJECT}")
            create = psycopg.sql.SQL("create role {} login superuser password {}")
            conn.execute(create.format(user, PASSWORD))
        yield server


@pytest.fixture
def front(
    project: LocalPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TlsFront]:
    """The server behind TLS on Supabase's port; every name of a host leads to it."""
    for name, value in BOTH.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with TlsFront(project.host, project.port, supabase.SESSION_PORT) as door:
        monkeypatch.setenv("PGHOSTADDR", door.address)
        yield door


@pytest.mark.parametrize(
    ("pooler", "where"),
    [
        (None, f"postgres@{OWN_HOST}:5432/postgres"),
        (POOLER, f"postgres.{PROJECT}@{POOLER}:5432/postgres"),
    ],
)
def test_the_way_in(
    front: TlsFront, tree: Tree, monkeypatch: pytest.MonkeyPatch, pooler: str | None, where: str
) -> None:
    if pooler:
        monkeypatch.setenv(supabase.POOLER, pooler)
    arguments = ["--directory", str(tree.root), "-v"]
    for name in ("apply", "status", "plan", "verify"):
        result = CliRunner().invoke(command, [*arguments, name])
        shown = result.stdout + result.stderr
        assert result.exit_code in {0, 4}, shown
        assert "database from SUPABASE_PROJECT_REF and SUPABASE_DB_PASSWORD" in result.stderr
        assert where in result.stderr
        assert not FLOWERS.search(shown)
    assert front.encrypted >= 4
    assert front.plain == 0


def test_a_wrong_password(front: TlsFront, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(supabase.PASSWORD, "Lilie and Aster")
    result = CliRunner().invoke(command, ["--directory", str(tree.root), "apply"])
    assert result.exit_code == 8
    assert "password authentication failed" in result.stderr
    assert "the password is the database's" in result.stderr
    assert not FLOWERS.search(result.stderr)


def test_port_6543_is_refused_for_what_needs_a_session(
    project: LocalPostgres, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the pooler happens to give us the same session each time."""
    with TlsFront(project.host, project.port, supabase.TRANSACTION_PORT) as door:
        monkeypatch.setenv("PGHOSTADDR", door.address)
        dsn = psycopg.conninfo.make_conninfo(
            host=POOLER,
            port=supabase.TRANSACTION_PORT,
            user=f"postgres.{PROJECT}",
            password=PASSWORD,
            dbname="template1",
            sslmode="require",
        )
        arguments = ["--dsn", dsn, "--directory", str(tree.root)]
        result = CliRunner().invoke(command, [*arguments, "apply"])
        assert result.exit_code == 8
        assert "[transaction_pooler]" in result.stderr
        assert CliRunner().invoke(command, [*arguments, "status"]).exit_code == 0
