"""Databases at Supabase: a connection string from a project's reference, and its errors in words.

``SUPABASE_PROJECT_REF`` and ``SUPABASE_DB_PASSWORD`` lead to the project's own host, which has an
IPv6 address alone unless one pays for more. With ``SUPABASE_POOLER_HOST``, or the host that
``supabase link`` has saved, they lead to the session pooler, which IPv4 reaches. The pooler's host
is never guessed: its name holds a cluster number that nobody can tell from the region.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from pgcredits.migrate.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

REF, PASSWORD, POOLER = "SUPABASE_PROJECT_REF", "SUPABASE_DB_PASSWORD", "SUPABASE_POOLER_HOST"

SESSION_PORT = 5432
TRANSACTION_PORT = 6543
SAVED_POOLER = Path("supabase/.temp/pooler-url")
"""Where Supabase's own command line keeps what it was told, below the working directory."""

_HOSTS = (".supabase.co", ".supabase.com")
_HOST_NAME = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::(\d+))?")
_SAVED = re.compile(r"//postgres\.(?P<ref>[a-z0-9]+)(?::[^@]*)?@(?P<host>[a-z0-9.-]+)")
_STRICTER = {"verify-ca", "verify-full"}
_FROM_DIALOG = (
    f"copy the host of the *Session pooler* from the project's Connect dialog into {POOLER};"
    " it works over IPv4"
)


def resolve(environ: Mapping[str, str], directory: Path) -> tuple[str, str] | None:
    """Make the connection string of the project that the environment names, and say from what.

    ``directory`` is where ``supabase link`` may have left a pooler. Returns None when neither
    variable is set. Raises `MigrateError` when one is missing or cannot be used.
    """
    ref, password = environ.get(REF, "").strip(), environ.get(PASSWORD, "")
    if not ref and not password:
        return None
    if not ref or not password:
        missing, given = (REF, PASSWORD) if not ref else (PASSWORD, REF)
        raise refuse("no_database_given", f"{given} is set, but {missing} is not")
    if not re.fullmatch(r"[a-z0-9]+", ref):
        raise refuse(
            "bad_dsn",
            f"{REF} is not the reference of a project",
            hint="it is the word in https://supabase.com/dashboard/project/<ref>",
        )
    host, origin = _pooler(environ.get(POOLER, "").strip(), ref, directory)
    user = f"postgres.{ref}" if host else "postgres"
    mode = environ.get("PGSSLMODE", "")
    dsn = make_conninfo(
        host=host or f"db.{ref}.supabase.co",
        port=SESSION_PORT,
        user=user,
        password=password,
        dbname="postgres",
        sslmode=mode if mode in _STRICTER else "require",
    )
    return dsn, f"{REF} and {PASSWORD}{origin}"


def is_transaction_pooler(host: str, port: int) -> bool:
    """Whether it is known, without asking, that the server's sessions are shared there."""
    return port == TRANSACTION_PORT and host.endswith(_HOSTS)


def hint(host: str, message: str) -> str | None:
    """Say what to do about an error of connecting to ``host``, if it is one of Supabase's."""
    if not host.endswith(_HOSTS):
        return None
    text = message.lower()
    if "tenant or user not found" in text:
        return (
            "this is about the pooler's host or the user's name, not about the password: the user"
            f" is postgres.<ref>, and the host must be the project's own; {_FROM_DIALOG}"
        )
    unreachable = (
        "unreachable",
        "could not translate host name",
        "failed to resolve host",
        "no address associated",
        "cannot assign requested address",
        "timeout",
    )
    if host.startswith("db.") and any(words in text for words in unreachable):
        return f"the project's own host has only an IPv6 address by default; {_FROM_DIALOG}"
    if "password authentication failed" in text:
        return (
            "the password is the database's, not the one of your account;"
            f" {PASSWORD} is taken as it is, without any encoding"
        )
    return None


def _pooler(given: str, ref: str, directory: Path) -> tuple[str | None, str]:
    """Host of the session pooler, if one is known, and where it is from."""
    if given:
        match = _HOST_NAME.fullmatch(given)
        if match is None:
            raise refuse("bad_dsn", f"{POOLER} is not the name of a host", hint=_FROM_DIALOG)
        if match[2] and int(match[2]) == TRANSACTION_PORT:
            raise refuse(
                "transaction_pooler",
                f"{POOLER} has port {TRANSACTION_PORT}: the transaction pooler, which shares its"
                " sessions, so the lock against a second runner would be lost or left behind",
                hint=f"give the host alone; port {SESSION_PORT}, the session pooler, is used",
            )
        if match[2] and int(match[2]) != SESSION_PORT:
            raise refuse("bad_dsn", f"{POOLER} has a port that is not {SESSION_PORT}")
        return match[1], f", through {POOLER}"
    saved = None
    with suppress(OSError, ValueError):
        saved = _SAVED.search((directory / SAVED_POOLER).read_text("utf-8"))
    # The file may be another project's, and everything but its host is ours to say.
    if saved and saved["ref"] == ref and saved["host"].endswith(_HOSTS):
        return saved["host"], f", through the pooler in {SAVED_POOLER}"
    return None, ""
