"""One registry of errors: the documentation, the SQL and the Python classes say the same."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from pglast import ast

from pgcredits import errors, migrate
from scripts.lint_sql.bodies import codes_of, refusals
from scripts.lint_sql.source import Tree, constant, load

if TYPE_CHECKING:
    from tests.contract.catalogue import Rows

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/errors.md"


@pytest.fixture(scope="module")
def tree() -> Tree:
    return load(migrate.sql_root())


def _documented() -> dict[str, tuple[str, str, set[str], str]]:
    """SQLSTATE, message, DETAIL keys and advice by code, as the page has them."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 5:
            code, sqlstate, message, keys, advice = cells
            found[code.strip("`")] = (sqlstate, message, set(re.findall(r"`(\w+)`", keys)), advice)
    return found


def _detail_keys(tree: Tree) -> dict[str, set[str]]:
    """Keys that refusals put into DETAIL, by code."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for call, _ in (call for file in tree.files for call in refusals(file)):
        values = (call.args or ())[1:2]
        assert all(isinstance(v, ast.FuncCall) for v in values), "values must be jsonb_build_object"
        for code in codes_of(call):
            keys = {constant(key) for value in values for key in value.args[::2]}
            assert code is not None
            found[code] |= {key for key in keys if key}
    return found


def test_page_sql_and_python_have_the_same_codes(tree: Tree) -> None:
    sql = dict(tree.registry)
    assert len(sql) >= 14
    assert sql == {code: (c.sqlstate, c.message) for code, c in errors.REGISTRY.items()}
    assert sql == {code: row[:2] for code, row in _documented().items()}
    assert list(sql) == list(_documented()), "the page has another order than the SQL"


def test_the_page_has_the_keys_that_the_functions_give(tree: Tree) -> None:
    documented = {code: row[2] for code, row in _documented().items()}
    assert documented == _detail_keys(tree)
    assert all(advice for *_, advice in _documented().values())


def test_each_class_is_called_like_its_code() -> None:
    for code, error in errors.REGISTRY.items():
        assert error.__name__ == "".join(word.capitalize() for word in code.split("_"))
        assert error.code == code


@pytest.mark.parametrize("code", sorted(errors.REGISTRY))
def test_the_server_raises_what_is_registered(code: str, catalogue: Rows) -> None:
    with pytest.raises(psycopg.DatabaseError) as refused:
        catalogue.conn.execute(
            "select credits_private.fail(%s, %s::jsonb)", (code, json.dumps({"required": 2}))
        )
    error = errors.from_database(refused.value)
    assert type(error) is errors.REGISTRY[code]
    assert (error.sqlstate, error.message) == (type(error).sqlstate, type(error).message)
    assert error.values == {"required": 2}
    assert error.hint
    diag = refused.value.diag
    assert json.loads(diag.message_detail or "")["code"] == code


def test_no_code_reads_as_a_serialization_failure(tree: Tree) -> None:
    statuses = {sqlstate for sqlstate, _ in tree.registry.values()}
    assert statuses == {
        "PT400",
        "PT401",
        "PT402",
        "PT403",
        "PT404",
        "PT409",
        "PT410",
        "PT422",
        "PT500",
    }
