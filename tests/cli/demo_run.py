"""The demo as a subprocess. One complete run is shared by all tests that read its output."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Run:
    """How a run of the demo ended."""

    pid: int
    code: int
    stdout: str
    stderr: str
    seconds: float


def start(**variables: str) -> subprocess.Popen[str]:
    """Start the demo with these variables, and without those that would choose another server."""
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "NO_COLOR"}}
    return subprocess.Popen(
        [sys.executable, "-m", "pgcredits", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**kept, **variables},
    )


def finish(process: subprocess.Popen[str], started: float, before: str = "") -> Run:
    """Wait for the end; ``before`` is what has been read of its output already."""
    try:
        stdout, stderr = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    seconds = time.monotonic() - started
    return Run(process.pid, process.returncode, before + stdout, stderr, seconds)


@cache
def complete() -> Run:
    """Run the demo on a server of its own, from beginning to end."""
    started = time.monotonic()
    return finish(start(), started)


def left_behind(run: Run) -> list[str]:
    """Return what is still there of a run: directories, processes, listening ports."""
    parents = {Path("/dev/shm"), Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")}  # noqa: S108
    mark = f"pgcredits-{run.pid}-"
    found = [str(path) for parent in parents for path in parent.glob(f"{mark}*")]
    found += [line for line in _processes() if mark in line]
    found += [f"port {port}" for port in _ports(run.stdout) if _answers(port)]
    return found


def _processes() -> list[str]:
    if not Path("/proc/self/cmdline").exists():
        return subprocess.check_output(["/bin/ps", "-Ao", "args"], text=True).splitlines()
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return lines


def _ports(output: str) -> list[int]:
    """Return the ports of server and relay, as the demo has printed them."""
    introduction = output.partition("ready")[0]
    return [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", introduction)]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
