"""The benchmark over HTTP runs from end to end; no figure of it is judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.usefixtures("node")
def test_a_tiny_run_measures_a_spend_and_what_it_is_compared_with() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.postgrest", "--json", "--calls=10", "--accounts=2"],
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["functions"]
    assert set(found) == {"deduct_credit", "bench_constant", "bench_insert"}
    for figures in found.values():
        assert 0 < figures["p50_ms"] <= figures["p99_ms"]
