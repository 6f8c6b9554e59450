"""``python -m benchmarks.postgrest``: how long a spend takes over HTTP, beside trivial functions.

One client on one connection calls three functions of the same PostgREST in turns: `deduct_credit`,
one that returns a constant, and one that inserts a row. The second commits nothing, so it never
waits for the disk; the third waits as a spend does. Needs what `scripts/setup_node.sh` installs.
"""

from __future__ import annotations

import json
import random
import secrets
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import click
import httpx
import jwt
import psycopg
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pgcredits import migrate, rpc
from pgcredits.embedded import LocalPostgres
from tests.http.server import PostgREST

_SECRET = secrets.token_hex(32)
_WANTED = 1.25  # deduct_credit to a trivial function, at p50
_BASELINES = """
create role authenticator login noinherit;
create role anon nologin;
create role bench nologin;
grant anon, bench to authenticator;
grant credits_service to bench;

create function credits.bench_constant(p_account_id text, p_idempotency_key text)
returns bigint
language sql
as 'select 1::bigint';

create table credits.bench_rows (account_id text, idempotency_key text);
create function credits.bench_insert(p_account_id text, p_idempotency_key text)
returns bigint
language sql
security definer
as 'insert into credits.bench_rows values (p_account_id, p_idempotency_key) returning 1::bigint';

grant execute on function credits.bench_constant, credits.bench_insert to bench;
"""
_FUNCTIONS = ("deduct_credit", "bench_constant", "bench_insert")


@click.command(context_settings={"show_default": True})
@click.option("--calls", type=click.IntRange(min=2), default=3000, help="Of each function.")
@click.option("--accounts", type=click.IntRange(min=1), default=500, help="To spread spends over.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def main(*, calls: int, accounts: int, as_json: bool) -> None:
    """Measure how long a spend takes through PostgREST, as a ratio to trivial functions.

    The figures of one run are compared with one another only. The exit code does not judge them.
    """
    with tempfile.TemporaryDirectory(prefix="pgcredits-bench-") as made:
        directory = Path(made)
        directory.chmod(0o711)  # as root, the server runs as another user who has to pass here
        with LocalPostgres(data_dir=directory / "data", durable=True) as server:
            _load(server.dsn(), accounts)
            with PostgREST(make_conninfo(server.dsn(), user="authenticator"), _SECRET) as rest:
                taken = _call_in_turns(rest.url, calls, accounts)
    found = {name: _figures(times, taken["deduct_credit"]) for name, times in taken.items()}
    if as_json:
        click.echo(json.dumps({"calls": calls, "wanted": _WANTED, "functions": found}, indent=2))
    else:
        Console().print(_table(found))


def _load(dsn: str, accounts: int) -> None:
    migrate.apply(dsn)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(_BASELINES)
        for number in range(accounts):
            rpc.grant_credits(conn, f"account-{number}", 100_000_000)
        conn.execute("vacuum analyze")


def _call_in_turns(url: str, calls: int, accounts: int) -> dict[str, list[float]]:
    """Return milliseconds of each call, by function. A tenth more calls warm up, uncounted."""
    claims = {"role": "bench", "exp": int(time.time()) + 86_400}
    access = jwt.encode(claims, _SECRET, "HS256")
    headers = {"Authorization": f"Bearer {access}", "Content-Profile": "credits"}
    taken: dict[str, list[float]] = {name: [] for name in _FUNCTIONS}
    warm_up = calls // 10
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        for number in track(range(-warm_up, calls), "Calling ...", console=Console(stderr=True)):
            for name in random.sample(_FUNCTIONS, len(_FUNCTIONS)):
                arguments = {
                    "p_account_id": f"account-{random.randrange(accounts)}",
                    "p_idempotency_key": f"{name}-{number}",
                }
                start = time.perf_counter()
                answer = client.post(f"/rpc/{name}", json=arguments)
                took = time.perf_counter() - start
                answer.raise_for_status()
                if number >= 0:
                    taken[name].append(1000 * took)
    return taken


def _figures(times: list[float], ours: list[float]) -> dict[str, float]:
    """Return p50 and p99 in milliseconds, and the ratio of our p50 to this one."""
    return {
        "p50_ms": round(median(times), 3),
        "p99_ms": round(quantiles(times, n=100)[98], 3),
        "deduct_credit_to_it": round(median(ours) / median(times), 3),
    }


def _table(found: dict[str, dict[str, Any]]) -> Table:
    table = Table(title="one client, through PostgREST", title_justify="left", title_style="bold")
    table.add_column("function")
    for heading in ("p50 ms", "p99 ms", "deduct_credit to it", "wanted"):
        table.add_column(heading, justify="right")
    for name, figures in found.items():
        table.add_row(
            name,
            f"{figures['p50_ms']:.2f}",
            f"{figures['p99_ms']:.2f}",
            "" if name == "deduct_credit" else f"{figures['deduct_credit_to_it']:.2f}",
            "" if name == "deduct_credit" else f"at most {_WANTED:.2f}",
        )
    return table


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.postgrest")
