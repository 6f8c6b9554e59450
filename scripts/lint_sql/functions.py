"""Rules about the statement that creates a function, and about its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pglast import ast, enums

from scripts.lint_sql.source import SCHEMAS, SqlFile, Tree, names, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.lint_sql.source import Finding, Rule

PATH = "set search_path = pg_catalog, pg_temp"
# Besides the path, for a statement whose plan is as good for one row as for thousands, and whose
# planning costs more than running it.
GENERIC = "set plan_cache_mode = force_generic_plan"
ATTRIBUTES = (
    ("returns", r"returns \S.*"),
    ("language", r"language (sql|plpgsql)"),
    ("volatility", r"immutable|stable|volatile"),
    ("parallel", r"parallel (safe|restricted|unsafe)"),
    ("security", r"security (invoker|definer)"),
    ("set", re.escape(PATH)),
    ("as", r"as \$[a-z]*\$"),
)
_MODE = enums.FunctionParameterMode


def one_function(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Create one function a file; nothing else but its comment and its triggers stands there."""
    if len(file.created) != 1:
        yield file.finding(1, "one_function", f"{len(file.created)} functions in one file")
    allowed = ast.CreateFunctionStmt | ast.CommentStmt | ast.CreateTrigStmt
    for statement in file.statements:
        if not isinstance(statement.stmt, allowed):
            line = file.line_of(statement.stmt_location)
            what = type(statement.stmt).__name__
            yield file.finding(line, "one_function", f"{what} does not belong into this file")


def file_name(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Call the function like the file, in the schema of the folder."""
    wanted = (SCHEMAS[file.kind], file.name)
    for function in file.created:
        if names(function.funcname) != wanted:
            name = ".".join(names(function.funcname))
            yield file.finding(
                file.function_line, "file_name", f"{name} must be called {'.'.join(wanted)}"
            )


def overload(file: SqlFile, tree: Tree) -> Iterator[Finding]:
    """Create no function of one name in two files."""
    for function in file.created:
        name = names(function.funcname)[-1]
        for other in tree.functions:
            if other is not file and name in {names(f.funcname)[-1] for f in other.created}:
                message = f"{name} is created in {other.path} too"
                yield file.finding(file.function_line, "overload", message)


def or_replace(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Write the file so that it can be applied again."""
    for function in file.created:
        if not function.replace:
            yield file.finding(file.function_line, "or_replace", "say create or replace function")


def attributes(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """State every attribute in the fixed order, each on a line of its own, in column one.

    A private SQL helper of one statement may leave the path out, so that it can be inlined; another
    private function may ask for generic plans.
    """
    for function in file.created:
        start = file.function_line
        rest = file.lines[start - 1 :]
        end = next((n for n, text in enumerate(rest) if text.endswith("$")), len(rest) - 1)
        first = next((n for n, text in enumerate(rest) if text.startswith("returns ")), 0)
        given = _joined_table(rest[first : end + 1])
        expected = list(ATTRIBUTES)
        if file.kind != "api":
            given = [
                (number, text)
                for place, (number, text) in enumerate(given)
                if text != GENERIC or given[place - 1][1] != PATH
            ]
        if "set" not in options(function) and _may_be_inlined(file, function):
            expected = [pair for pair in expected if pair[0] != "set"]
        for number, (name, pattern) in enumerate(expected):
            text = given[number][1] if number < len(given) else ""
            if not re.fullmatch(pattern, text):
                line = start + first + (given[number][0] if number < len(given) else 0)
                wanted = PATH if name == "set" else name
                order = ", ".join(pair[0] for pair in ATTRIBUTES)
                yield file.finding(
                    line, "attributes", f"expected {wanted} here, found '{text}' (order: {order})"
                )
                break


def security(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Make API functions security definer, private ones security invoker."""
    for function in file.created:
        definer = options(function).get("security")
        is_definer = bool(definer and definer.boolval)
        if is_definer != (file.kind == "api"):
            wanted = "definer" if file.kind == "api" else "invoker"
            yield file.finding(file.function_line, "security", f"must be security {wanted}")


def parameters(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Begin names with ``p_``; take plain input only, in the API of built-in types alone."""
    for function in file.created:
        for parameter in function.parameters or ():
            line = file.line_of(parameter.location)
            mode, name = parameter.mode, parameter.name or "?"
            if mode == _MODE.FUNC_PARAM_TABLE:
                language = options(function)["language"].sval
                if file.kind == "api" or language != "sql":
                    yield file.finding(line, "parameters", "return a named type, not a table")
                continue
            if mode not in {_MODE.FUNC_PARAM_IN, _MODE.FUNC_PARAM_DEFAULT}:
                yield file.finding(line, "parameters", f"{name} must be a plain input parameter")
            if not name.startswith("p_"):
                yield file.finding(line, "parameters", f"{name} must begin with p_")
            qualified = names(parameter.argType.names)
            if file.kind == "api" and len(qualified) > 1 and qualified[0] != "pg_catalog":
                message = f"{name}: {'.'.join(qualified)} is not a built-in type"
                yield file.finding(line, "parameters", message)


def strict(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Let NULL reach the function: it means 'not given'."""
    for function in file.created:
        if "strict" in options(function):
            yield file.finding(file.function_line, "strict", "no STRICT")


def begin_atomic(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Write bodies as strings: a parsed one breaks when what it reads gets a column."""
    for function in file.created:
        if function.sql_body is not None:
            yield file.finding(file.function_line, "begin_atomic", "write the body as a string")


def comment(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Comment on every API function; a comment names exactly the function of its file."""
    for function in file.created:
        signature = (names(function.funcname), _types(function))
        found = False
        for statement in file.statements:
            stmt = statement.stmt
            if not isinstance(stmt, ast.CommentStmt):
                continue
            target: Any = stmt.object
            if (
                stmt.objtype == enums.ObjectType.OBJECT_FUNCTION
                and (names(target.objname), tuple(map(_type, target.objargs or ()))) == signature
                and stmt.comment
            ):
                found = True
            else:
                line = file.line_of(statement.stmt_location)
                yield file.finding(line, "comment", "is not about the function of this file")
        if file.kind == "api" and not found:
            yield file.finding(
                file.function_line, "comment", "no comment on function with this exact signature"
            )


def _may_be_inlined(file: SqlFile, function: ast.CreateFunctionStmt) -> bool:
    given = options(function)
    definer = given.get("security")
    one_statement = len(file.body_fragments) == 1
    return (
        file.kind == "private"
        and given["language"].sval == "sql"
        and not (definer and definer.boolval)
        and one_statement
    )


def _joined_table(lines: list[str]) -> list[tuple[int, str]]:
    """Lines with their offset; a ``returns table (`` of several lines counts as one."""
    given = list(enumerate(lines))
    if lines and lines[0].startswith("returns table") and not lines[0].endswith(")"):
        close = next((n for n, text in given if text == ")"), 0)
        given = [(0, lines[0]), *given[close + 1 :]]
    return given


def _types(function: ast.CreateFunctionStmt) -> tuple[str, ...]:
    return tuple(
        _type(parameter.argType)
        for parameter in function.parameters or ()
        if parameter.mode != _MODE.FUNC_PARAM_TABLE
    )


def _type(node: ast.TypeName) -> str:
    return ".".join(names(node.names)) + "[]" * len(node.arrayBounds or ())


RULES: tuple[Rule, ...] = (
    one_function,
    file_name,
    overload,
    or_replace,
    attributes,
    security,
    parameters,
    strict,
    begin_atomic,
    comment,
)
