"""Servers, roles, poolers, passwords, and machines without the package."""

from __future__ import annotations

import os
import re
import subprocess
import venv
from pathlib import Path
from urllib.parse import quote

import click
import psycopg
import psycopg_binary
import pytest
import typing_extensions
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgcredits import migrate
from pgcredits.cli.migrate import migrate as command
from pgcredits.embedded import LocalPostgres
from pgcredits.migrate import connection, roles
from tests.migrations.conftest import Cli, Connection, recorded, tables, until
from tests.migrations.pooler import Pooler

if typing_extensions.TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.migrations.tree import Tree

CHECKOUT = Path(__file__).resolve().parents[2]
ROLES = ("owner", "service", "admin", "webhook", "reader", "user")


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalPostgres]:
    """A server of its own: roles belong to the whole server."""
    with LocalPostgres() as server:
        yield server


@pytest.fixture
def admin(cluster: LocalPostgres) -> Iterator[Connection]:
    """The superuser in a fresh database, on a server without any role of ours."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute("create database fresh")
    try:
        with psycopg.connect(cluster.dsn("fresh"), autocommit=True) as conn:
            yield conn
    finally:
        with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
            conn.execute("drop database fresh with (force)")
            roles = conn.execute(
                "select rolname from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'"
            ).fetchall()
            for (role,) in roles:
                conn.execute(
                    psycopg.sql.SQL("drop owned by {0}").format(psycopg.sql.Identifier(role))
                )
            for (role,) in roles:
                conn.execute(psycopg.sql.SQL("drop role {0}").format(psycopg.sql.Identifier(role)))


def as_role(admin: Connection, role: str, attributes: str = "") -> str:
    admin.execute(f"create role {role} login {attributes}".encode())
    return make_conninfo(admin.info.dsn, user=role)


def memberships(admin: Connection) -> set[tuple[str, str]]:
    rows = admin.execute(
        "select pg_get_userbyid(roleid), pg_get_userbyid(member) from pg_auth_members"
        " where pg_get_userbyid(roleid) like 'credits%'"
    ).fetchall()
    return set(rows)


def test_roles_are_made_harmless_and_apart(admin: Connection, tree: Tree) -> None:
    migrate.apply(admin.info.dsn, root=tree.root)
    rows = admin.execute(
        "select rolname, rolcanlogin or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb,"
        " shobj_description(oid, 'pg_authid') is not null"
        " from pg_roles where rolname like 'credits%'"
    ).fetchall()
    assert sorted(rows) == sorted((f"credits_{name}", False, True) for name in ROLES)
    assert memberships(admin) == set()


def test_installed_by_a_role_that_is_no_superuser(admin: Connection, tree: Tree) -> None:
    dsn = as_role(admin, "installer", "createrole")
    admin.execute("grant create on database fresh to installer")
    assert len(migrate.apply(dsn, root=tree.root).applied) == 6
    [(by,)] = admin.execute(
        "select distinct applied_by from credits_private.schema_migrations"
    ).fetchall()
    assert by == "installer"
    assert admin.execute("select credits.count_things()").fetchone() == (0,)
    assert {owner for owner, _ in memberships(admin)} <= {f"credits_{name}" for name in ROLES}
    assert migrate.status(dsn, root=tree.root).is_current
    tree.migration("0003_next", "create table credits_private.next ();")
    tree.write("bootstrap.sql", (tree.root / "bootstrap.sql").read_text() + "\n-- again")
    assert len(migrate.apply(dsn, root=tree.root).applied) == 2


def test_upgraded_by_a_member_of_the_owner_who_does_not_inherit(
    admin: Connection, tree: Tree
) -> None:
    migrate.apply(admin.info.dsn, root=tree.root)
    dsn = as_role(admin, "deployer", "noinherit in role credits_owner")
    tree.migration("0003_next", "create table credits_private.next ();")
    tree.write("bootstrap.sql", (tree.root / "bootstrap.sql").read_text() + "\n-- again")
    assert len(migrate.apply(dsn, root=tree.root).applied) == 2
    assert migrate.status(dsn, root=tree.root).is_current


def test_a_role_without_rights_is_told_so(admin: Connection, tree: Tree) -> None:
    cli = Cli(as_role(admin, "nobody_special"), tree.root)
    document = cli.json("apply")
    assert (document["problems"][0]["code"], document["exit_code"]) == ("missing_privilege", 8)
    assert "CREATEROLE" in document["problems"][0]["hint"]
    migrate.apply(admin.info.dsn, root=tree.root)
    document = cli.json("status")
    assert (document["problems"][0]["code"], document["exit_code"]) == ("missing_privilege", 8)


ATTRIBUTES = ["superuser", "bypassrls", "createrole", "createdb", "replication", "login"]


def refused_roles(admin: Connection, tree: Tree) -> str:
    """What `apply` says about the roles; it must have left nothing."""
    document = Cli(admin.info.dsn, tree.root).json("apply")
    [problem] = document["problems"]
    assert (problem["code"], document["exit_code"]) == ("unsuitable_database", 8)
    assert admin.execute("select from pg_namespace where nspname = 'credits'").fetchall() == []
    return str(problem["message"])


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@pytest.mark.parametrize("role", ["credits_owner", "credits_user"])
def test_a_role_with_too_many_rights_is_refused(
    admin: Connection, tree: Tree, role: str, attribute: str
) -> None:
    admin.execute(f"create role {role} {attribute}".encode())
    said = refused_roles(admin, tree)
    assert f"role {role} has {attribute.upper()}: the roles of pgcredits must be harmless" in said
    remedy = f"alter role {role} no{attribute}"
    assert f"HINT: {remedy}" in said
    admin.execute(remedy.encode())
    assert len(migrate.apply(admin.info.dsn, root=tree.root).applied) == 6


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@pytest.mark.parametrize("indirect", [False, True])
def test_a_member_of_a_role_with_too_many_rights_is_refused(
    admin: Connection, tree: Tree, attribute: str, indirect: bool
) -> None:
    admin.execute(f"create role strong {attribute}".encode())
    admin.execute("create role weak")
    admin.execute("create role credits_owner in role weak")
    said = f"role credits_owner is a member of weak and so of strong, which has {attribute}"
    remedy = "revoke weak from credits_owner"
    if indirect:
        admin.execute("grant strong to weak")
    else:
        admin.execute("grant strong to credits_owner")
        said = f"role credits_owner is a member of strong, which has {attribute}"
        remedy = "revoke strong from credits_owner"
    assert (text := refused_roles(admin, tree)).count("role credits_owner") == 1
    assert said in text
    assert f"HINT: {remedy}" in text
    admin.execute(remedy.encode())
    assert len(migrate.apply(admin.info.dsn, root=tree.root).applied) == 6


def test_every_role_and_every_reason_is_named(admin: Connection, tree: Tree) -> None:
    admin.execute("create role credits_owner login createdb")
    admin.execute("create role credits_user in role credits_owner, pg_read_all_data")
    said = refused_roles(admin, tree)
    for reason in (
        "role credits_owner has CREATEDB, LOGIN",
        "role credits_user is a member of credits_owner,"
        " which has createdb, login, other rights of pgcredits",
        "role credits_user is a member of pg_read_all_data, which has predefined rights",
        "alter role credits_owner nocreatedb nologin",
        "revoke credits_owner from credits_user",
        "revoke pg_read_all_data from credits_user",
    ):
        assert reason in said


def test_members_of_our_roles_may_be_anybody(admin: Connection, tree: Tree) -> None:
    """What they may is theirs: whoever makes a role administers it, and logins use it."""
    admin.execute("create role dba superuser login")
    for name in ROLES:
        admin.execute(f"create role credits_{name} admin dba".encode())
    admin.execute("create role everyone")
    admin.execute("grant everyone to credits_reader")  # a harmless group
    assert len(migrate.apply(admin.info.dsn, root=tree.root).applied) == 6
    found = migrate.verify(admin.info.dsn, root=tree.root).problems
    assert [problem for problem in found if problem.code == "powerful_role"] == []


def test_verify_and_bootstrap_ask_the_same() -> None:
    bootstrap = (migrate.sql_root() / "bootstrap.sql").read_text("utf-8")
    assert " ".join(roles.PROBLEMS.split()) in " ".join(bootstrap.split())


def test_harmless_roles_of_earlier_are_accepted(admin: Connection, tree: Tree) -> None:
    admin.execute("create role credits_owner")
    admin.execute("comment on role credits_owner is 'ours'")
    assert len(migrate.apply(admin.info.dsn, root=tree.root).applied) == 6
    query = "select shobj_description('credits_owner'::regrole, 'pg_authid')"
    assert admin.execute(query).fetchone() == ("ours",)


def test_a_role_that_another_database_makes_at_the_same_moment(
    admin: Connection, tree: Tree
) -> None:
    query = "select 1 from pg_locks where not granted and locktype = 'transactionid'"
    with psycopg.connect(admin.info.dsn) as elsewhere:
        elsewhere.execute("create role credits_owner")
        runner = Cli(admin.info.dsn, tree.root).start("apply", "--lock-timeout", "0")
        until(lambda: admin.execute(query).fetchone(), "the runner waits for that role")
        elsewhere.commit()
    _, progress = runner.communicate(timeout=60)
    assert runner.returncode == 0, progress
    assert "retry bootstrap in" in progress


def test_a_schema_of_somebody_else_is_refused(admin: Connection, tree: Tree) -> None:
    admin.execute("create schema credits")
    document = Cli(admin.info.dsn, tree.root).json("apply")
    assert document["problems"][0]["code"] == "unsuitable_database"
    assert (
        "schema credits exists already and belongs to postgres"
        in document["problems"][0]["message"]
    )


def test_supabase_roles_become_members(admin: Connection, tree: Tree) -> None:
    for role in ("anon", "authenticated", "service_role bypassrls"):
        admin.execute(f"create role {role}".encode())
    migrate.apply(admin.info.dsn, root=tree.root)
    assert memberships(admin) == {
        ("credits_service", "service_role"),
        ("credits_user", "authenticated"),
    }


def occupy_two_sessions(dsn: str) -> None:
    """Let the pooler open two server sessions."""
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as two:
        one.execute("select 1")
        two.execute("select 1")


def through(pooler: Pooler, dsn: str) -> str:
    return make_conninfo(dsn, host="127.0.0.1", port=pooler.port)


@pytest.mark.parametrize("rotates", [False, True])
def test_a_transaction_pooler_is_refused(
    empty_dsn: str, tree: Tree, db: Connection, rotates: bool
) -> None:
    with Pooler(db.info.host, db.info.port, "transaction", rotates=rotates) as pooler:
        dsn = through(pooler, empty_dsn)
        occupy_two_sessions(dsn)
        document = Cli(dsn, tree.root).json("apply")
    assert [problem["code"] for problem in document["problems"]] == ["transaction_pooler"]
    assert document["exit_code"] == 8
    assert "MIGRATION_DATABASE_URL" in document["problems"][0]["hint"]
    assert db.execute("select from pg_namespace where nspname = 'credits'").fetchall() == []


def test_a_pooler_that_was_not_recognised_is_noticed_when_the_session_changes(
    empty_dsn: str, tree: Tree, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_is_shared", lambda *_: False)
    with Pooler(db.info.host, db.info.port, "transaction", rotates=True) as pooler:
        dsn = through(pooler, empty_dsn)
        occupy_two_sessions(dsn)
        document = Cli(dsn, tree.root).json("apply")
    assert [problem["code"] for problem in document["problems"]] == ["transaction_pooler"]


def test_a_session_pooler_will_do(empty_dsn: str, tree: Tree, db: Connection) -> None:
    with Pooler(db.info.host, db.info.port, "session") as pooler:
        result = Cli(through(pooler, empty_dsn), tree.root).run("apply")
    assert result.exit_code == 0, result.stderr
    assert tables(db) == {"things"}


FLOWERS = "Tulpe@Nelke/Kuerbis#Lilie?Aster%Dahlie:Primel=Veilchen&Mohn 'Distel\\Ginster\"é"


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(command, [*arguments])
    assert result.exit_code in {0, 2, 6, 8}
    return result.stdout + result.stderr + repr(result.exception)


@pytest.mark.parametrize("do", [("apply",), ("status",), ("plan",), ("apply", "--json")])
def test_a_password_is_never_shown(empty_dsn: str, tree: Tree, do: tuple[str, ...]) -> None:
    tree.migration("0003_bad", "select no_such_column;")
    where = conninfo_to_dict(empty_dsn)
    host, port, name = where["host"], where["port"], where["dbname"]
    encoded = quote(FLOWERS, safe="")
    dsns = [
        make_conninfo(empty_dsn, password=FLOWERS),
        make_conninfo(empty_dsn, password=FLOWERS, port=1),
        make_conninfo(empty_dsn, password=FLOWERS, user="not_there"),
        make_conninfo(empty_dsn, password=FLOWERS, sslmode="Unsinn"),
        f"postgresql://postgres:{encoded}@{host}:{port}/{name}",
        f"postgresql://postgres:{encoded}@{host}:1/{name}",
        f"postgresql+psycopg://postgres:{encoded}@{host}:{port}/{name}",
        f"host={host} password={FLOWERS}",
        # Raw characters, one by one and all together: the mistake that people make.
        f"postgresql://postgres:{FLOWERS}@{host}:{port}/{name}",
        *(
            f"postgresql://postgres:Tulpe{raw}Nelke{raw}Aster@{host}:1/{name}"
            for raw in "@/#?%:=& '\\"
        ),
        *(f"postgresql://postgres:Tulpe@Nelke{raw}Aster@{host}:1/{name}" for raw in "/#?%:=& '\\"),
        *(f"postgresql://postgres:Tulpe/Nelke{raw}Aster@{host}:1/{name}" for raw in "@#?%:=& '\\"),
    ]
    for dsn in dsns:
        text = shown("-v", "--dsn", dsn, "--directory", str(tree.root), *do)
        assert not re.search("Tulpe|Nelke|Aster|Lilie|Dahlie|Primel|Mohn|Distel", text), dsn


@pytest.mark.parametrize("key", ["dbname", "user", "host", "service"])
@pytest.mark.parametrize(
    "secret", ["postgresql://app:Tulpe@db.example.com/app", "host=db.example.com password = Tulpe"]
)
def test_a_connection_string_in_the_wrong_place_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, tree: Tree, key: str, secret: str
) -> None:
    """Whoever puts one into dbname, or into PGDATABASE, has a password in there."""
    root = ("--directory", str(tree.root))
    dsn = make_conninfo(**{"host": "127.0.0.1", "port": "1", key: secret})
    variable = connection._TARGET[key]
    for given, environment in ((dsn, None), ("port=1 connect_timeout=1", secret)):
        if environment:
            monkeypatch.setenv(variable, environment)
        text = shown("-v", "--dsn", given, *root, "status")
        assert "Tulpe" not in text
        assert f"[bad_dsn] {variable if environment else key} holds a whole connection" in text
        assert "--dsn or in MIGRATION_DATABASE_URL" in text


def test_the_password_of_a_key_is_not_shown(monkeypatch: pytest.MonkeyPatch, tree: Tree) -> None:
    def refuses(**parameters: object) -> None:
        raise psycopg.OperationalError(f"bad key or {parameters['sslpassword']}")

    dsn = make_conninfo(host="127.0.0.1", sslpassword="Tulpe")
    with monkeypatch.context() as patch:
        patch.setattr(psycopg, "connect", refuses)
        text = shown("--dsn", dsn, "--directory", str(tree.root), "status")
    assert "cannot connect: bad key or ***" in text
    assert "Tulpe" not in text


@pytest.mark.parametrize(
    "scheme", ["postgresql+psycopg", "postgresql+asyncpg", "jdbc:postgresql", "mysql"]
)
def test_the_url_of_another_library(tree: Tree, scheme: str) -> None:
    dsn = f"{scheme}://app:Tulpe@127.0.0.1:1/app"
    text = shown("--dsn", dsn, "--directory", str(tree.root), "status")
    assert f"[bad_dsn] the connection URL begins with {scheme}://" in text
    assert "hint: begin it with postgresql://" in text
    assert "Tulpe" not in text


def test_a_role_to_act_as(admin: Connection, tree: Tree) -> None:
    """A login with no rights of its own, and a role that it may become."""
    admin.execute('create role "Data base\\admins" createrole')
    admin.execute('grant create on database fresh to "Data base\\admins"')
    dsn = as_role(admin, "clerk", 'noinherit in role "Data base\\admins"')
    cli = Cli(dsn, tree.root)
    assert cli.json("apply")["problems"][0]["code"] == "missing_privilege"
    role = ("--role", "Data base\\admins")
    result = cli.run(*role, "apply")
    assert result.exit_code == 0, result.stderr
    [(by,)] = admin.execute(
        "select distinct applied_by from credits_private.schema_migrations"
    ).fetchall()
    assert by == "clerk"
    tree.migration("0003_next", "create table credits_private.next ();")
    tree.write("bootstrap.sql", (tree.root / "bootstrap.sql").read_text() + "\n-- again")
    assert cli.run("apply", *role).exit_code == 0
    assert cli.run("status", "--check", *role).exit_code == 0
    document = cli.json("status", "--role", "nobody_there")
    assert (document["problems"][0]["code"], document["exit_code"]) == ("cannot_connect", 8)


def test_a_role_keeps_the_options_that_are_there() -> None:
    dsn = connection.as_role("dbname=x options='-c work_mem=7MB'", "dba")
    assert conninfo_to_dict(dsn)["options"] == "-c work_mem=7MB -c role=dba"


def test_a_url_with_an_encoded_password_connects(empty_dsn: str, tree: Tree) -> None:
    where = conninfo_to_dict(empty_dsn)
    url = f"postgresql://postgres:{quote(FLOWERS, safe='')}@{where['host']}:{where['port']}"
    assert migrate.apply(f"{url}/{where['dbname']}", root=tree.root).applied


def test_the_shim_runs_with_psycopg_and_click_alone(
    empty_dsn: str, tmp_path: Path, db: Connection
) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    [site] = (tmp_path / "venv").glob("lib/python*/site-packages")
    for module in (psycopg, click, psycopg_binary):
        source = Path(str(module.__file__)).parent
        (site / source.name).symlink_to(source)
        libraries = source.with_name(f"{source.name}.libs")
        if libraries.exists():
            (site / libraries.name).symlink_to(libraries)
    (site / "typing_extensions.py").symlink_to(str(typing_extensions.__file__))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [tmp_path / "venv/bin/python", CHECKOUT / "scripts/apply_migrations.py"],
        env=environment | {"DATABASE_URL": empty_dsn},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "applied" in done.stdout
    assert recorded(db) == sorted(file.id for file in migrate.discover())


def test_the_shim_says_what_is_missing(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    done = subprocess.run(
        [tmp_path / "venv/bin/python", CHECKOUT / "scripts/apply_migrations.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert 'pip install "psycopg[binary]" click' in done.stderr
    assert "Traceback" not in done.stderr


def test_the_released_files_install(empty_dsn: str, db: Connection) -> None:
    report = migrate.apply(empty_dsn)
    assert report.applied[0].id == "bootstrap.sql"
    assert migrate.status(empty_dsn).is_current
    assert migrate.apply(empty_dsn).applied == ()
    [(migration, checksum)] = db.execute("select * from credits.schema_version()").fetchall()
    assert migration == migrate.discover().versioned[-1].id
    assert checksum == report.fingerprint == migrate.fingerprint()
