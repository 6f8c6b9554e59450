from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcredits.embedded import (
    EmbeddedError,
    LocalPostgres,
    ServerStartError,
    account,
    binaries,
    server_account,
)
from pgcredits.embedded import server as server_module
from pgcredits.embedded.scratch import _parent
from tests.embedded.support import (
    answers,
    is_alive,
    modes_above,
    python_child,
    read_line,
    wait_for,
)

HOLD_A_SERVER = """
import signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup leaves it ignored
from pgcredits.embedded import LocalPostgres
server = LocalPostgres()
server.start()
pid = (server.data_dir / "postmaster.pid").read_text().splitlines()[0]
print(server.dsn(), flush=True)
print(server.data_dir.parent, pid, server._watchdog._process.pid, flush=True)
sys.stdin.read()
"""

KILLED_AT_ONCE = """
import os, signal
from pgcredits.embedded import LocalPostgres
from pgcredits.embedded.watchdog import Watchdog

spawn = Watchdog.spawn

def spawn_and_die(*arguments, **options):
    spawn(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)

Watchdog.spawn = spawn_and_die
LocalPostgres().start()
"""

START_AS_ANOTHER_USER = """
import os, sys
import psycopg
from pgcredits.embedded import LocalPostgres, find_bindir, server_account
from pgcredits.embedded.binaries import reachable_bindir

# What root starts first has every module loaded before root's files are out of reach.
with LocalPostgres() as server:
    os.environ["PG_BINDIR"] = str(server.bindir)
account = server_account()
if account is not None:
    os.chdir("/")
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
assert os.geteuid() != 0
with LocalPostgres() as server, psycopg.connect(server.dsn()) as conn:
    assert server.data_dir.stat().st_uid == os.geteuid()
    print(conn.execute("select 6 * 7").fetchone()[0])
print(server._scratch)
"""


def setting(server: LocalPostgres, name: str) -> str:
    with psycopg.connect(server.dsn()) as conn:
        row = conn.execute("select pg_catalog.current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def scratch_parent() -> Path:
    return _parent(server_account())


def leftovers_of(pid: int) -> set[Path]:
    return set(scratch_parent().glob(f"pgcredits-{pid}-*"))


def write_program(path: Path, body: str) -> None:
    path.parent.mkdir(mode=0o755, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_starts_answers_and_leaves_nothing() -> None:
    with LocalPostgres() as server:
        scratch = server.data_dir.parent
        dsn = server.dsn()
        assert setting(server, "server_version").split()[0] == server.version
        assert setting(server, "listen_addresses") == server.host == "127.0.0.1"
        assert setting(server, "data_directory") == str(server.data_dir)
        assert setting(server, "fsync") == "off"
        assert scratch.stat().st_mode & 0o777 == 0o700
    assert not scratch.exists()
    assert not answers(dsn)


def test_never_runs_as_root() -> None:
    with LocalPostgres() as server:
        owner = server.data_dir.stat().st_uid
        assert owner != 0
        expected = server_account()
        assert owner == (os.geteuid() if expected is None else expected.uid)


def test_as_an_ordinary_user() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START_AS_ANOTHER_USER],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout.split(), done.returncode) == (["42", "None"], 0), done.stderr


def test_two_servers_side_by_side() -> None:
    with LocalPostgres() as first:
        with LocalPostgres() as second:
            assert first.port != second.port
            assert setting(first, "data_directory") != setting(second, "data_directory")
        assert answers(first.dsn())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_killed_parent_leaves_no_server_and_no_directory(number: signal.Signals) -> None:
    with python_child(HOLD_A_SERVER) as child:
        dsn = read_line(child)
        scratch, pid, _ = read_line(child).split()
        assert answers(dsn)
        child.send_signal(number)
        child.wait(timeout=60)
        wait_for(lambda: not Path(scratch).exists(), "the directory is gone")
        wait_for(lambda: not is_alive(int(pid)), "the server is gone")
        assert not answers(dsn)


def test_a_process_that_forgets_to_stop_leaves_nothing() -> None:
    with python_child(HOLD_A_SERVER) as child:
        read_line(child)
        scratch, pid, _ = read_line(child).split()
        child.communicate()
        assert child.returncode == 0
        wait_for(lambda: not Path(scratch).exists(), "the directory is gone")
        wait_for(lambda: not is_alive(int(pid)), "the server is gone")


def test_a_parent_killed_during_initdb_leaves_nothing(open_directory: Path) -> None:
    fake = open_directory / "bin"
    write_program(fake / "initdb", 'echo $$ >"$2.pid"; exec sleep 600')
    write_program(fake / "postgres", 'echo "postgres (PostgreSQL) 18.4"')
    script = "from pgcredits.embedded import LocalPostgres; LocalPostgres().start()"
    with python_child(script, env={"PG_BINDIR": str(fake), "PG_MAJOR": ""}) as child:

        def reports() -> list[str]:
            files = scratch_parent().glob(f"pgcredits-{child.pid}-*/data.pid")
            return [text for file in files if (text := file.read_text()).endswith("\n")]

        wait_for(lambda: bool(reports()), "initdb runs")
        pid = int(reports()[0])
        child.kill()
        child.wait()
        wait_for(lambda: not is_alive(pid), "initdb is gone")
        wait_for(lambda: not leftovers_of(child.pid), "the directory is gone")


def test_a_parent_killed_as_soon_as_initdb_runs_leaves_nothing(open_directory: Path) -> None:
    fake = open_directory / "bin"
    started = open_directory / "pid"
    started.touch(mode=0o666)
    started.chmod(0o666)
    write_program(fake / "initdb", f'echo $$ >"{started}"; exec sleep 600')
    write_program(fake / "postgres", 'echo "postgres (PostgreSQL) 18.4"')
    with python_child(KILLED_AT_ONCE, env={"PG_BINDIR": str(fake), "PG_MAJOR": ""}) as child:
        child.wait(timeout=60)
        wait_for(lambda: not leftovers_of(child.pid), "the directory is gone")
    told = started.read_text()
    wait_for(lambda: not told or not is_alive(int(told)), "initdb is gone")


def test_a_server_that_lost_its_watchdog_too_is_swept_by_the_next() -> None:
    with python_child(HOLD_A_SERVER) as child:
        dsn = read_line(child)
        scratch, pid, watchdog = read_line(child).split()
        os.kill(int(watchdog), signal.SIGKILL)
        child.kill()
        child.wait()
    assert is_alive(int(pid))
    assert answers(dsn)
    with LocalPostgres():
        assert not Path(scratch).exists()
        assert not is_alive(int(pid))


def test_the_sweep_takes_only_what_is_dead_and_ours() -> None:
    parent = scratch_parent()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = parent / f"pgcredits-{ended.pid}-dead"
    living = parent / f"pgcredits-{os.getpid()}-living"
    other_name = parent / f"pgcredits-{ended.pid}-not-ours"
    link = parent / f"pgcredits-{ended.pid}-link"
    for path in (dead, living, other_name):
        path.mkdir()
        (path / "file").touch()
    link.symlink_to(living)
    try:
        with LocalPostgres():
            assert not dead.exists()
            assert (living / "file").exists()
            assert (other_name / "file").exists()
            assert link.is_symlink()
    finally:
        link.unlink()
        for path in (living, other_name):
            (path / "file").unlink()
            path.rmdir()


def test_modes_of_others_stay_as_they_are(
    open_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package below a closed directory, as in root's home, is copied and not opened."""
    monkeypatch.delenv("PG_BINDIR", raising=False)
    monkeypatch.delenv("PG_MAJOR", raising=False)
    wheel = binaries.find_bindir(18).parent
    binaries._copy_install(wheel, open_directory / "package")
    closed = open_directory / "closed"
    closed.mkdir()
    (open_directory / "package").rename(closed / "package")
    bindir = closed / "package" / wheel.parent.name / wheel.name / "bin"
    bindir.chmod(0o700)
    closed.chmod(0o700)
    cache = open_directory / "cache"
    monkeypatch.setenv("PG_BINDIR", str(bindir))
    monkeypatch.setenv("PGCREDITS_CACHE_DIR", str(cache))
    before = modes_above(closed, scratch_parent(), bindir)
    with LocalPostgres() as server:
        assert answers(server.dsn())
        assert modes_above(closed, scratch_parent(), bindir) == before
        if server_account() is None:
            assert server.bindir == bindir
        else:
            assert server.bindir.is_relative_to(cache)
            assert cache.stat().st_mode & 0o777 == 0o755
            assert LocalPostgres().bindir == server.bindir
            assert len(list(cache.iterdir())) == 1
    assert modes_above(closed, scratch_parent(), bindir) == before


def test_a_server_that_does_not_start_says_why_and_leaves_nothing() -> None:
    before = leftovers_of(os.getpid())
    server = LocalPostgres(settings={"shared_buffers": "a lot"})
    with pytest.raises(ServerStartError, match='invalid value for parameter "shared_buffers"'):
        server.start()
    assert leftovers_of(os.getpid()) == before


def test_a_failing_initdb_says_why(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = open_directory / "bin"
    write_program(fake / "initdb", 'echo "no space for you" >&2; exit 1')
    write_program(fake / "postgres", 'echo "postgres (PostgreSQL) 18.4"')
    monkeypatch.setenv("PG_BINDIR", str(fake))
    monkeypatch.delenv("PG_MAJOR", raising=False)
    with pytest.raises(ServerStartError, match="no space for you"):
        LocalPostgres().start()


def test_a_taken_port_is_an_error_when_it_was_asked_for() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = LocalPostgres(port=taken.getsockname()[1])
        with pytest.raises(ServerStartError, match="Address already in use"):
            server.start()
        assert server.port_was_taken


def test_a_port_lost_to_another_process_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = server_module._free_port()
        ports = iter([taken.getsockname()[1], free])
        monkeypatch.setattr(server_module, "_free_port", lambda: next(ports))
        with LocalPostgres() as server:
            assert server.port == free


def test_settings_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    with LocalPostgres(settings={"work_mem": "5MB", "timezone": "Asia/Tokyo"}) as server:
        assert setting(server, "work_mem") == "5MB"
        assert setting(server, "timezone") == "Asia/Tokyo"


def test_start_twice_and_stop_twice() -> None:
    server = LocalPostgres()
    with server:
        with pytest.raises(EmbeddedError, match="running already"):
            server.start()
        assert answers(server.dsn())
    server.stop()
    with pytest.raises(EmbeddedError, match="not running"):
        _ = server.data_dir


def test_a_user_id_without_a_name_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_004_004)
    with pytest.raises(EmbeddedError, match="4004004 has no entry"):
        server_account()


def test_root_without_an_unprivileged_user_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_there(_: str) -> Any:
        raise KeyError

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("pwd.getpwnam", nobody_there)
    with pytest.raises(EmbeddedError, match="does not run as root"):
        server_account()


def test_root_takes_postgres_when_there_is_no_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        pw_uid = 26
        pw_gid = 27

    def only_postgres(name: str) -> Entry:
        if name != "postgres":
            raise KeyError
        return Entry()

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("pwd.getpwnam", only_postgres)
    assert server_account() == account.Account("postgres", 26, 27)
