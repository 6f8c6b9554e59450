"""Connecting: which database, with what settings, and whether it will do."""

from __future__ import annotations

import getpass
import os
import re
import socket
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgcredits.migrate import mask, supabase
from pgcredits.migrate.errors import MigrateError, refuse
from pgcredits.migrate.report import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Connection = psycopg.Connection[tuple[Any, ...]]

MINIMUM_SERVER = 150000
TRANSACTION_TIMEOUT_SINCE = 170000
LOST_HINT = "`status` tells what is applied; running `apply` again is safe"
BUSY_HINT = "end or wait for the session that is in the way, then run again"
PRIVILEGE_HINT = (
    "connect as a superuser, or for the first run as a role with CREATEROLE and CREATE on the"
    " database, later as a member of credits_owner; --role lets a login act as another role"
)
_TARGET = {
    "service": "PGSERVICE",
    "user": "PGUSER",
    "host": "PGHOST",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
}
_CONNECTION_STRING = re.compile(r"://|\bpassword\s*=", re.IGNORECASE)
_FOREIGN_SCHEME = re.compile(
    r"(?!postgres(?:ql)?://)((?:jdbc:)?[a-z][a-z0-9+]{0,20})://", re.IGNORECASE
)
_CHECK_INTERVAL = "client_connection_check_interval"
# Some platforms and hosts fix this setting; the block keeps their refusal to itself.
_NOTICE_OUR_END = """do $$
begin
    perform pg_catalog.set_config('{name}', '500ms', false);
exception when others then
    null;
end
$$"""
_VARIABLES = ("MIGRATION_DATABASE_URL", "DATABASE_URL")
_QUOTING_HINT = (
    "percent-encode @ / ? # % and blanks in a postgresql:// URL, or use the form"
    " \"host=… dbname=… user=… password='…'\""
)


def resolve(
    dsn: str | None, environ: Mapping[str, str], directory: Path | None = None
) -> tuple[str, str]:
    """Choose the connection string, and say where it came from.

    In this order: ``--dsn``, MIGRATION_DATABASE_URL, DATABASE_URL, the variables of `supabase`.
    ``directory`` (default: the working directory) is where ``supabase link`` was called.
    """
    candidates = [("--dsn", dsn), *((name, environ.get(name)) for name in _VARIABLES)]
    for origin, value in candidates:
        if value:
            return value, origin
    if found := supabase.resolve(environ, directory or Path.cwd()):
        return found
    raise refuse(
        "no_database_given",
        f"no database given: use --dsn, or set {' or '.join(_VARIABLES)},"
        f" or {supabase.REF} and {supabase.PASSWORD}",
    )


def as_role(dsn: str, role: str) -> str:
    """Make a connection string whose sessions act as ``role`` from their start.

    ``reset role`` goes back to it, too. The login must be a member of the role.
    """
    given = _read(dsn)
    escaped = re.sub(r"([\\\s])", r"\\\1", role)
    options = given.get("options") or os.environ.get("PGOPTIONS") or ""
    return make_conninfo(dsn, options=f"{options} -c role={escaped}".strip())


def target(dsn: str) -> str:
    """Where a connection string leads: 'user@host:port/database', never a password."""
    given = _read(dsn)
    if service := given.get("service") or os.environ.get("PGSERVICE"):
        return f"service {service}"
    parts = {key: given.get(key) or os.environ.get(variable) for key, variable in _TARGET.items()}
    user = f"{parts['user']}@" if parts["user"] else ""
    name = f"/{parts['dbname']}" if parts["dbname"] else ""
    return f"{user}{parts['host'] or 'localhost'}:{parts['port'] or 5432}{name}"


@contextmanager
def connect(dsn: str) -> Iterator[Connection]:
    """Open an autocommit connection as the runner needs it; server errors become our problems.

    No text of libpq about a malformed string is passed on, because it quotes pieces of it.
    """
    parameters = _parse(dsn)
    with _dial(parameters) as conn:
        if conn.info.server_version < MINIMUM_SERVER:
            version = conn.info.parameter_status("server_version")
            raise refuse(
                "server_too_old",
                f"the server is PostgreSQL {version}: {MINIMUM_SERVER // 10000} or later is needed",
            )
        try:
            yield conn
        except psycopg.Error as exc:
            raise _translate(conn, exc) from exc


def describe(conn: Connection) -> Database:
    """Where we are."""
    info = conn.info
    version = info.parameter_status("server_version") or "?"
    return Database(info.dbname, info.host, info.port, info.user, version.split()[0])


def require_own_session(conn: Connection, dsn: str, *, writes: bool = True) -> None:
    """Refuse a pooler that gives each transaction another server session, and a standby.

    Without ``writes`` a standby will do.
    """
    if supabase.is_transaction_pooler(conn.info.host, conn.info.port):
        raise refuse_pooler()
    query = (
        "select current_setting('transaction_read_only')::boolean, pg_is_in_recovery(),"
        " pg_backend_pid()"
    )
    read_only, standby, pid = conn.execute(query).fetchone() or (True, False, 0)
    if read_only and writes:
        reason = "this server is a standby" if standby else "default_transaction_read_only is set"
        raise refuse(
            "read_only_server",
            f"transactions are read-only here: {reason}",
            hint="connect to the primary, as a role that may write",
        )
    if pid != conn.info.backend_pid and _is_shared(conn, dsn):
        raise refuse_pooler()


def refuse_pooler() -> MigrateError:
    """Make the error about a session that is not ours alone."""
    return refuse(
        "transaction_pooler",
        "a transaction pooler stands between us and the server: the lock against a second runner"
        " would be lost or left behind",
        hint="connect directly or through a session pooler (Supabase: port 5432, not 6543);"
        " MIGRATION_DATABASE_URL is read before DATABASE_URL",
    )


def reset(conn: Connection) -> None:
    """Undo whatever a file left in the session, then set what the runner needs."""
    conn.execute("; ".join(reset_commands(conn)).encode())


def reset_commands(conn: Connection) -> list[str]:
    """Write the SQL of `reset`, which may run inside a transaction, too.

    The runner needs that no timeout of a role or a database ends its statements or its pauses, as
    those are meant for applications, and that the server notices when we are gone.
    """
    timeouts = ["statement", "lock", "idle_in_transaction_session"]
    if conn.info.server_version >= TRANSACTION_TIMEOUT_SINCE:
        timeouts.append("transaction")
    return [
        "reset session authorization",
        "reset role",
        "reset all",
        "set datestyle = 'ISO'",  # the driver reads no other
        *(f"set {name}_timeout = 0" for name in timeouts),
        _NOTICE_OUR_END.format(name=_CHECK_INTERVAL),
    ]


def open_second(dsn: str) -> Connection:
    """Open another autocommit connection to the same database, which only looks."""
    return _dial(_parse(dsn) | {"application_name": "pgcredits watcher"})


def _parse(dsn: str) -> dict[str, Any]:
    parameters = _read(dsn)
    parameters.setdefault("application_name", _application_name())
    parameters.setdefault("connect_timeout", "10")
    parameters["client_encoding"] = "UTF8"
    return parameters


def _read(dsn: str) -> dict[str, Any]:
    """Take a connection string apart; no text about it quotes a piece of it."""
    if match := _FOREIGN_SCHEME.match(dsn):
        raise refuse(
            "bad_dsn",
            f"the connection URL begins with {match[1]}://, which PostgreSQL does not know",
            hint="begin it with postgresql://; a driver's name in it, as in postgresql+psycopg://,"
            " is for SQLAlchemy alone",
        )
    if _is_misquoted(dsn):
        raise refuse("bad_dsn", "the connection URL cannot be read safely", hint=_QUOTING_HINT)
    try:
        parameters: dict[str, Any] = dict(conninfo_to_dict(dsn))
    except psycopg.Error:
        raise refuse("bad_dsn", "the connection string is malformed", hint=_QUOTING_HINT) from None
    for key, variable in _TARGET.items():
        source = key if parameters.get(key) else variable
        if _CONNECTION_STRING.search(str(parameters.get(key) or os.environ.get(variable) or "")):
            raise refuse(
                "bad_dsn",
                f"{source} holds a whole connection string",
                hint="give the string itself with --dsn or in MIGRATION_DATABASE_URL",
            )
    return parameters


def _is_misquoted(dsn: str) -> bool:
    """Whether a URL holds a raw @ or / in its password.

    libpq would take the rest of the password for the host, and print it.
    """
    scheme, mark, rest = dsn.partition("://")
    if not mark or scheme not in {"postgres", "postgresql"}:
        return False
    user_ends = next((i for i, char in enumerate(rest) if char in "@/"), len(rest))
    return "@" in rest[user_ends + 1 :].partition("?")[0]


def _application_name() -> str:
    with suppress(OSError, KeyError):  # a user without a name, as some containers have
        return f"pgcredits migrate {getpass.getuser()}@{socket.gethostname()}"[:63]
    return "pgcredits migrate"


def _dial(parameters: Mapping[str, Any]) -> Connection:
    try:
        conn = psycopg.connect(**parameters, autocommit=True, prepare_threshold=None)
        if not (conn.info.parameter_status("DateStyle") or "ISO").startswith("ISO"):
            conn.execute("set datestyle = 'ISO'")  # the driver reads no other
        return conn
    except psycopg.Error as exc:
        message = mask.message(str(exc).strip(), parameters)
        hint = supabase.hint(str(parameters.get("host") or ""), message)
        raise refuse("cannot_connect", f"cannot connect: {message}", hint=hint) from None


def _is_shared(conn: Connection, dsn: str) -> bool:
    """Whether server sessions move between clients.

    A session pooler shows another process id than the server, too, but keeps to one session. A
    transaction pooler rotates its sessions, or hands the one that we last used to a second client,
    or moves us to another one while the second client is inside a transaction.
    """
    mine = {backend_pid(conn) for _ in range(3)}
    with _dial(_parse(dsn)) as other, other.transaction():
        return len(mine) > 1 or backend_pid(other) in mine or backend_pid(conn) not in mine


def backend_pid(conn: Connection) -> int:
    """Ask for the process id of the server session that answers."""
    row = conn.execute("select pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0


def _translate(conn: Connection, exc: psycopg.Error) -> Exception:
    if conn.closed:
        return refuse(
            "connection_lost",
            f"the connection was lost: {str(exc).strip()}",
            hint=LOST_HINT,
        )
    if isinstance(exc, (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)):
        message = f"somebody holds a lock: {exc.diag.message_primary}"
        return refuse("lock_timeout", message, hint=BUSY_HINT)
    if isinstance(exc, psycopg.errors.InsufficientPrivilege):
        return refuse(
            "missing_privilege",
            f"{conn.info.user} may not do this: {exc.diag.message_primary}",
            hint=PRIVILEGE_HINT,
        )
    return exc
