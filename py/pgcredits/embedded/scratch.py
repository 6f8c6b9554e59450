"""Directories of throwaway servers: where they are made, and how forgotten ones are found."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from pgcredits.embedded.account import Account, can_enter
from pgcredits.embedded.errors import EmbeddedError
from pgcredits.embedded.watchdog import clear_away

_MEMORY_FILE_SYSTEM = Path("/dev/shm")  # noqa: S108 - the memory file system of Linux, by its name
_MEMORY_NEEDED = 1 << 30  # bytes free; a container's default of 64 MB is too little for a cluster
_NAME = re.compile(r"pgcredits-(\d+)-\w+")
_LOCK = "owner.lock"


class Scratch:
    """A directory of mode 0700 that belongs to the server's user and to this process.

    ``path`` is the directory, ``data`` the place for the data directory in it. A lock on a file in
    it shows to other processes that the owner lives, also where they cannot see its process id.
    """

    def __init__(self, account: Account | None) -> None:
        parent = _parent(account)
        sweep(parent, account)
        made = tempfile.mkdtemp(prefix=f"pgcredits-{os.getpid()}-", dir=parent)
        self.path = Path(made).resolve()
        self.data = self.path / "data"
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        if account is not None:
            os.chown(self.path, account.uid, account.gid)

    def remove(self) -> None:
        """Remove the directory with everything in it. May be called twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def sweep(parent: Path, account: Account | None) -> list[Path]:
    """Clear away what processes that are gone have left in ``parent``; return the paths.

    Only directories of our own user or of the server's user are looked at.
    """
    swept = []
    for path in parent.glob("pgcredits-*"):
        named = _NAME.fullmatch(path.name)
        if named is None or _is_running(int(named.group(1))):
            continue
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISDIR(status.st_mode) or _is_locked(path / _LOCK):
            continue
        if account is not None and status.st_uid == account.uid:
            clear_away(path.resolve() / "data", path.resolve(), account)
        elif status.st_uid == os.geteuid():
            if account is None:
                clear_away(path.resolve() / "data", path.resolve(), None)
            else:  # its owner died before the directory was handed to the server's user
                shutil.rmtree(path, ignore_errors=True)
        else:
            continue
        swept.append(path)
    return swept


def _parent(account: Account | None) -> Path:
    temporary = Path(tempfile.gettempdir())
    candidates = [temporary, Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - mkdtemp makes the names
    if sys.platform == "linux" and _has_room(_MEMORY_FILE_SYSTEM):
        candidates.insert(0, _MEMORY_FILE_SYSTEM)
    for candidate in candidates:
        if (
            candidate.is_dir()
            and os.access(candidate, os.W_OK | os.X_OK)
            and can_enter(candidate, account, write=True)
        ):
            return candidate
    who = "this user" if account is None else f"user {account.name!r}"
    raise EmbeddedError(
        f"no temporary directory that {who} may enter: set TMPDIR to one "
        f"(tried {', '.join(map(str, candidates))})"
    )


def _has_room(directory: Path) -> bool:
    try:
        status = os.statvfs(directory)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize >= _MEMORY_NEEDED


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
