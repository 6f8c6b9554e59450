"""Rules about the text of a file: width, indent, case of words, header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.lint_sql.source import SCHEMAS, SqlFile, Tree, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.lint_sql.source import Finding, Rule

WIDTH = 100
INDENT = 4
HEADER_LINES = 10
_LITERALS = {"SCONST", "BCONST", "XCONST", "USCONST", "UIDENT"}
MIGRATION_HEADER = ("-- Purpose:", "-- Locks:", "-- Time")


def width(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Allow 100 columns, no blanks at the end of a line, and one line end at the end."""
    for number, line in enumerate(file.lines, 1):
        if len(line) > WIDTH:
            yield file.finding(number, "width", f"{len(line)} columns; {WIDTH} are allowed")
        if line != line.rstrip():
            yield file.finding(number, "width", "blanks at the end of the line")
    if not file.text.endswith("\n") or file.text.endswith("\n\n"):
        yield file.finding(len(file.lines), "width", "the file must end with exactly one line end")


def indent(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Indent by four spaces, never by tabs; text may also stand right behind its parenthesis."""
    inside, behind = _continued_lines(file.text)
    for number, line in enumerate(file.lines, 1):
        if "\t" in line:
            yield file.finding(number, "indent", "tab")
        depth = len(line) - len(line.lstrip(" "))
        is_free = not line.strip() or number in inside or behind.get(number) == depth
        if depth % INDENT and not is_free:
            yield file.finding(number, "indent", f"{depth} spaces: not a multiple of four")


def lower_case(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Write words in lower case, outside and inside bodies; quoted names are left alone."""
    for kind, word, offset in tokens(file.text):
        is_word = word[:1].isalpha() and kind not in _LITERALS
        if is_word and word != word.lower():
            message = f"{word} must be in lower case"
            yield file.finding(file.line_of(offset), "lower_case", message)


def header(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Begin with ``--`` lines that say what the file does; above a function at most ten."""
    count = next((n for n, line in enumerate(file.lines) if not line.startswith("--")), 0)
    if count == 0:
        yield file.finding(1, "header", "the file must begin with a comment that says what it does")
    if file.kind in SCHEMAS and count > HEADER_LINES:
        yield file.finding(1, "header", f"{count} lines; at most {HEADER_LINES} are allowed")
    if file.kind in SCHEMAS and count and count + 1 != file.function_line:
        yield file.finding(1, "header", "the statement must follow the header at once")
    if file.kind == "migrations":
        for start in MIGRATION_HEADER:
            if not any(line.startswith(start) for line in file.lines[:count]):
                yield file.finding(1, "header", f"no line that begins with '{start}'")


def _continued_lines(text: str) -> tuple[set[int], dict[int, int]]:
    """Find lines that begin inside a literal or comment, and the column behind an open parenthesis.

    The second answer gives, by line, the column that follows the innermost parenthesis that is
    still open where the line begins.
    """
    inside: set[int] = set()
    behind: dict[int, int] = {}
    columns: list[int] = []
    line, line_start = 1, 0
    for kind, word, offset in tokens(text):
        while (end := text.find("\n", line_start)) != -1 and end < offset:
            line, line_start = line + 1, end + 1
            if columns:
                behind[line] = columns[-1]
        if kind in {"SCONST", "C_COMMENT"}:
            inside.update(range(line + 1, line + 1 + word.count("\n")))
        elif word == "(":
            columns.append(offset - line_start + 1)
        elif word == ")" and columns:
            columns.pop()
    return inside, behind


RULES: tuple[Rule, ...] = (width, indent, lower_case, header)
