"""A small disk of a test's own, which it can fill up."""

from __future__ import annotations

import os
import subprocess
from shutil import which
from typing import TYPE_CHECKING, Self

from pgcredits.embedded.account import server_account
from pgcredits.embedded.scratch import Scratch
from tests.faults.needs import missing

if TYPE_CHECKING:
    from pathlib import Path

# Reads until we close the pipe, however we end.
_RELEASE = 'read -r _; umount -l "$1"; rmdir "$1"'


class SmallDisk:
    """A memory file system of ``size`` bytes at ``path``, which belongs to the server's user.

    Mounting needs root; where it is not allowed the test is skipped, in CI it fails.
    """

    def __init__(self, size: int) -> None:
        account = server_account()
        self._scratch = Scratch(account)
        self.path: Path = self._scratch.path / "disk"
        self._filler = self.path / "filler"
        self.path.mkdir()
        owner = f"uid={account.uid},gid={account.gid}" if account else f"uid={os.geteuid()}"
        mounted = subprocess.run(
            [
                which("mount") or "/bin/mount",
                "-t",
                "tmpfs",
                "-o",
                f"size={size},mode=0700,{owner}",
                "tmpfs",
                self.path,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode:
            self._scratch.remove()
            missing(
                "a disk that is full needs a file system of its own, and only root may mount one: "
                f"run this test as root, outside of containers that forbid it ({mounted.stderr})"
            )
        self._release = subprocess.Popen(
            ["/bin/sh", "-c", _RELEASE, "release", self.path],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release.communicate()
        self._scratch.remove()

    def fill(self) -> None:
        """Leave not a single free block."""
        status = os.statvfs(self.path)
        with self._filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, status.f_bfree * status.f_frsize)

    def free(self) -> None:
        """Undo `fill`."""
        self._filler.unlink()
