"""The suite rejects deliberate faults in the SQL. One that it lets pass is a missing test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits import migrate
from tests.mutants.mutants import Mutant, declared, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server

MUTANTS = declared()


def test_every_fault_still_fits_the_files() -> None:
    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert mutant.text()
        assert mutant.killed_by
        assert mutant.cost.endswith(".")


@pytest.mark.slow
def test_without_a_fault_the_chosen_tests_pass(pg_server: Server, tmp_path: Path) -> None:
    chosen = sorted({test for mutant in MUTANTS for test in mutant.killed_by})
    verdict = run(
        chosen,
        server=pg_server.dsn(),
        prefix="pgcredits_sound",
        scratch=tmp_path,
        root=migrate.sql_root(),
    )
    assert verdict.exit_code == pytest.ExitCode.OK, verdict.output
    assert verdict.passed >= len(chosen)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_found(mutant: Mutant, pg_server: Server, tmp_path: Path) -> None:
    root = tmp_path / "sql"
    mutant.plant(root)
    verdict = run(
        mutant.killed_by,
        server=pg_server.dsn(),
        prefix=f"pgcredits_mutant{MUTANTS.index(mutant)}",
        scratch=tmp_path,
        root=root,
    )
    assert verdict.exit_code != pytest.ExitCode.OK, f"it survived: {mutant.cost}"
    assert verdict.exit_code == pytest.ExitCode.TESTS_FAILED, verdict.output
    assert verdict.failures, verdict.output
    assert not verdict.broken, verdict.output
    assert not verdict.malformed(), verdict.output
