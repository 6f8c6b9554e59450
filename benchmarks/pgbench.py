"""One run of pgbench, and what it cost the server."""

from __future__ import annotations

import math
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks.cpu import server_seconds, server_seconds_since
from benchmarks.load import ROLE

if TYPE_CHECKING:
    from benchmarks.server import Server

_SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Script:
    """A file of ``sql/`` with values for its variables, and how many spends a transaction makes.

    ``fraction`` of the transactions of a round is what it is given to do.
    """

    file: str
    variables: dict[str, str | int] = field(default_factory=dict)
    spends: int = 1
    fraction: float = 1


@dataclass(frozen=True, slots=True)
class Cost:
    """Server CPU milliseconds for a thousand spends, and spends a second."""

    cpu_ms: float
    rate: float


def run(
    server: Server, script: Script, transactions: int, clients: int, *, fresh: bool = True
) -> Cost:
    """Run the script's share of ``transactions``, the same for each client, after a vacuum.

    Neither the vacuum, nor the checkpoint after it, is charged to the script, nor done unless
    ``fresh``. The vacuum does what autovacuum would have done by then: it takes dead rows away, and
    it marks new rows as committed, which with data checksums would otherwise cost their first
    reader an image of the whole page in the log.

    Raises `click.ClickException` with the end of pgbench's complaints when it fails.
    """
    each = math.ceil(transactions * script.fraction / clients)
    command = [str(server.pgbench), _pgbench_dsn(server.dsn), "--no-vacuum"]
    command += ["--protocol=prepared", f"--client={clients}", "--jobs=2", f"--transactions={each}"]
    command += [f"--file={_SQL / script.file}"]
    command += [f"--define={name}={value}" for name, value in script.variables.items()]
    if fresh:
        with psycopg.connect(server.dsn, autocommit=True) as conn:
            conn.execute("vacuum")
            conn.execute("checkpoint")
    before = server_seconds(server.postmaster)
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=_environment(server.dsn)
    )
    used = server_seconds_since(before, server.postmaster)
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode != 0 or rate is None:
        raise click.ClickException(f"pgbench of {script.file} failed:\n{done.stderr[-1500:]}")
    spends = each * clients * script.spends
    return Cost(cpu_ms=used * 1e6 / spends, rate=float(rate[1]) * script.spends)


def _pgbench_dsn(dsn: str) -> str:
    """Without the password, which other users could read, and with the role of the scripts."""
    parameters = conninfo_to_dict(dsn)
    parameters.pop("password", None)
    parameters["options"] = f"{parameters.get('options', '')} -c role={ROLE}".strip()
    return make_conninfo("", **parameters)


def _environment(dsn: str) -> dict[str, str]:
    """Our environment, with the password where other users cannot read it."""
    password = conninfo_to_dict(dsn).get("password")
    return {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
