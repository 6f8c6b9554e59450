"""House rules for the files under ``sql/``: what no shelf tool sees.

Run it with ``python -m scripts.lint_sql [SQL_DIRECTORY]``. Each finding is one line
``file:line: rule: message``. Exit status: 0 clean, 1 findings, 2 wrong usage.

``source``      files, statements, bodies of PL/pgSQL taken apart; the registry of errors
``layout``      rules about the text of any file: width, indent, case of words, header
``functions``   rules about the statement that creates a function, and its file
``bodies``      rules about any SQL, wherever it stands: at the top, in a body, in a CTE
``migrations``  rules about what migrations create
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.lint_sql import bodies, functions, layout, migrations
from scripts.lint_sql.source import Finding, Tree, load

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Finding", "Tree", "lint", "load"]


def lint(root: Path) -> list[Finding]:
    """All findings about the files below ``root``, by file, line and rule, without duplicates."""
    tree = load(root)
    found = set(tree.problems)
    for file in tree.files:
        for rule in (*layout.RULES, *bodies.RULES):
            found.update(rule(file, tree))
    for file in tree.functions:
        for rule in functions.RULES:
            found.update(rule(file, tree))
    for file in tree.migrations:
        for rule in migrations.RULES:
            found.update(rule(file, tree))
    return sorted(found)
