"""scenarios.toml names a test, or a reason, for every scenario that the project knows of."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]

# Groups and the numbers in them; the numbers that are missing were never given.
KNOWN = {
    "C": "1-4 6-8 10-11 13-14 16",
    "E": "1 3-13 15-18 20-21 23",
    "H": "2 4 6-7",
    "R": "1-2 4-6 8 10 12-14",
    "I": "1-2 4-5 7 9-12",
    "N": "1-4 6-7 9-11",
    "P": "1-2 4-6 8-11 13-14 16-17",
    "S": "1-2 4-6 8-10",
    "L-": "1-46",
    "A-": "1-33",
    "S7-": "1-8 10-13 15-21 23 25 27-36 38 41 43-50 52-53 55 58-64 66-68 71-72 74-75",
    "T-0": "1-6 8-9",
    "T-": "10-12 33 40-44 46 48 50-51 54 60-61 63-65 67-73 100 102-104 106-108 120 122-123 125-127"
    " 130-131 133 135 137",
    "T-8": "0-2 4-9",
    "T-9": "0-2",
}


def _numbers(ranges: str) -> list[int]:
    bounds = [part.split("-") for part in ranges.split()]
    return list(chain.from_iterable(range(int(b[0]), int(b[-1]) + 1) for b in bounds))


EXPECTED = {f"{group}{n}" for group, ranges in KNOWN.items() for n in _numbers(ranges)}


def _manifest() -> dict[str, dict[str, Any]]:
    with (TESTS / "scenarios.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )


def test_every_scenario_is_there() -> None:
    assert set(_manifest()) == EXPECTED


@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_a_scenario_has_tests_or_a_reason(scenario: str) -> None:
    entry = _manifest()[scenario]
    assert set(entry) in ({"rule", "tests"}, {"rule", "absent"})
    for line in (entry["rule"], entry.get("absent", ".")):
        assert line.endswith(".")
        assert "\n" not in line
    tests = entry.get("tests", [])
    assert tests or "absent" in entry
    for test in tests:
        name, _, function = test.partition("::")
        path = TESTS / name
        assert path.is_file(), f"{scenario}: there is no tests/{name}"
        assert function.startswith("test_"), f"{scenario}: {function} is no test"
        assert function in _functions(path), f"{scenario}: there is no {function} in tests/{name}"
