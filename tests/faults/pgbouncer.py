"""PgBouncer in transaction mode before the server of the tests."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from shutil import which
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg.conninfo import make_conninfo

from pgcredits.embedded.account import server_account
from pgcredits.embedded.scratch import Scratch
from pgcredits.embedded.watchdog import Watchdog
from tests.faults.needs import missing
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.conftest import Server

# A pool holds what one user does in one database.
_CONFIGURATION = """
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
{more}
"""
_PREPARED_SINCE = (1, 21)


class PgBouncer:
    """Runs as the server's unprivileged user on a free port of the loopback address.

    ``pool_size`` is how many server connections the clients of one database share.
    """

    def __init__(self, server: Server, pool_size: int) -> None:
        program = which("pgbouncer") or which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            missing("PgBouncer is not installed: apt install pgbouncer, or the like")
        self._program = program
        said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
        version = re.search(r"(\d+)\.(\d+)", said.stdout)
        assert version is not None, said.stdout
        self.keeps_prepared_statements = tuple(map(int, version.groups())) >= _PREPARED_SINCE
        """Whether this version can give a prepared statement to whichever server is used."""
        self._server = server
        self._pool_size = pool_size

    def __enter__(self) -> Self:
        account = server_account()
        scratch = Scratch(account)
        self._watchdog = Watchdog(scratch.data, scratch.path, account)
        self._scratch = scratch
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        users = scratch.path / "users.txt"
        users.write_text(f'"{self._server.user}" "{self._server.password or ""}"\n')
        configuration = scratch.path / "pgbouncer.ini"
        configuration.write_text(
            _CONFIGURATION.format(
                host=self._server.host,
                port=self._server.port,
                listen_port=self.port,
                users=users,
                pool_size=self._pool_size,
                more="max_prepared_statements = 100" if self.keeps_prepared_statements else "",
            )
        )
        if account is not None:
            for path in (users, configuration):
                os.chown(path, account.uid, account.gid)
        log = scratch.path / "pgbouncer.log"
        with log.open("wb") as output:
            self._process = self._watchdog.spawn(
                "server",
                [self._program, str(configuration)],
                cwd=scratch.path,
                output=output.fileno(),
                account=account,
            )
        wait_until(lambda: self._answers() or self._ended(log.read_text()), "PgBouncer answers")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._watchdog.close()
        self._scratch.remove()

    def dsn(self, dsn: str) -> str:
        """The same database through the pooler."""
        return make_conninfo(dsn, host="127.0.0.1", port=self.port, sslmode="disable")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn(self._server.dsn()), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _ended(self, said: str) -> bool:
        assert self._process.poll() is None, f"PgBouncer has ended:\n{said}"
        return False
