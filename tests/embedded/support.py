"""What the tests of the launcher share: child processes, and what is left when they are gone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEADLINE_SECONDS = 60.0


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"still not so: {what}"
        time.sleep(0.02)


def answers(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn, connect_timeout=5) as conn:
            conn.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not reaped does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    state = Path(f"/proc/{pid}/stat")
    if not state.exists():
        return sys.platform != "linux"
    try:
        return state.read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def python_child(
    script: str, *arguments: str, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A Python process with pipes, killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, "the child ended without saying anything"
    return line


def modes_above(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode, owner and group of each path and of every directory above it."""
    found = {}
    for path in paths:
        for step in (path, *path.parents):
            status = step.stat()
            found[step] = (status.st_mode, status.st_uid, status.st_gid)
    return found
