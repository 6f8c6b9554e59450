"""What a release consists of: the wheel's SQL files, and the bundle for psql."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from pgcredits import __version__, migrate

CHECKOUT = Path(__file__).resolve().parents[2]


def in_wheel() -> dict[str, Path]:
    """Files that hatchling forces into the wheel: their place there, and here."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    forced = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    found: dict[str, Path] = {}
    for source, target in forced.items():
        path = CHECKOUT / source
        assert path.exists(), f"{source}: the build of the wheel would fail"
        for file in [path] if path.is_file() else filter(Path.is_file, path.rglob("*")):
            found[(Path(target) / file.relative_to(path)).as_posix()] = file
    return found


def test_the_wheel_has_what_the_runner_reads_and_nothing_else() -> None:
    source = migrate.discover(CHECKOUT / "sql")
    read = {file.path for file in (*source, *source.checks)}
    packed = in_wheel()
    assert set(packed.values()) == read
    assert {place: f"pgcredits/{path.relative_to(CHECKOUT)}" for place, path in packed.items()} == {
        place: place for place in packed
    }


def test_the_bundle_of_a_release_is_made_by_make(tmp_path: Path) -> None:
    """Without the virtual environment that make would set up first."""
    variables = [f"PY={sys.executable}", f"DIST={tmp_path / 'dist'}"]
    make = ["make", "--silent", "--old-file=.venv/ready", "bundle", *variables]
    done = subprocess.run(make, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    target = tmp_path / "dist" / f"pgcredits-{__version__}.sql"
    assert (done.returncode, done.stdout) == (0, f"wrote {target}\n"), done.stderr
    assert target.read_text("utf-8") == migrate.bundle()
