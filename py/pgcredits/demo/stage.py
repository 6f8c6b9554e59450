"""Where the demo plays: a migrated database of its own, and the relay in front of it.

Everything is taken away again when the stage is left, also by an exception or Ctrl-C.
"""

from __future__ import annotations

import http.client
import json
import logging
import secrets
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import uvicorn
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgcredits import db, migrate
from pgcredits.demo import events
from pgcredits.embedded import LocalPostgres
from pgcredits.relay import RelayConfig, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOST = "127.0.0.1"
_SECONDS = 15.0


class StageError(Exception):
    """The stage could not be set; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay answered: the HTTP status and the fields of its JSON object."""

    status: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """A migrated database and a relay that serves it. The secrets are random and never shown."""

    report: migrate.Report
    where: str
    relay_url: str
    admin: db.Connection = field(repr=False)
    app: db.Connection = field(repr=False)
    signing_secret: str = field(repr=False)

    def deliver(self, event: events.Event, *, secret: str | None = None) -> Answer:
        """Sign an event as Stripe does and post it; ``secret`` replaces the right one."""
        payload = events.body(event)
        signature = events.sign(payload, secret or self.signing_secret)
        return _request(self.relay_url, "POST", "/webhooks/stripe", payload, signature)


@contextmanager
def stage(database_url: str | None) -> Iterator[Stage]:
    """Set the stage on a throwaway server, or in a scratch database of ``database_url``.

    Raises `StageError`, and passes on the errors of the server and of the runner.
    """
    with ExitStack() as stack:
        if database_url:
            dsn = stack.enter_context(_scratch_database(database_url))
            where = "scratch database of DATABASE_URL, dropped at the end"
        else:
            server = stack.enter_context(LocalPostgres(password=secrets.token_urlsafe(24)))
            dsn = server.dsn()
            where = "throwaway server, removed at the end"
        report = migrate.apply(dsn)
        # The connections first: what they may not do is said in a better way than by the relay.
        admin = stack.enter_context(_connect(dsn, "credits_admin"))
        app = stack.enter_context(_connect(dsn, "credits_service"))
        signing_secret = f"whsec_{secrets.token_urlsafe(24)}"
        config = RelayConfig(
            database_url=_as_role(dsn, "credits_webhook"),
            secrets=(signing_secret,),
            mode="test",
            pool_size=2,
        )
        relay_url = stack.enter_context(_relay(config))
        yield Stage(report, where, relay_url, admin, app, signing_secret)


@contextmanager
def _scratch_database(url: str) -> Iterator[str]:
    """Create a database beside the one that ``url`` names, so that nothing of it is touched."""
    name = f"pgcredits_demo_{secrets.token_hex(6)}"
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise StageError(f"no scratch database on DATABASE_URL: {_first_line(error)}") from None
    try:
        yield make_conninfo(url, dbname=name)
    finally:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _as_role(dsn: str, role: str) -> str:
    """Extend a connection string so that its sessions have the rights of ``role`` alone."""
    given = conninfo_to_dict(dsn).get("options") or ""
    return make_conninfo(dsn, options=f"{given} -c role={role}".strip())


def _connect(dsn: str, role: str) -> db.Connection:
    try:
        conn = db.connect(_as_role(dsn, role), application_name="pgcredits demo")
    except psycopg.Error as error:
        raise StageError(
            f"cannot connect as {role}: {_first_line(error)} (where the login has made the roles, "
            "it may run: grant credits_service, credits_admin, credits_webhook to current_user)"
        ) from None
    conn.autocommit = True
    return conn


@contextmanager
def _relay(config: RelayConfig) -> Iterator[str]:
    """Serve what `pgcredits relay` serves on a free port; yield its address once it is ready."""
    # The demo shows the answers itself; without a handler warnings would go to stderr as well.
    logging.getLogger("pgcredits.relay").addHandler(logging.NullHandler())
    listener = socket.create_server((_HOST, 0))
    url = f"http://{_HOST}:{listener.getsockname()[1]}"
    server = uvicorn.Server(
        uvicorn.Config(create_app(config), log_config=None, access_log=False, lifespan="on")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _await_ready(url, thread)
        yield url
    finally:
        server.should_exit = True
        thread.join(_SECONDS)
        listener.close()


def _await_ready(url: str, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _SECONDS
    problem = "it does not answer"
    while thread.is_alive() and time.monotonic() < deadline:
        try:
            answer = _request(url, "GET", "/readyz")
        except OSError as error:
            problem = str(error)
        else:
            if answer.status == 200:
                return
            problem = answer.fields.get("reason", problem)
        time.sleep(0.02)
    raise StageError(f"the relay did not become ready: {problem}")


def _request(
    url: str, method: str, path: str, payload: str | None = None, signature: str | None = None
) -> Answer:
    """Make one HTTP request. Raises `OSError` when nobody answers."""
    conn = http.client.HTTPConnection(_HOST, urlsplit(url).port, timeout=_SECONDS)
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["Stripe-Signature"] = signature
    try:
        conn.request(method, path, None if payload is None else payload.encode(), headers)
        response = conn.getresponse()
        return Answer(response.status, json.loads(response.read()))
    finally:
        conn.close()


def _first_line(error: psycopg.Error) -> str:
    """Say what the database said, without the rest, which may quote the connection string."""
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return "it is not a connection string"
    return (error.diag.message_primary or str(error)).strip().splitlines()[0]
