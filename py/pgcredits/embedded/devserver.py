"""`DevServer`: a durable server for one project directory, as ``pgcredits dev`` keeps it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

from pgcredits.embedded.account import can_enter, server_account
from pgcredits.embedded.errors import EmbeddedError, ServerStartError
from pgcredits.embedded.server import LocalPostgres

_ELSEWHERE = Path("/var/lib/pgcredits")
_PREDECESSOR_SECONDS = 30.0
_POLL_SECONDS = 0.1
_PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class _Record:
    """What ``server.json`` holds; ``data_dir`` is None when the data is in its usual place."""

    port: int | None = None
    data_dir: str | None = None


class DevServer:
    """A server with its data in ``home``, fsync on, and a generated password.

    ``home`` (for example ``.pgcredits``) is made when it is missing and holds

    - ``pgpass``: the password of the user ``postgres``, in libpq's format, mode 0600;
    - ``server.json``: the port of the last start, and ``data_dir`` where the data is elsewhere;
    - ``data``: the cluster, unless the server runs as another user who may not enter ``home``;
      then it is below ``/var/lib/pgcredits``.

    One process owns the server; others find it with `is_running`. ``port`` asks for a port; without
    it the port of the last start is used while it is free. Errors are `EmbeddedError`.
    """

    def __init__(self, home: Path, *, port: int | None = None) -> None:
        self.home = home.resolve()
        self.port = port or 0
        self._fixed_port = port is not None
        self._lock = -1
        self._server: LocalPostgres | None = None
        try:
            self._prepare()
        except OSError as error:
            raise EmbeddedError(
                f"cannot use {self.home} ({error.strerror}): run this as the user who made it, or "
                "in another directory"
            ) from error

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Connection string for libpq's clients; it names the password file, not the password."""
        return (
            f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
            f"?sslmode=disable&passfile={quote(str(self.passfile), safe='/')}"
        )

    @property
    def passfile(self) -> Path:
        """The file that holds the password, as the last field of its line."""
        return self.home / "pgpass"

    @property
    def bindir(self) -> Path | None:
        """The directory of the server's programs, while we own the server."""
        return None if self._server is None else self._server.bindir

    def is_running(self) -> bool:
        """Tell whether another process runs the server now, waiting for it to be ready.

        Afterwards ``port`` and ``url`` are those of the running server.
        """
        deadline = time.monotonic() + _PREDECESSOR_SECONDS
        while not self._take_lock():
            port = self._recorded().port
            if port is not None and self._answers(port):
                self.port = port
                return True
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"another process holds {self.home / 'lock'}, but its server does not answer: "
                    "end that process and try again"
                )
            time.sleep(_POLL_SECONDS)
        return False

    def start(self) -> None:
        """Start the server, making the cluster first if there is none."""
        if self.is_running():
            raise EmbeddedError(f"the server in {self.home} is running already, port {self.port}")
        try:
            self._server = self._start()
        except BaseException:
            self.stop()
            raise
        self.port = self._server.port
        self._write(replace(self._recorded(), port=self.port))

    def wait(self) -> None:
        """Return when the server ends by itself or is stopped by somebody else."""
        if self._server is not None:
            self._server.wait()

    def stop(self) -> None:
        """Stop the server if it is ours; may be called twice."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _start(self) -> LocalPostgres:
        """Try the wished port, then any; wait for a server whose owner was killed to go away."""
        port = self.port or self._recorded().port
        deadline = time.monotonic() + _PREDECESSOR_SECONDS
        while True:
            server = LocalPostgres(
                data_dir=self.data_dir, durable=True, password=self._password(), port=port
            )
            try:
                server.start()
            except ServerStartError as error:
                if server.port_was_taken and not self._fixed_port and port is not None:
                    port = None
                elif "postmaster.pid" not in str(error) or time.monotonic() > deadline:
                    raise
                else:
                    time.sleep(_POLL_SECONDS)
            else:
                return server

    def _prepare(self) -> None:
        account = server_account()
        if not self.home.is_dir():
            # The server's user has to pass through to the data; it cannot list what is here.
            self.home.mkdir(mode=0o700)
            self.home.chmod(0o700 if account is None else 0o711)
            (self.home / ".gitignore").write_text("*\n")
        self.data_dir = Path(self._recorded().data_dir or self.home / "data")
        if not self.passfile.exists():
            if self.data_dir.exists():
                raise EmbeddedError(
                    f"{self.passfile} is missing, and nobody else knows the password of "
                    f"{self.data_dir}: restore the file, or remove that directory to start afresh"
                )
            line = f"*:*:*:postgres:{secrets.token_urlsafe(_PASSWORD_BYTES)}\n"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(os.open(self.passfile, flags, 0o600), "w") as file:
                file.write(line)
        if not self.data_dir.exists() and not can_enter(self.home, account):
            name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
            _ELSEWHERE.mkdir(mode=0o755, exist_ok=True)
            self.data_dir = _ELSEWHERE / name
            self._write(_Record(data_dir=str(self.data_dir)))

    def _password(self) -> str:
        return self.passfile.read_text().strip().rpartition(":")[2]

    def _take_lock(self) -> bool:
        if self._lock >= 0:
            return True
        descriptor = os.open(self.home / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def _answers(self, port: int) -> bool:
        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=port,
                user="postgres",
                password=self._password(),
                dbname="postgres",
                sslmode="disable",
                connect_timeout=5,
            ) as conn:
                row = conn.execute("select pg_catalog.current_setting('data_directory')").fetchone()
        except psycopg.Error:
            return False
        return row is not None and row[0] == str(self.data_dir.resolve())

    def _recorded(self) -> _Record:
        path = self.home / "server.json"
        try:
            return _Record(**json.loads(path.read_text()))
        except FileNotFoundError:
            return _Record()
        except (TypeError, ValueError) as error:
            raise EmbeddedError(f"{path} is damaged ({error}): remove it") from error

    def _write(self, record: _Record) -> None:
        fresh = self.home / "server.json.new"
        fresh.write_text(json.dumps(asdict(record), indent=2) + "\n")
        fresh.replace(self.home / "server.json")
