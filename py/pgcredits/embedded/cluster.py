"""Making a database cluster with initdb, and checking one that is there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgcredits.embedded.account import Account, can_enter
from pgcredits.embedded.binaries import major_of
from pgcredits.embedded.errors import EmbeddedError, ServerStartError
from pgcredits.embedded.watchdog import Watchdog

if TYPE_CHECKING:
    from pathlib import Path

    from pgcredits.embedded.scratch import Scratch

_LOG_LINES = 15


@dataclass(frozen=True, slots=True)
class ClusterMaker:
    """What a new cluster is made with.

    ``user`` becomes its superuser; without ``password`` every local user may connect as it.
    ``durable`` waits until the files are on disk.
    """

    bindir: Path
    version: str
    account: Account | None
    user: str
    password: str | None = field(repr=False)
    durable: bool

    def ensure(self, data: Path, scratch: Scratch) -> None:
        """Make the cluster in ``data`` if there is none, and check that it can be started."""
        if data.is_dir() and any(data.iterdir()):
            _check(data, self.version, self.account)
            return
        data.parent.mkdir(parents=True, exist_ok=True)
        if not can_enter(data.parent, self.account):
            name = self.account.name if self.account else "this user"
            raise EmbeddedError(
                f"the server runs as {name!r}, who may not enter {data.parent}: choose a data "
                "directory below directories that all users may traverse"
            )
        # initdb works beside the final place, so that a kill half-way leaves no half cluster there.
        fresh = data.with_name(f"{data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self.account is not None:
            os.chown(fresh, self.account.uid, self.account.gid)
        watchdog = Watchdog(fresh.resolve(), scratch.path, self.account)
        try:
            self.create(fresh.resolve(), scratch, watchdog)
            if data.is_dir():
                data.rmdir()
            fresh.rename(data)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        finally:
            watchdog.close()

    def create(self, data: Path, scratch: Scratch, watchdog: Watchdog) -> None:
        """Run initdb for ``data``, which is missing or empty; ``scratch`` takes small files."""
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        command = [str(self.bindir / "initdb"), "-D", str(data), "-U", self.user, "-E", "UTF8"]
        command += [f"--locale={locale}"]
        if not self.durable:
            command += ["--no-sync"]
        if self.password is None:
            command += ["-A", "trust"]
        else:
            secret = scratch.path / "password"
            _write_secret(secret, self.password, self.account)
            command += ["-A", "scram-sha-256", f"--pwfile={secret}"]
        process = watchdog.spawn(
            "initdb", command, cwd=scratch.path, output=subprocess.PIPE, account=self.account
        )
        try:
            output, _ = process.communicate()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        if process.returncode != 0:
            raise ServerStartError(f"initdb failed:\n{last_lines(output.decode(errors='replace'))}")


def last_lines(text: str) -> str:
    """Return the end of a log, for an error message."""
    return "\n".join(text.rstrip().splitlines()[-_LOG_LINES:])


def _check(data: Path, version: str, account: Account | None) -> None:
    marker = data / "PG_VERSION"
    if not marker.is_file():
        raise EmbeddedError(f"{data} is not empty and not a PostgreSQL data directory")
    kept = marker.read_text().strip()
    if kept != str(major_of(version)):
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {kept}, the programs are version {version}: set "
            f"PG_MAJOR={kept}, or move the directory away to start with an empty one"
        )
    owner = data.stat().st_uid
    if owner != (os.geteuid() if account is None else account.uid):
        raise EmbeddedError(
            f"{data} belongs to user id {owner}, and the server has to run as its owner: run this "
            "as the user who made it, or move the directory away to start with an empty one"
        )
    if not can_enter(data, account):
        raise EmbeddedError(f"the owner of {data} may not traverse the directories above it")


def _write_secret(path: Path, secret: str, account: Account | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "w") as file:
        if account is not None:
            os.chown(file.fileno(), account.uid, account.gid)
        file.write(f"{secret}\n")
