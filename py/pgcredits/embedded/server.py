"""`LocalPostgres`: one PostgreSQL server, started and stopped by this process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg.conninfo import make_conninfo

from pgcredits.embedded.account import Account, server_account
from pgcredits.embedded.binaries import find_bindir, reachable_bindir, version_of
from pgcredits.embedded.cluster import ClusterMaker, last_lines
from pgcredits.embedded.errors import EmbeddedError, ServerStartError
from pgcredits.embedded.scratch import Scratch
from pgcredits.embedded.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

_HOST = "127.0.0.1"
_USER = "postgres"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.02
_PORT_TRIES = 5
_SOCKET_PATH_BYTES = 103  # the smallest limit of the systems we know (macOS), less the zero byte

_THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "min_wal_size": "32MB",
    "max_wal_size": "64MB",
    "shared_buffers": "64MB",
    "max_connections": "200",
}


class LocalPostgres:
    """A server on 127.0.0.1 that lives as long as a ``with`` block, or from start() to stop().

    ``major`` asks for a version (default: ``PG_MAJOR``, else what `find_bindir` finds first).

    Without ``data_dir`` the cluster is a throwaway one, on the memory file system where there is
    room, and is removed at the end. With it the cluster is kept there: made if the directory is
    missing or empty, else used as it is; its log is ``server.log`` inside.

    ``durable`` keeps fsync on; without it a power cut may damage the cluster. With ``password`` a
    new cluster asks it from everybody (SCRAM); without one every local user may connect as the
    superuser. ``port`` is a free one unless given. ``settings`` are server settings by name.

    If the process dies without stopping the server, the watchdog stops it and removes a throwaway
    cluster. When run as root, the server runs as an unprivileged user that exists already.

    Attributes: ``host``, ``port``, ``user`` (``postgres``), ``password`` (None if none is needed),
    ``version`` (such as ``18.4``), ``bindir``, ``data_dir``, and after a failed start
    ``port_was_taken``. Errors are `EmbeddedError`.
    """

    host = _HOST
    user = _USER

    def __init__(
        self,
        major: int | None = None,
        *,
        data_dir: Path | None = None,
        durable: bool = False,
        password: str | None = None,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._account = server_account()
        self.bindir = reachable_bindir(find_bindir(major), self._account)
        self.version = version_of(self.bindir)
        self.password = password
        self.port = port or 0
        self.port_was_taken = False
        self._fixed_port = port is not None
        self._kept = data_dir.absolute() if data_dir is not None else None
        self._durable = durable
        self._settings = dict(settings or {})
        self._scratch: Scratch | None = None
        self._watchdog: Watchdog | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def data_dir(self) -> Path:
        """The data directory; of a throwaway cluster only while it is there."""
        if self._kept is not None:
            return self._kept
        if self._scratch is None:
            raise EmbeddedError("the server is not running")
        return self._scratch.data

    def dsn(self, dbname: str = "postgres") -> str:
        """Return the connection string of one database, with the password if there is one."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=dbname,
            sslmode="disable",
        )

    def start(self) -> None:
        """Start the server and return when it answers. Raises `EmbeddedError` if it does not."""
        if self._process is not None:
            raise EmbeddedError("the server is running already")
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Return when the server ends by itself or is stopped by somebody else."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Stop the server, after its open transactions were rolled back; may be called twice."""
        if self._process is not None:
            _stop_process(self._process)
            self._process = None
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None
        if self._watchdog is not None:
            self._watchdog.close()
            self._watchdog = None

    def _start(self) -> None:
        cluster = ClusterMaker(
            self.bindir, self.version, self._account, self.user, self.password, self._durable
        )
        self._scratch = Scratch(self._account)
        if self._kept is None:
            self._watchdog = Watchdog(self._scratch.data, self._scratch.path, self._account)
            cluster.create(self._scratch.data, self._scratch, self._watchdog)
        else:
            cluster.ensure(self._kept, self._scratch)
            self._scratch.remove()
            self._scratch = None
            self._watchdog = Watchdog(self._kept.resolve(), None, self._account)
        for attempt in range(1, _PORT_TRIES + 1):
            if not self._fixed_port:
                self.port = _free_port()
            try:
                self._launch(self._watchdog)
            except ServerStartError:
                if not self.port_was_taken or self._fixed_port or attempt == _PORT_TRIES:
                    raise
            else:
                break

    def _launch(self, watchdog: Watchdog) -> None:
        data = self.data_dir.resolve()
        log = (data if self._kept is not None else data.parent) / "server.log"
        with os.fdopen(_open_log(log, self._account), "wb") as output:
            self._process = watchdog.spawn(
                "server",
                self._command(data),
                cwd=data,
                output=output.fileno(),
                account=self._account,
            )
        self._wait_until_ready(self._process, data, log)

    def _command(self, data: Path) -> list[str]:
        socket_path = data / f".s.PGSQL.{self.port}"
        settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": (
                str(data) if len(os.fsencode(socket_path)) <= _SOCKET_PATH_BYTES else ""
            ),
            "logging_collector": "off",
            "log_destination": "stderr",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **({} if self._durable else _THROWAWAY),
            **self._settings,
        }
        command = [str(self.bindir / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _wait_until_ready(self, process: subprocess.Popen[bytes], data: Path, log: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        problem = "it does not accept connections"
        while time.monotonic() < deadline:
            if process.poll() is not None:
                text = log.read_text(errors="replace")
                self._process = None
                self.port_was_taken = "could not create any TCP/IP sockets" in text
                raise ServerStartError(
                    f"PostgreSQL {self.version} from {self.bindir} stopped at once on port "
                    f"{self.port}; the end of its log:\n{last_lines(text)}"
                )
            # The file says "ready" only once the port is bound: no other server can answer there.
            if _says_ready(data, process.pid):
                try:
                    with psycopg.connect(self.dsn(), connect_timeout=5) as conn:
                        conn.execute("select 1")
                except psycopg.Error as error:
                    problem = str(error).strip()
                else:
                    return
            time.sleep(_POLL_SECONDS)
        raise ServerStartError(
            f"PostgreSQL {self.version} did not answer on port {self.port} within "
            f"{_START_SECONDS:.0f} s ({problem}); the end of its log:\n"
            f"{last_lines(log.read_text(errors='replace'))}"
        )


def _stop_process(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _says_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _open_log(path: Path, account: Account | None) -> int:
    """Open an empty log; never through a link, for the directory is another user's."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    if account is not None:
        os.chown(descriptor, account.uid, account.gid)
    return descriptor
