"""Faults as they are declared in mutants.toml, and the suite's answer to them."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import psycopg
import pytest

from pgcredits import migrate

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECKOUT = Path(__file__).parents[2]
_PATIENCE = 240.0

# Starting pytest takes longer than most of the tests: the processes are forked from one that has
# imported what they need, and nothing of the project's tests.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    ["pytest", "hypothesis", "pytest_postgresql.factories", "pgcredits.migrate", "pgcredits.rpc"]
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: pairs of released and faulty text in a file below sql/, and who notices it."""

    name: str
    file: str
    changes: list[tuple[str, str]]
    cost: str
    killed_by: list[str]

    def text(self) -> str:
        """Return the file with the fault; fails when a text does not stand in it exactly once."""
        text = (migrate.sql_root() / self.file).read_text(encoding="utf-8")
        for released, faulty in self.changes:
            found = text.count(released)
            assert found == 1, f"{self.name} is stale: {found} times in {self.file}: {released!r}"
            assert released != faulty
            text = text.replace(released, faulty)
        return text

    def plant(self, scratch: Path, template: str) -> dict[str, str]:
        """Write the faulty file below ``scratch``; return the environment of tests that meet it.

        A function is replaced in a copy of the migrated database ``template``, which is faster than
        to migrate. A fault in a migration takes a copy of all SQL files.
        """
        if self.file.startswith("functions/"):
            file = scratch / "fault.sql"
            file.write_text(self.text(), encoding="utf-8")
            return {"TEST_TEMPLATE": template, "TEST_SQL_FILE": str(file)}
        root = scratch / "sql"
        shutil.copytree(migrate.sql_root(), root)
        (root / self.file).write_text(self.text(), encoding="utf-8")
        return {"TEST_SQL_ROOT": str(root)}


def declared() -> list[Mutant]:
    """Return the faults of mutants.toml."""
    path = Path(__file__).with_name("mutants.toml")
    return [Mutant(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run of some tests said: the exit code of pytest, and the text of each report.

    ``failures`` are tests that failed, or after which verify() found something; ``broken`` are
    those that never ran, because their fixtures or modules could not be made.
    """

    exit_code: int
    passed: int
    failures: list[str]
    broken: list[str]
    output: str

    def malformed(self) -> set[str]:
        """Return errors that say that the SQL is wrong as SQL, whatever it is meant to do."""
        names = set(re.findall(r"psycopg\.errors\.(\w+)", "".join(self.failures)))
        return {name for name in names if _sqlstate(name).startswith("42")}


def _sqlstate(name: str) -> str:
    return getattr(psycopg.errors, name).sqlstate or ""


def run(
    tests: Iterable[str], *, server: str, prefix: str, scratch: Path, planted: dict[str, str]
) -> Verdict:
    """Run tests in a process of their own, until one fails.

    ``server`` is the connection string of a server whose databases ``prefix``_* are the run's own;
    they are made from what ``Mutant.plant`` returned.
    """
    report, output = scratch / "report.xml", scratch / "output.txt"
    arguments = ["-x", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
    # Nobody reads the assertions as long as all is well, and rewriting them takes a while.
    arguments.append("--assert=plain")
    told = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    told |= {
        "TEST_DATABASE_URL": server,
        "TEST_DATABASE_PREFIX": prefix,
        "HYPOTHESIS_STORAGE_DIRECTORY": str(scratch / "hypothesis"),
        **planted,
    }
    output.touch()
    process = _PROCESSES.Process(target=_pytest, args=(arguments, told, output))
    process.start()
    process.join(_PATIENCE)
    in_time = not process.is_alive()
    process.kill()
    process.join()
    said = output.read_text(encoding="utf-8")
    assert in_time, f"no end after {_PATIENCE:g} s: {said}"
    assert process.exitcode is not None
    assert report.is_file(), f"exit code {process.exitcode}: {said}"
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - pytest has just written it
    failures = [text for case in cases for text in _texts(case, "failure")]
    errors = [text for case in cases for text in _texts(case, "error")]
    after = [text for text in errors if text.startswith("failed on teardown")]
    return Verdict(
        exit_code=process.exitcode,
        passed=sum(1 for case in cases if len(case) == 0),
        failures=failures + after,
        broken=[text for text in errors if text not in after],
        output=said,
    )


def _pytest(arguments: list[str], environment: dict[str, str], output: Path) -> None:
    """Be pytest, in this environment and with the output in a file."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(CHECKOUT)
    with output.open("wb", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(pytest.main(arguments))


def _texts(case: ET.Element, kind: str) -> list[str]:
    return [f"{report.get('message')}\n{report.text}" for report in case.iter(kind)]
