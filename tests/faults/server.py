"""A server of a test's own, set up as in production, that can be killed and started again."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg

from pgcredits import migrate
from pgcredits.embedded import LocalPostgres
from pgcredits.embedded.account import server_account
from pgcredits.embedded.scratch import Scratch
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping


class OwnServer:
    """A durable server with a migrated database; a ``with`` block starts, stops and removes it.

    Its cluster is in ``directory``, else in a scratch directory, which the next run clears away
    should this process be killed. The port stays the same over restarts, and ``dsn`` with it.
    """

    def __init__(
        self, directory: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self._scratch = Scratch(server_account()) if directory is None else None
        self.data = self._scratch.data if self._scratch else Path(directory or "")
        self._settings = dict(settings or {})
        self._local = LocalPostgres(data_dir=self.data, durable=True, settings=self._settings)

    def __enter__(self) -> Self:
        try:
            self._local.start()
            self.dsn = self._local.dsn()
            migrate.apply(self.dsn)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._local.stop()
        if self._scratch is not None:
            self._scratch.remove()

    def kill(self) -> None:
        """``kill -9`` for the postmaster and all its children, none of which sees another die.

        Harmless when the server has ended by itself.
        """
        postmaster = self._local._process
        assert postmaster is not None
        if postmaster.poll() is None:
            # Stopped, it neither starts another child nor mourns one.
            postmaster.send_signal(signal.SIGSTOP)
            children = _children(postmaster.pid)
            for pid in children:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            postmaster.kill()
            wait_until(lambda: not any(map(_runs, children)), "the server's processes are gone")
        self._local.stop()

    def start(self) -> None:
        """Start again on the same data directory and the same port, after `kill`."""
        port = self._local.port
        self._local = LocalPostgres(
            data_dir=self.data, durable=True, port=port, settings=self._settings
        )
        self._local.start()

    def connect(self) -> psycopg.Connection[Any]:
        """Open an autocommit connection as the superuser."""
        return psycopg.connect(self.dsn, autocommit=True, connect_timeout=10)


def _children(parent: int) -> list[int]:
    return [
        int(path.name)
        for path in Path("/proc").glob("[0-9]*")
        if _state(path)[1:2] == [str(parent)]
    ]


def _runs(pid: int) -> bool:
    return _state(Path(f"/proc/{pid}"))[:1] not in ([], ["Z"], ["X"])


def _state(process: Path) -> list[str]:
    """The state of a process, its parent, and more; nothing when it is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
