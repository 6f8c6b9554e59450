"""`pgcredits relay` as a process."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.relay.support import OTHER_SECRET, SECRET, Endpoint, pack
from tests.waiting import wait_until_blocked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.client import Credits

COMMAND = [sys.executable, "-m", "pgcredits", "relay"]


def environment(**variables: str) -> dict[str, str]:
    """Keep what a Python process needs, and nothing that the relay would read."""
    ours = ("DATABASE_URL", "STRIPE_", "PGCREDITS_", "PG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **variables}


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator[tuple[Endpoint, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        announced = process.stdout.readline()
        found = re.fullmatch(
            r"listening on (http://127\.0\.0\.1:\d+) \((live|test) mode\)\n", announced
        )
        assert found is not None, announced + process.communicate(timeout=10)[1]
        yield Endpoint(found[1]), process
    finally:
        process.kill()
        process.communicate()


def refused(*arguments: str, **variables: str) -> str:
    """Run a relay that does not start, and return what it says."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    return done.stderr


def test_it_serves_and_leaves_quietly(webhook_dsn: str, credits: Credits) -> None:
    variables = {"DATABASE_URL": webhook_dsn, "STRIPE_WEBHOOK_SECRET": f"{OTHER_SECRET}, {SECRET}"}
    with running(**variables) as (endpoint, process):
        assert endpoint.get("/healthz").status_code == 200
        assert endpoint.get("/readyz").json()["status"] == "ready"
        assert endpoint.deliver(pack()).json()["outcome"] == "applied"
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    assert process.returncode == 0
    assert credits.balance("alice") == 100
    lines = [json.loads(line) for line in log.splitlines()]
    (delivery,) = [line for line in lines if line["logger"] == "pgcredits.relay"]
    assert (delivery["status"], delivery["event"]) == (200, pack()["id"])
    assert SECRET not in log


def test_a_running_delivery_is_finished_before_it_leaves(
    webhook_dsn: str, credits: Credits
) -> None:
    credits.open_account("alice")
    holder = credits.connect()
    with running(DATABASE_URL=webhook_dsn, STRIPE_WEBHOOK_SECRET=SECRET) as (endpoint, process):
        answers: list[int] = []
        sender = threading.Thread(
            target=lambda: answers.append(endpoint.deliver(pack()).status_code)
        )
        with holder.conn.transaction():
            holder.grant_credits("alice", 1)
            sender.start()
            wait_until_blocked(credits.conn, holder.pid)
            process.send_signal(signal.SIGTERM)
        sender.join()
        assert process.wait(timeout=30) == 0
    assert answers == [200]
    assert credits.balance("alice") == 101


def test_a_chunked_body_over_the_limit_is_cut_off(webhook_dsn: str) -> None:
    with running(DATABASE_URL=webhook_dsn, STRIPE_WEBHOOK_SECRET=SECRET) as (endpoint, _):
        url = httpx.URL(endpoint.url)
        assert url.port is not None
        with socket.create_connection((url.host, url.port), timeout=30) as client:
            client.sendall(
                b"POST /webhooks/stripe HTTP/1.1\r\nHost: relay\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            for _ in range(17):
                client.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_secrets_may_come_from_files(webhook_dsn: str, tmp_path: Path) -> None:
    files = []
    for number, secret in enumerate([OTHER_SECRET, SECRET]):
        path = tmp_path / f"secret{number}"
        path.write_text(secret + "\n")
        files += ["--secret-file", str(path)]
    with running("--mode", "test", *files, DATABASE_URL=webhook_dsn) as (endpoint, _):
        assert endpoint.deliver(pack(livemode=False)).status_code == 200
        assert endpoint.deliver(pack()).json()["reason"] == "wrong_mode"


def test_without_a_secret_it_does_not_start() -> None:
    assert "no signing secret" in refused(DATABASE_URL="postgresql:///x")
    blank = refused(DATABASE_URL="postgresql:///x", STRIPE_WEBHOOK_SECRET=" , ")
    assert "no signing secret" in blank


def test_without_a_database_it_does_not_start() -> None:
    assert "DATABASE_URL" in refused(STRIPE_WEBHOOK_SECRET=SECRET)


def test_a_wrong_connection_string_is_not_repeated() -> None:
    text = refused(STRIPE_WEBHOOK_SECRET=SECRET, DATABASE_URL="postgresql://u:pass word@h/ x y")
    assert "not a connection string" in text
    assert "pass word" not in text


def test_an_unreadable_secret_file_is_named(tmp_path: Path) -> None:
    text = refused("--secret-file", str(tmp_path / "none"), DATABASE_URL="postgresql:///x")
    assert "none" in text
    assert "FileNotFoundError" in text


def test_a_secret_is_no_argument() -> None:
    assert "No such option" in refused("--secret", SECRET, DATABASE_URL="postgresql:///x")


@pytest.mark.parametrize("variable", ["STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_FILE"])
def test_the_help_names_where_secrets_come_from(variable: str) -> None:
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    assert variable in done.stdout


def test_a_taken_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port],
            env=environment(DATABASE_URL="postgresql:///x", STRIPE_WEBHOOK_SECRET=SECRET),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
