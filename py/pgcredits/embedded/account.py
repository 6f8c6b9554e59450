"""The operating-system user that the server runs as.

PostgreSQL refuses to run as root. When we are root, the server gets an unprivileged user that
exists already; no user is ever created.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgcredits.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from pathlib import Path

_UNPRIVILEGED = ("nobody", "postgres")
_INHERITED = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LD_PRELOAD")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user of the operating system."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the user to switch to for the server, or None to run it as ourselves.

    Raises `EmbeddedError` when we are root and there is neither ``nobody`` nor ``postgres``, and
    when our own user id has no name (PostgreSQL then refuses to start).
    """
    uid = os.geteuid()
    if uid != 0:
        try:
            pwd.getpwuid(uid)
        except KeyError:
            raise EmbeddedError(
                f"user id {uid} has no entry in the user database, and PostgreSQL refuses to run "
                "without one: add the user, or set DATABASE_URL to an existing server"
            ) from None
        return None
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and there is no user 'nobody' or 'postgres' to run it "
        "as: call this as an ordinary user, or set DATABASE_URL to an existing server"
    )


def spawn_options(account: Account | None) -> dict[str, Any]:
    """Keyword arguments that make `subprocess` start a child as ``account``.

    The child gets only the part of our environment that programs need to run: no secrets for the
    other user to read, and nothing that would steer PostgreSQL. Its messages are in English.
    """
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    options: dict[str, Any] = {"env": {**kept, "LC_ALL": "C", "TZ": "UTC"}}
    if account is not None:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return options


def can_enter(directory: Path, account: Account | None, *, write: bool = False) -> bool:
    """Tell whether ``account`` may traverse to the existing ``directory`` and into it.

    With ``write`` it must also be able to make and remove entries there. Looks at owner, group and
    mode of each directory on the way; access control lists are not seen.
    """
    if account is None:
        return os.access(directory, os.W_OK | os.X_OK if write else os.X_OK)
    resolved = directory.resolve()
    if write and not _allows(resolved.stat(), account, stat.S_IWOTH):
        return False
    return all(
        _allows(step.stat(), account, stat.S_IXOTH) for step in (resolved, *resolved.parents)
    )


def _allows(status: os.stat_result, account: Account, right: int) -> bool:
    """Tell whether ``account`` has ``right``, one of the bits for others, on this file."""
    if status.st_uid == account.uid:
        return bool(status.st_mode & right << 6)
    if status.st_gid == account.gid:
        return bool(status.st_mode & right << 3)
    return bool(status.st_mode & right)
