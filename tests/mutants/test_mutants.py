"""The suite rejects deliberate faults in the SQL. One that it lets pass is a missing test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mutants.mutants import Mutant, declared, run

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from tests.conftest import Server

MUTANTS = declared()


def test_every_fault_still_fits_the_files() -> None:
    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert mutant.text()
        assert mutant.killed_by
        assert mutant.cost.endswith(".")


def mutant(old: str, new: str) -> Mutant:
    """Make a fault in the spend that one quick test would notice."""
    noticed_by = "tests/functions/test_deduct_credit.py::test_a_spend_takes_one_credit_by_default"
    changes = [(old, new)]
    return Mutant("example", "functions/api/deduct_credit.sql", changes, "Nothing.", [noticed_by])


@pytest.mark.parametrize("old", ["p_amounts", "p_amount"], ids=["never", "often"])
def test_a_text_that_does_not_stand_in_the_file_once_is_stale(old: str) -> None:
    with pytest.raises(AssertionError, match="example is stale"):
        mutant(old, "x").text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("language plpgsql", "language plsql"),
        ("from credits_private.accounts a", "from credits_private.bugs a"),
    ],
    ids=["not_installed", "not_run"],
)
def test_sql_that_is_no_sql_is_not_found_by_the_suite(
    pg_server: Server, pg_released: NoopExecutor, tmp_path: Path, old: str, new: str
) -> None:
    example = mutant(old, new)
    verdict = run(
        example.killed_by,
        server=pg_server.dsn(),
        prefix="pgcredits_malformed",
        scratch=tmp_path,
        planted=example.plant(tmp_path, pg_released.template_dbname),
    )
    assert verdict.exit_code == pytest.ExitCode.TESTS_FAILED
    assert bool(verdict.broken) != bool(verdict.malformed()), verdict.output


@pytest.mark.slow
def test_without_a_fault_the_chosen_tests_pass(pg_server: Server, tmp_path: Path) -> None:
    chosen = sorted({test for mutant in MUTANTS for test in mutant.killed_by})
    verdict = run(
        chosen, server=pg_server.dsn(), prefix="pgcredits_sound", scratch=tmp_path, planted={}
    )
    assert verdict.exit_code == pytest.ExitCode.OK, verdict.output
    assert verdict.passed >= len(chosen)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_found(
    mutant: Mutant, pg_server: Server, pg_released: NoopExecutor, tmp_path: Path
) -> None:
    verdict = run(
        mutant.killed_by,
        server=pg_server.dsn(),
        prefix=f"pgcredits_mutant{MUTANTS.index(mutant)}",
        scratch=tmp_path,
        planted=mutant.plant(tmp_path, pg_released.template_dbname),
    )
    assert verdict.exit_code != pytest.ExitCode.OK, f"it survived: {mutant.cost}"
    assert verdict.exit_code == pytest.ExitCode.TESTS_FAILED, verdict.output
    assert verdict.failures, verdict.output
    assert not verdict.broken, verdict.output
    assert not verdict.malformed(), verdict.output
