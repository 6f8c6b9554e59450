"""The examples run, and the quickstart leads where it says."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.docs import pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES = sorted((pages.ROOT / "examples").glob("*.py"))
QUICKSTART = pages.ROOT / "docs" / "quickstart.md"


def _run(*command: str | Path, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextmanager
def _relay(dsn: str, secret: str) -> Iterator[str]:
    """Run the relay as the pages say, on a free port; yield its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pgcredits", "relay", "--mode", "test", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "DATABASE_URL": dsn, "STRIPE_WEBHOOK_SECRET": secret},
    )
    try:
        assert process.stdout is not None
        found = re.match(r"listening on (http://\S+)", process.stdout.readline())
        assert found is not None
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_each_example_has_a_test() -> None:
    assert [path.name for path in EXAMPLES] == ["send_event.py", "spend.py"]


def test_spend(dsn: str) -> None:
    printed = _run(pages.ROOT / "examples" / "spend.py", DATABASE_URL=dsn)
    assert printed.splitlines() == ["ordered, 20 left", "needs 30, has 20", "images stored: 1"]


@pytest.mark.slow
def test_the_quickstart_leads_to_a_paid_top_up(dsn: str) -> None:
    secret = f"whsec_{secrets.token_hex(24)}"
    blocks = {(block.language, block.purpose): block.text for block in pages.blocks(QUICKSTART)}
    first = next(block for block in pages.blocks(QUICKSTART) if block.purpose == "runnable")
    pages.psql(dsn, first.text)

    with _relay(dsn, secret) as url:
        printed = _run(
            pages.ROOT / "examples" / "send_event.py",
            "alice",
            "100",
            f"{url}/webhooks/stripe",
            STRIPE_WEBHOOK_SECRET=secret,
        )

    assert re.sub(r"evt_\w+", "evt_...", printed) == blocks["text", "answer"]
    printed = pages.psql(dsn, blocks["sql", "later"])
    assert pages.normal(printed) == pages.normal(blocks["text", "later"]), printed
