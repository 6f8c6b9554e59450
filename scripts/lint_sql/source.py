"""The SQL files as the rules see them: text, statements, and every piece of SQL in a body."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pglast import ast, parse_plpgsql, parse_sql
from pglast.parser import ParseError, scan

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = {"api": "credits", "private": "credits_private"}
FAIL = ("credits_private", "fail")
REFUSE = ("credits_private", "refuse")
RAISE_REFUSAL = ("credits_private", "raise_refusal")

# The parser of PL/pgSQL knows types of pg_catalog and public only, and no array of an unknown
# type: our names get a disguise that can be taken off the expressions that it returns.
_OUR_NAME = re.compile(r"\b(credits(?:_private)?)\.([a-z_][a-z0-9_]*)((?:\[\])?)")
_DISGUISED = re.compile(r"public\.(credits(?:_private)?)__")
_STATEMENT_MODE = 0
_EXPRESSION_MODE = 2


@dataclass(frozen=True, order=True)
class Finding:
    """One broken rule. ``line`` counts from 1."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Fragment:
    """A parsed piece of SQL and the line of the file at which its statement begins."""

    tree: ast.Node
    line: int
    in_body: bool = True


@dataclass(frozen=True)
class Body:
    """A PL/pgSQL body: its tree as pglast gives it, and the line of the file that it starts on."""

    tree: dict[str, Any]
    line: int

    def nodes(self, kind: str) -> Iterator[tuple[dict[str, Any], int]]:
        """All nodes of one kind with their line in the file."""
        for found, node, line in _plpgsql_nodes(self.tree, 1):
            if found == kind:
                yield node, self.line + line - 1


@dataclass(frozen=True)
class SqlFile:
    """One file. ``path`` is what findings show; ``place`` is the path below the root."""

    path: str
    place: tuple[str, ...]
    text: str
    statements: tuple[ast.RawStmt, ...]
    bodies: tuple[Body, ...]
    fragments: tuple[Fragment, ...]
    problems: tuple[Finding, ...]
    """Bodies that cannot be parsed."""

    @property
    def kind(self) -> str:
        """'migrations', 'api', 'private', or 'other' for access.sql and bootstrap.sql."""
        folder = self.place[-2] if len(self.place) > 1 else ""
        return folder if folder in {"migrations", *SCHEMAS} else "other"

    @property
    def name(self) -> str:
        """File name without its suffix."""
        return self.place[-1].removesuffix(".sql")

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file."""
        return self.text.split("\n")

    @property
    def created(self) -> list[ast.CreateFunctionStmt]:
        """The functions that the file creates at its top level."""
        return [s.stmt for s in self.statements if isinstance(s.stmt, ast.CreateFunctionStmt)]

    @property
    def body_fragments(self) -> list[Fragment]:
        """The pieces of SQL that stand in a body."""
        return [fragment for fragment in self.fragments if fragment.in_body]

    @property
    def function_line(self) -> int:
        """Line of the first statement that creates a function, or 1."""
        for statement in self.statements:
            if isinstance(statement.stmt, ast.CreateFunctionStmt):
                return self.line_of(statement.stmt_location)
        return 1

    def line_of(self, offset: int | None) -> int:
        """Line of a character; 1 where the parser knows no place."""
        return self.text.count("\n", 0, offset or 0) + 1

    def finding(self, line: int, rule: str, message: str) -> Finding:
        """Make a finding about this file."""
        return Finding(self.path, line, rule, message)


@dataclass(frozen=True)
class Tree:
    """All files below one root."""

    files: tuple[SqlFile, ...]
    problems: tuple[Finding, ...]
    registry: dict[str, tuple[str, str]] = field(default_factory=dict)
    """SQLSTATE and message by code, as the helper ``fail`` has them."""

    @property
    def functions(self) -> list[SqlFile]:
        """The files of functions."""
        return [file for file in self.files if file.kind in SCHEMAS]

    @property
    def migrations(self) -> list[SqlFile]:
        """The versioned files."""
        return [file for file in self.files if file.kind == "migrations"]


Rule = Callable[[SqlFile, Tree], Iterable[Finding]]


def load(root: Path) -> Tree:
    """Read and parse every file below ``root``; what cannot be parsed becomes a problem.

    ``schema.sql`` is left out: pg_dump has written it.
    """
    files: list[SqlFile] = []
    problems: list[Finding] = []
    for path in sorted(set(root.rglob("*.sql")) - {root / "schema.sql"}):
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(root).parts
        try:
            files.append(_parse(str(path), place, text))
            problems += files[-1].problems
        except ParseError as error:
            line = text.count("\n", 0, _offset_of(error)) + 1
            problems.append(Finding(str(path), line, "syntax", str(error.args[0])))
    registry: dict[str, tuple[str, str]] = {}
    for file in files:
        if (SCHEMAS.get(file.kind), file.name) == FAIL:
            registry = read_registry(file)
    return Tree(tuple(files), tuple(problems), registry)


def read_registry(file: SqlFile) -> dict[str, tuple[str, str]]:
    """SQLSTATE and message by code: the rows of VALUES in the body of ``fail``."""
    rows = (
        [constant(value) for value in row]
        for fragment in file.fragments
        for select in walk(fragment.tree)
        if isinstance(select, ast.SelectStmt)
        for row in select.valuesLists or ()
    )
    return {row[0]: (row[1] or "", row[2] or "") for row in rows if len(row) >= 3 and row[0]}


def walk(node: Any) -> Iterator[ast.Node]:
    """Yield the node and everything below it."""
    if isinstance(node, ast.Node):
        yield node
        for attribute in node:
            yield from walk(getattr(node, attribute))
    elif isinstance(node, tuple):
        for item in node:
            yield from walk(item)


def names(node: Any) -> tuple[str, ...]:
    """Return the parts of a possibly qualified name, given as a list of strings."""
    return tuple(str(part.sval) for part in node or () if isinstance(part, ast.String))


def constant(node: Any) -> str | None:
    """Return the text of a string literal, else None."""
    if isinstance(node, ast.A_Const) and isinstance(node.val, ast.String):
        return str(node.val.sval)
    return None


def options(function: ast.CreateFunctionStmt) -> dict[str, Any]:
    """Return the attributes of a function by name, as the parser names them."""
    return {option.defname: option.arg for option in function.options or ()}


def tokens(text: str, start: int = 0) -> Iterator[tuple[str, str, int]]:
    """Kind, text and offset (from ``start``) of each token.

    Comments are tokens of their own; what stands in dollar quotes is taken apart too.
    """
    for token in scan(text):
        word = text[token.start : token.end + 1]
        if token.name == "SCONST" and word.startswith("$"):
            tag = word[: word.index("$", 1) + 1]
            inside = word.removeprefix(tag).removesuffix(tag)
            yield from tokens(inside, start + token.start + len(tag))
        else:
            yield token.name, word, start + token.start


class _BodyError(ParseError):
    """A piece of SQL in a body that cannot be parsed, with its line in the file."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message, None)


def _parse(path: str, place: tuple[str, ...], text: str) -> SqlFile:
    statements = tuple(parse_sql(text))
    bodies: list[Body] = []
    fragments: list[Fragment] = []
    problems: list[Finding] = []
    ends = [statement.stmt_location for statement in statements[1:]] + [len(text)]
    for raw, end in zip(statements, ends, strict=True):
        statement: Any = raw.stmt
        start = raw.stmt_location
        line = text.count("\n", 0, start) + 1
        fragments.append(Fragment(statement, line, in_body=False))
        source = _body_of(statement)
        if source is None:
            continue
        language, body = source
        body_line = text.count("\n", 0, text.index(body, start, end)) + 1
        try:
            if language == "sql":
                fragments += _statements(body, body_line)
            elif language == "plpgsql":
                bodies.append(Body(_parse_body(text[start:end]), body_line))
                fragments += _fragments(bodies[-1])
        except ParseError as error:
            line = error.line if isinstance(error, _BodyError) else body_line
            problems.append(Finding(path, line, "syntax", f"in the body: {error.args[0]}"))
    return SqlFile(path, place, text, statements, tuple(bodies), tuple(fragments), tuple(problems))


def _statements(text: str, line: int) -> Iterator[Fragment]:
    """Parse SQL whose first line is a line of the file."""
    for raw in parse_sql(text):
        statement: Any = raw.stmt
        yield Fragment(statement, line + text.count("\n", 0, raw.stmt_location))


def _body_of(statement: ast.Node) -> tuple[str, str] | None:
    """Language and text of the body that a statement carries as a string."""
    if isinstance(statement, ast.CreateFunctionStmt):
        given = options(statement)
        if "as" in given and "language" in given:
            return str(given["language"].sval), str(given["as"][0].sval)
    if isinstance(statement, ast.DoStmt):
        given = {option.defname: option.arg for option in statement.args or ()}
        language = given["language"].sval if "language" in given else "plpgsql"
        return str(language), str(given["as"].sval)
    return None


def _parse_body(statement: str) -> dict[str, Any]:
    """Parse the body of one PL/pgSQL function or DO block, given with its statement."""
    parsed = parse_plpgsql(_OUR_NAME.sub(r"public.\1__\2", statement))
    return dict(parsed[0]["PLpgSQL_function"])


def _fragments(body: Body) -> Iterator[Fragment]:
    """Every statement and expression of a body; an expression is shown as ``select <it>``."""
    for expression, line in body.nodes("PLpgSQL_expr"):
        query = _DISGUISED.sub(r"\1.", expression["query"])
        mode = expression.get("parseMode", _STATEMENT_MODE)
        if mode == _EXPRESSION_MODE:
            query = f"select {query}"
        elif mode != _STATEMENT_MODE:
            query = f"select {_right_side(query)}"
        try:
            parsed = [fragment.tree for fragment in _statements(query, line)]
        except ParseError as error:
            raise _BodyError(line, f"{error.args[0]} in: {query[:60]}") from error
        yield from (Fragment(tree, line) for tree in parsed)


def _right_side(assignment: str) -> str:
    """Return what is assigned in ``target := value`` or ``target = value``."""
    for kind, text, offset in tokens(assignment):
        if kind in {"COLON_EQUALS", "ASCII_61"}:
            return assignment[offset + len(text) :]
    raise ValueError(f"not an assignment: {assignment}")


def _plpgsql_nodes(node: Any, line: int) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Kind, node and line (inside the body, from 1) of every node; children inherit the line."""
    if isinstance(node, list):
        for item in node:
            yield from _plpgsql_nodes(item, line)
    elif isinstance(node, dict):
        for key, value in node.items():
            here = line
            if key.startswith("PLpgSQL_") and isinstance(value, dict):
                here = value.get("lineno", line)
                yield key, value, here
            if isinstance(value, dict | list):
                yield from _plpgsql_nodes(value, here)


def _offset_of(error: ParseError) -> int:
    """Where the parser stopped; it does not always know."""
    location = error.args[1] if len(error.args) > 1 else None
    return location if isinstance(location, int) else 0
