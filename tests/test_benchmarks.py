"""The benchmark runs from end to end and says what it measured; no figure of it is judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from tests.conftest import Server

_ROOT = Path(__file__).parents[1]
_TINY = {
    "--accounts": 20,
    "--few-accounts": 5,
    "--lots": 4,
    "--rounds": 2,
    "--transactions": 16,
    "--hot-spends": 40,
    "--webhooks": 30,
    "--clients": 2,
    "--sweep-lots": 20,
    "--sweep-batch": 7,
}


def _databases(server: Server) -> set[str]:
    with psycopg.connect(server.dsn()) as conn:
        return {
            name
            for (name,) in conn.execute(
                "select d.datname from pg_database d where d.datname like 'pgcredits_bench_%'"
            )
        }


def test_a_tiny_run_measures_all_cases_and_leaves_nothing_behind(pg_server: Server) -> None:
    options = [f"{name}={value}" for name, value in _TINY.items()]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--json", *options],
        cwd=_ROOT,
        env={**os.environ, "DATABASE_URL": pg_server.dsn()},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    *spends, sweep = found["cases"]
    assert {case["case"]: set(case["scripts"]) for case in spends} == {
        "spread": {"deduct_credit", "two_columns", "floor"},
        "hot": {"deduct_credit", "two_columns"},
        "batch": {"batches of 100", "single spends"},
        "lots": {"many lots", "one lot"},
    }
    webhooks = found["webhooks"]
    assert webhooks["ratio"] > 0
    assert 0 < webhooks["p50_ms"] <= webhooks["p99_ms"]
    assert len(webhooks["rounds"]) == 2
    assert [layout["lots"] for layout in sweep["layouts"]] == [20, 20]
    assert sweep["spends_elsewhere"]["share"] > 0
    assert found["environment"]["fsync"] in {"on", "off"}
    assert not _databases(pg_server)


def test_an_unreachable_server_is_reported_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--database-url", "host=127.0.0.1 port=1"],
        cwd=_ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Error: " in done.stderr
