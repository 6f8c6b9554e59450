"""Just enough of SQL's lexical rules to look into a file without a parser.

Comments, strings, quoted names and dollar-quoted bodies are skipped as the server skips them, so
that a word found here is a word of the file's own statements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<space>   \s+ | --[^\n]* )
    | (?P<block>   /\* )
    | (?P<dollar>  \$ (?: [^\W\d]\w* )? \$ )
    | (?P<string>  [eE]' (?: [^'\\] | \\. | '' )* ' | ' (?: [^'] | '' )* ' )
    | (?P<quoted>  " (?: [^"] | "" )* " )
    | (?P<word>    [^\W\d][\w$]* )
    | (?P<number>  \d+ )
    | (?P<symbol>  . )
    """,
    re.VERBOSE | re.DOTALL,
)
_NEVER_IN_TRANSACTION = {
    ("alter", "system"),
    ("create", "database"),
    ("drop", "database"),
    ("create", "tablespace"),
    ("drop", "tablespace"),
    ("create", "subscription"),
    ("drop", "subscription"),
}
_BLOCK_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement: offset of its first token, and its tokens.

    Words are folded to lower case and quoted names are unquoted; strings and bodies are left out.
    """

    start: int
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A position for people: line and column count from 1; ``source`` is that line."""

    line: int
    column: int
    source: str

    @property
    def caret(self) -> str:
        """Blanks and a caret that stand below the column, with the line's own tabs."""
        return re.sub(r"[^\t]", " ", self.source[: self.column - 1]) + "^"


def place(text: str, offset: int) -> Place:
    """Find the line and column of a character offset."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return Place(
        line=text.count("\n", 0, offset) + 1,
        column=offset - start + 1,
        source=text[start : len(text) if end < 0 else end],
    )


def tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, value, offset): kind is word, quoted, string, number or symbol."""
    offset = 0
    while match := _TOKEN.match(text, offset):
        kind, value, start = str(match.lastgroup), match.group(), offset
        offset = match.end()
        if kind == "block":
            offset = _end_of_block(text, offset)
        elif kind == "dollar":
            end = text.find(value, offset)
            offset = len(text) if end < 0 else end + len(value)
            yield "string", "", start
        elif kind == "word":
            yield kind, value.lower(), start
        elif kind == "quoted":
            yield kind, value[1:-1].replace('""', '"'), start
        elif kind != "space":
            yield kind, "" if kind == "string" else value, start


def _end_of_block(text: str, offset: int) -> int:
    """Offset after a block comment, which may hold others, opened just before ``offset``."""
    depth = 1
    for edge in _BLOCK_EDGE.finditer(text, offset):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def statements(text: str) -> list[Statement]:
    """Split into top-level statements, one for each result that the server will send."""
    found: list[Statement] = []
    parts: list[str] = []
    start = parens = blocks = 0
    for _, value, offset in tokens(text):
        if value == ";" and parens == 0 and blocks == 0:
            if parts:
                found.append(Statement(start, tuple(parts)))
            parts = []
            continue
        if not parts:
            start = offset
        parens += (value == "(") - (value == ")")
        if value == "atomic" and parts[-1:] == ["begin"]:
            blocks += 1
        elif blocks:
            blocks += (value == "case") - (value == "end")
        parts.append(value)
    if parts:
        found.append(Statement(start, tuple(parts)))
    return found


def defined_routines(script: list[Statement]) -> frozenset[str]:
    """Names ``schema.name`` of the functions, procedures and aggregates that a script creates."""
    return frozenset(filter(None, map(_created_routine, script)))


def _created_routine(statement: Statement) -> str | None:
    words = statement.tokens
    if words[:1] != ("create",):
        return None
    words = words[3:] if words[1:3] == ("or", "replace") else words[1:]
    if words[:1] not in {("function",), ("procedure",), ("aggregate",)}:
        return None
    if words[2:3] != (".",) or len(words) < 4:
        return None
    return f"{words[1]}.{words[3]}"


def outside_transaction(words: tuple[str, ...]) -> str | None:
    """Name the command if the server refuses it inside a transaction, else return None."""
    command, rest = words[0], words[1:]
    name = None
    if words[:2] in _NEVER_IN_TRANSACTION or words == ("discard", "all"):
        name = " ".join(words[:2])
    elif command == "vacuum" or words == ("cluster",):
        name = command
    elif command in {"create", "drop"} and "index" in rest[:2] and "concurrently" in rest[:3]:
        name = f"{command} index concurrently"
    elif command == "reindex" and {"concurrently", "database", "system", "schema"} & {*rest}:
        name = "reindex concurrently, or of a schema or database,"
    elif words[:2] == ("alter", "database") and ("set", "tablespace") in pairwise(words):
        name = "alter database set tablespace"
    elif words[:2] == ("alter", "table") and "detach" in rest and rest[-1] == "concurrently":
        name = "detach partition concurrently"
    return name


def adds_enum_value(words: tuple[str, ...]) -> bool:
    """Whether it is ALTER TYPE … ADD VALUE, which nothing can use before its commit."""
    return words[:2] == ("alter", "type") and ("add", "value") in pairwise(words)


def concurrent_index(words: tuple[str, ...]) -> tuple[str, str] | None:
    """Find schema and name of the index that CREATE INDEX CONCURRENTLY makes, if it is one."""
    rest = words[2:] if words[1:2] == ("unique",) else words[1:]
    if words[0] != "create" or rest[:2] != ("index", "concurrently"):
        return None
    rest = rest[5:] if rest[2:5] == ("if", "not", "exists") else rest[2:]
    table = rest[3:] if rest[2:3] == ("only",) else rest[2:]
    if rest[1:2] != ("on",) or table[1:2] != (".",):
        return None
    return table[0], rest[0]
