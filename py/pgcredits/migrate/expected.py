"""Which objects a series of migrations leaves behind, as far as their words tell. Pure.

What is followed: tables with the columns, constraints and triggers that were added to them, views,
sequences, indexes, types, domains and routines, each with a schema before its name; and what was
dropped, renamed or moved to another schema later. Where words alone do not tell what else went, as
after CASCADE, less is expected rather than too much.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgcredits.migrate.files import SqlFile

    Words = tuple[str, ...]

_KINDS = {
    "table": "table",
    "view": "view",
    "sequence": "sequence",
    "index": "index",
    "type": "type",
    "domain": "type",
    "function": "function",
    "procedure": "function",
    "aggregate": "function",
    "routine": "function",
    "trigger": "trigger",
}
_BEFORE_KIND = {"or", "replace", "unique", "unlogged", "materialized", "recursive", "constraint"}
_NO_COLUMN = {"constraint", "primary", "unique", "check", "foreign", "exclude", "not"}
_GOES_WITH_COLUMNS = {"index", "constraint", "trigger", "view"}


@dataclass(frozen=True, slots=True)
class Thing:
    """An object. ``table`` is the table of a column, constraint, trigger or index, else empty."""

    kind: str
    schema: str
    name: str
    table: str = ""

    def __str__(self) -> str:
        if self.kind in {"column", "constraint", "trigger"}:
            return f"{self.kind} {self.schema}.{self.table}.{self.name}"
        return f"{self.kind} {self.schema}.{self.name}"


def things(files: Iterable[SqlFile]) -> dict[Thing, SqlFile]:
    """List what is there after all files, each with the file that made it, or changed its name."""
    found: dict[Thing, SqlFile] = {}
    for file in files:
        for statement in file.statements:
            _follow(statement.tokens, file, found)
    return found


def _follow(words: Words, file: SqlFile, found: dict[Thing, SqlFile]) -> None:
    command, rest = words[0], words[1:]
    if command not in {"create", "drop", "alter"}:
        return
    while rest[:1] and rest[0] in _BEFORE_KIND:
        rest = rest[1:]
    kind = _KINDS.get(rest[0]) if rest else None
    if kind is None:
        return
    rest = _without(rest[1:], ("concurrently",), ("if", "not", "exists"), ("if", "exists"))
    if command == "create":
        if (thing := _created(kind, rest)) is not None:
            found[thing] = file
    elif command == "drop":
        _drop(kind, rest, found)
    elif kind != "trigger":
        _alter(kind, _without(rest, ("only",)), file, found)


def _without(words: Words, *starts: Words) -> Words:
    """Leave out each of ``starts``, in this order, where it comes first."""
    for start in starts:
        words = words[len(start) :] if words[: len(start)] == start else words
    return words


def _created(kind: str, rest: Words) -> Thing | None:
    if kind in {"index", "trigger"}:
        if "on" not in rest[1:]:
            return None
        name, table = rest[0], _without(rest[rest.index("on", 1) + 1 :], ("only",))
        return Thing(kind, table[0], name, table[2]) if table[1:2] == (".",) else None
    return Thing(kind, rest[0], rest[2]) if rest[1:2] == (".",) else None


def _drop(kind: str, rest: Words, found: dict[Thing, SqlFile]) -> None:
    if "cascade" in rest:
        _forget(found, {thing for thing in found if thing.kind not in {"table", "column"}})
    if kind == "trigger":
        dropped = _created(kind, rest)
        _forget(found, {dropped} if dropped else set())
        return
    for part in _parts(rest):
        if part[1:2] == (".",):
            _forget(found, {t for t in found if _is_or_is_of(t, kind, part[0], part[2])})


def _alter(kind: str, rest: Words, file: SqlFile, found: dict[Thing, SqlFile]) -> None:
    if rest[1:2] != (".",):
        return
    schema, name, actions = rest[0], rest[2], rest[3:]
    if actions[:1] == ("(",):  # the arguments of a function
        actions = actions[actions.index(")") + 1 :]
    concerned = [thing for thing in found if _is_or_is_of(thing, kind, schema, name)]
    if actions[:2] == ("rename", "to"):
        for old in concerned:
            is_whole = (old.kind, old.name) == (kind, name)
            new = replace(old, name=actions[2]) if is_whole else replace(old, table=actions[2])
            found[new] = file if is_whole else found[old]
    elif actions[:2] == ("set", "schema"):
        for old in concerned:
            found[replace(old, schema=actions[2])] = file
    elif kind == "table":
        for action in _parts(actions):
            _change_table(schema, name, action, file, found)
        return
    else:
        return
    _forget(found, set(concerned))


def _change_table(
    schema: str, table: str, action: Words, file: SqlFile, found: dict[Thing, SqlFile]
) -> None:
    """Follow one action of ALTER TABLE."""
    verb, rest = action[0], action[1:]
    kind = "constraint" if rest[:1] == ("constraint",) else "column"
    rest = _without(rest, (kind,), ("if", "not", "exists"), ("if", "exists"))
    if not rest:
        return
    thing = Thing(kind, schema, rest[0], table)
    if verb == "add" and (kind == "constraint" or rest[0] not in _NO_COLUMN):
        found[thing] = file
    elif verb == "drop":
        gone = {thing}
        if kind == "column":
            gone |= {t for t in found if t.table == table and t.kind in _GOES_WITH_COLUMNS}
        _forget(found, gone)
    elif verb == "rename" and rest[1:2] == ("to",) and thing in found:
        found[replace(thing, name=rest[2])] = file
        _forget(found, {thing})


def _is_or_is_of(thing: Thing, kind: str, schema: str, name: str) -> bool:
    if thing.schema != schema:
        return False
    return (thing.kind, thing.name) == (kind, name) or (kind == "table" and thing.table == name)


def _forget(found: dict[Thing, SqlFile], gone: set[Thing]) -> None:
    for thing in gone:
        found.pop(thing, None)


def _parts(words: Words) -> Iterator[Words]:
    """Split at the commas outside of parentheses."""
    part: list[str] = []
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if word == "," and depth == 0:
            yield tuple(part)
            part = []
        else:
            part.append(word)
    if part:
        yield tuple(part)
