from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgcredits.embedded import DevServer, EmbeddedError, LocalPostgres, devserver
from tests.embedded.support import (
    answers,
    is_alive,
    modes_above,
    python_child,
    read_line,
    wait_for,
)

if TYPE_CHECKING:
    from pathlib import Path

HOLD_A_DEV_SERVER = """
import sys
from pathlib import Path
from pgcredits.embedded import DevServer
server = DevServer(Path(sys.argv[1]))
server.start()
print(server.url, flush=True)
print((server.data_dir / "postmaster.pid").read_text().splitlines()[0], flush=True)
sys.stdin.read()
"""


def test_a_kept_cluster_survives_a_restart_and_asks_the_password(open_directory: Path) -> None:
    data = open_directory / "data"
    with LocalPostgres(data_dir=data, durable=True, password="open sesame") as server:
        with psycopg.connect(server.dsn()) as conn:
            conn.execute("create table kept as select 42 as answer")
            fsync = conn.execute("select pg_catalog.current_setting('fsync')").fetchone()
            assert fsync == ("on",)
        without = make_conninfo(server.dsn(), password="")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(without, passfile="/dev/null")
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(server.dsn(), password="guess")
    assert data.is_dir()
    assert not answers(server.dsn())
    with (
        LocalPostgres(data_dir=data, durable=True, password="open sesame") as again,
        psycopg.connect(again.dsn()) as conn,
    ):
        assert conn.execute("select answer from kept").fetchone() == (42,)
    assert [path.name for path in open_directory.iterdir()] == ["data"]


def test_a_directory_that_is_not_a_cluster_is_left_alone(open_directory: Path) -> None:
    (open_directory / "letter.txt").write_text("dear all")
    with pytest.raises(EmbeddedError, match="not a PostgreSQL data directory"):
        LocalPostgres(data_dir=open_directory).start()
    assert [path.name for path in open_directory.iterdir()] == ["letter.txt"]


def test_a_cluster_of_another_version_is_left_alone(open_directory: Path) -> None:
    (open_directory / "PG_VERSION").write_text("11\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 11.*PG_MAJOR=11"):
        LocalPostgres(data_dir=open_directory).start()


def test_a_dev_server_keeps_data_password_and_port(open_directory: Path) -> None:
    home = open_directory / "project" / ".pgcredits"
    home.parent.mkdir(mode=0o755)
    before = modes_above(home.parent)
    with DevServer(home) as server:
        assert answers(server.url)
        with psycopg.connect(server.url) as conn:
            conn.execute("create table kept as select 42 as answer")
        port = server.port
        password = server.passfile.read_text()
        assert server.passfile.stat().st_mode & 0o777 == 0o600
        assert server.data_dir.stat().st_mode & 0o777 == 0o700
        assert password.strip().rpartition(":")[2] not in server.url
    with DevServer(home) as server, psycopg.connect(server.url) as conn:
        assert conn.execute("select answer from kept").fetchone() == (42,)
        assert (server.port, server.passfile.read_text()) == (port, password)
    assert modes_above(home.parent) == before
    assert (home / ".gitignore").read_text() == "*\n"


def test_a_dev_server_is_found_by_others_and_started_once(open_directory: Path) -> None:
    home = open_directory / "home"
    with DevServer(home) as owner:
        other = DevServer(home)
        assert other.is_running()
        assert other.url == owner.url
        with pytest.raises(EmbeddedError, match="running already"):
            other.start()
        other.stop()
        assert answers(owner.url)
    assert not DevServer(home).is_running()


def test_a_killed_owner_leaves_the_data_and_no_server(open_directory: Path) -> None:
    home = open_directory / "home"
    with python_child(HOLD_A_DEV_SERVER, str(home)) as child:
        url = read_line(child)
        pid = int(read_line(child))
        with psycopg.connect(url) as conn:
            conn.execute("create table kept as select 42 as answer")
        child.send_signal(signal.SIGKILL)
        child.wait()
        with DevServer(home) as server, psycopg.connect(server.url) as conn:
            assert conn.execute("select answer from kept").fetchone() == (42,)
        wait_for(lambda: not is_alive(pid), "the first server is gone")


def test_data_moves_elsewhere_when_the_servers_user_cannot_enter(
    open_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = open_directory / "elsewhere"
    home = open_directory / "home"
    monkeypatch.setattr(devserver, "_ELSEWHERE", elsewhere)
    monkeypatch.setattr(devserver, "can_enter", lambda *_: False)
    first = DevServer(home)
    assert first.data_dir.parent == elsewhere
    with first:
        assert answers(first.url)
    assert not (home / "data").exists()
    assert DevServer(home).data_dir == first.data_dir


def test_a_lost_password_is_told_so(open_directory: Path) -> None:
    home = open_directory / "home"
    with DevServer(home):
        pass
    (home / "pgpass").unlink()
    with pytest.raises(EmbeddedError, match=r"pgpass is missing"):
        DevServer(home)


def test_a_damaged_record_is_told_so(open_directory: Path) -> None:
    home = open_directory / "home"
    home.mkdir(mode=0o711)
    (home / "server.json").write_text("{]")
    with pytest.raises(EmbeddedError, match=r"server\.json is damaged"):
        DevServer(home)


def test_a_home_that_cannot_be_made_is_told_so(open_directory: Path) -> None:
    (open_directory / "file").touch()
    with pytest.raises(EmbeddedError, match=r"cannot use .*Not a directory"):
        DevServer(open_directory / "file" / "home")
    assert os.listdir(open_directory) == ["file"]  # noqa: PTH208
