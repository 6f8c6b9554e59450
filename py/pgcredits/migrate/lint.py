"""`lint`: what the runner itself can tell about files, without a database.

These are rules that hold for anybody's migrations: what would fail, leave half a file behind or
open a hole. They look at words (`sqltext`), need no parser, and ship with the package. The house
style of this project's own files is another matter: ``scripts/lint_sql``, on a real parser, for
developers. Everything `discover` refuses is reported too; for more, there is squawk.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pgcredits.migrate import sqltext
from pgcredits.migrate.errors import MigrateError, Problem
from pgcredits.migrate.files import scan, sql_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pgcredits.migrate.files import SqlFile
    from pgcredits.migrate.sqltext import Statement

    Rule = Callable[[SqlFile, Statement], Iterator[tuple[str, str, str]]]

_ROUTINES = {"function", "procedure", "aggregate"}


def lint(root: Path | None = None, only: Sequence[Path] = ()) -> tuple[Problem, ...]:
    """Find everything that is wrong with the files below ``root``, or with those in ``only``.

    With ``only``, gaps and other problems of the tree as a whole are reported where they concern
    one of these files. Raises `MigrateError` when there is no directory, or a file of ``only`` is
    not one that the runner would read.
    """
    root = (root or sql_root()).resolve()
    files, problems = scan(root)
    found = [*problems, *(problem for file in files for problem in _lint(file))]
    if not only:
        return tuple(found)
    wanted = {path.resolve() for path in only}
    chosen = {file.id for file in files if file.path in wanted}
    unread = wanted - {file.path for file in files}
    chosen |= {path.relative_to(root).as_posix() for path in unread if path.is_relative_to(root)}
    if stray := sorted(str(path) for path in unread if not path.is_relative_to(root)):
        hint = "give its directory with --directory"
        raise MigrateError(
            [Problem("no_such_file", None, f"{path} is not below {root}", hint) for path in stray]
        )
    return tuple(problem for problem in found if problem.id in chosen)


def _lint(file: SqlFile) -> Iterator[Problem]:
    for statement in file.statements:
        for rule in _RULES:
            for code, message, hint in rule(file, statement):
                place = sqltext.place(file.text, statement.start)
                where = f"{file.shown_path}:{place.line}:{place.column}"
                text = f"{where}: {message}\n{place.source}\n{place.caret}"
                yield Problem(code, file.id, text, hint)


def _enum_value(file: SqlFile, statement: Statement) -> Iterator[tuple[str, str, str]]:
    """Nothing can use a new enum value before the commit of what added it."""
    if file.in_transaction and sqltext.adds_enum_value(statement.tokens):
        hint = "put it alone into a file that begins with -- migrate: no-transaction"
        yield "enum_value", "a new enum value cannot be used before its commit", hint


def _set_without_local(file: SqlFile, statement: Statement) -> Iterator[tuple[str, str, str]]:
    """Let settings end with the transaction; bootstrap.sql alone may run outside of one."""
    words = statement.tokens
    if file.kind == "bootstrap":
        return
    is_set = words[0] == "set" and words[1:2] not in {
        ("local",),
        ("constraints",),
        ("transaction",),
    }
    is_call = "set_config" in words and "false" in words[words.index("set_config") :]
    if is_set or is_call:
        hint = "set local ends with the transaction" if is_set else "give true: is_local"
        yield "set_without_local", "the setting would outlive the file", hint


def _definer_without_path(_: SqlFile, statement: Statement) -> Iterator[tuple[str, str, str]]:
    """Look for names where the owner says, not the caller, when running as the owner."""
    pairs = set(pairwise(statement.tokens))
    is_definer = _is_routine(statement) and ("security", "definer") in pairs
    if is_definer and ("set", "search_path") not in pairs:
        hint = "add: set search_path = pg_catalog, pg_temp"
        yield "definer_without_path", "SECURITY DEFINER without a search_path", hint


def _create_without_replace(file: SqlFile, statement: Statement) -> Iterator[tuple[str, str, str]]:
    """Replace what is there: a repeatable file runs again."""
    words = statement.tokens
    if file.kind == "repeatable" and words[0] == "create" and {*words[1:2]} & _ROUTINES:
        message = f"CREATE {words[1].upper()} without OR REPLACE in a file that runs again"
        yield "create_without_replace", message, f"write: create or replace {words[1]}"


def _is_routine(statement: Statement) -> bool:
    words = statement.tokens
    kind = words[3:4] if words[1:3] == ("or", "replace") else words[1:2]
    return words[0] in {"create", "alter"} and bool(_ROUTINES.intersection(kind))


_RULES: tuple[Rule, ...] = (
    _enum_value,
    _set_without_local,
    _definer_without_path,
    _create_without_replace,
)
