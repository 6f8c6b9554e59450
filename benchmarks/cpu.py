"""CPU time that a PostgreSQL server on this machine has used, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
# Positions in /proc/<pid>/stat after the name, which may hold blanks: see proc(5).
_PARENT, _OWN, _WITH_CHILDREN = 1, slice(11, 13), slice(11, 15)


class CpuUnavailableError(Exception):
    """The processes of the server cannot be seen from here."""


def postmaster_of(backend: int) -> int:
    """Return the process id of the server that has this backend.

    Raises `CpuUnavailableError` when the server runs elsewhere, or there is no /proc.
    """
    try:
        name = (_PROC / str(backend) / "comm").read_text().strip()
        parent = int(_stat(backend)[_PARENT])
    except OSError:
        name, parent = "", 0
    if name not in {"postgres", "postmaster"}:
        raise CpuUnavailableError(
            "the benchmark reads the server's CPU time from /proc: run it on Linux, on the "
            "server's own machine and outside of containers that hide its processes"
        )
    return parent


def server_seconds(postmaster: int) -> float:
    """User and system seconds used so far by all processes of the server, ended ones included."""
    ticks = 0
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = _stat(int(entry.name))
        except OSError:  # it has ended meanwhile: the postmaster's figure will have it
            continue
        if int(entry.name) == postmaster:
            ticks += sum(map(int, fields[_WITH_CHILDREN]))
        elif int(fields[_PARENT]) == postmaster:
            ticks += sum(map(int, fields[_OWN]))
    return ticks / _TICK


def server_seconds_since(before: float, postmaster: int) -> float:
    """Seconds used since ``server_seconds`` returned ``before``: one tick of its clock at least."""
    return max(server_seconds(postmaster) - before, 1 / _TICK)


def _stat(pid: int) -> list[str]:
    return (_PROC / str(pid) / "stat").read_text().rsplit(") ", 1)[1].split()
