"""Comparing the files with the database: what is pending, what is wrong, what would run. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgcredits.migrate.errors import Problem
from pgcredits.migrate.report import Item, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pgcredits.migrate.files import Source, SqlFile
    from pgcredits.migrate.history import Routine, Row, Snapshot


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction: at most one bootstrap or versioned file, then functions, access.sql last."""

    file: SqlFile | None
    functions: tuple[SqlFile, ...] = ()
    forget: tuple[str, ...] = ()
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Items in the order of application, problems, and the files that have to run."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    units: tuple[Unit, ...]


def compare(source: Source, snapshot: Snapshot) -> Comparison:
    """Hold the files against the recorded rows and the existing routines."""
    present = {routine.qualified for routine in snapshot.routines}
    newest = max((row.id for row in snapshot.rows.values() if row.kind == "versioned"), default="")
    items = [_item_of_file(file, snapshot.rows.get(file.id), newest, present) for file in source]
    last_file = source.versioned[-1].id if source.versioned else ""
    items += [
        _item_of_orphan(row, last_file)
        for row in snapshot.rows.values()
        if row.id not in source.by_id
    ]
    problems = [*_history_problems(source, items, snapshot.rows)]
    if not problems and snapshot.rows and not _pending(source, items, "versioned"):
        problems += catalogue_problems(source, snapshot.routines, _removed(items))
    return Comparison(tuple(items), tuple(problems), tuple(_units(source, items)))


def catalogue_problems(
    source: Source, routines: Sequence[Routine], removed: Collection[str]
) -> list[Problem]:
    """Routines that no file defines, and names with two signatures.

    ``removed`` are ids of repeatable files that were applied and are gone.
    """
    problems = []
    for routine in routines:
        if routine.qualified in source.defines:
            continue
        folder = "api" if routine.schema == "credits" else "private"
        former = f"functions/{folder}/{routine.name}.sql"
        hint = f"a migration has to say: drop function {routine}"
        if former in removed:
            message = f"{former} is gone, but {routine} is still in the database"
            problems.append(
                Problem("file_missing", former, message, f"bring the file back, or {hint}")
            )
        else:
            message = f"{routine} is in the database, but no file defines it"
            hint = f"{hint}; functions of your own belong into a schema of your own"
            problems.append(Problem("leftover_function", None, message, hint))
    for name, count in Counter(routine.qualified for routine in routines).items():
        if count > 1:
            signatures = " and ".join(str(r) for r in routines if r.qualified == name)
            message = f"{name} has {count} signatures: {signatures}"
            hint = "other parameters make another function: a migration has to drop the old one"
            problems.append(Problem("second_signature", None, message, hint))
    return problems


def _item_of_file(file: SqlFile, row: Row | None, newest: str, present: set[str]) -> Item:
    state: State = "applied"
    if row is None:
        late = file.kind == "versioned" and file.id < newest
        return Item(file.id, file.kind, file.name, "out of order" if late else "pending")
    if row.state != "applied":
        state = "unfinished"
    elif row.checksum != file.checksum:
        state = "edited" if file.kind == "versioned" else "changed"
    elif file.kind == "repeatable" and not file.defines <= present:
        state = "dropped"
    return Item(file.id, file.kind, file.name, state, row.applied_at, row.execution_ms)


def _item_of_orphan(row: Row, last_file: str) -> Item:
    state: State = "removed"
    if row.kind != "repeatable":
        state = "ahead" if row.id > last_file else "missing"
    return Item(row.id, row.kind, row.name, state, row.applied_at, row.execution_ms)


def _history_problems(
    source: Source, items: list[Item], rows: Mapping[str, Row]
) -> Iterator[Problem]:
    newest = max((row.name for row in rows.values() if row.kind == "versioned"), default="")
    for item in items:
        if item.state == "edited":
            yield Problem("file_edited", item.id, *_edited(item, rows[item.id]))
        elif item.state == "missing":
            message = f"{item.name} was applied on {_day(item)}, but the file is gone"
            yield Problem("file_missing", item.id, message, "bring it back from version control")
        elif item.state == "out of order":
            message = f"{item.name} was never applied, although {newest} was"
            hint = "give the file the next free number: a database must not depend on merge order"
            yield Problem("out_of_order", item.id, message, hint)
        elif item.state == "unfinished":
            message = f"{item.name} was started on {_day(item)} and did not finish"
            yield Problem("half_applied", item.id, message, "look at what it left in the database")
    ahead = [item.name for item in items if item.state == "ahead"]
    if ahead:
        here = source.versioned[-1].name if source.versioned else "none"
        message = (
            f"the database is newer than this code: it has {', '.join(ahead)};"
            f" the newest file here is {here}"
        )
        yield Problem(
            "database_ahead", ahead[-1], message, "run the release that the database is at"
        )


def _edited(item: Item, row: Row) -> tuple[str, str]:
    if item.name != row.name:
        message = (
            f"{item.id} was applied as {row.name}; the file with that number is {item.name} now"
        )
        return message, "give the new file the next free number and bring the old one back"
    message = f"{item.name} was edited after it had been applied on {_day(item)}"
    return message, "bring the old text back, and put the change into a new file"


def _day(item: Item) -> str:
    return f"{item.applied_at:%Y-%m-%d %H:%M %Z}" if item.applied_at else "an unknown day"


def _pending(source: Source, items: list[Item], kind: str) -> list[SqlFile]:
    ids = [item.id for item in items if item.is_pending and item.kind == kind]
    return [source.by_id[wanted] for wanted in ids if wanted in source.by_id]


def _removed(items: list[Item]) -> tuple[str, ...]:
    return tuple(item.id for item in items if item.state == "removed")


def _units(source: Source, items: list[Item]) -> list[Unit]:
    """Form the transactions: each versioned file alone, all functions with the last of them."""
    files: list[SqlFile | None] = []
    files += [*_pending(source, items, "bootstrap"), *_pending(source, items, "versioned")]
    functions = _pending(source, items, "repeatable")
    if functions and source.access and source.access not in functions:
        functions.append(source.access)
    forget = _removed(items)
    if (functions or forget) and (not files or (files[-1] and files[-1].kind == "bootstrap")):
        files.append(None)
    return [
        Unit(file, tuple(functions), forget, is_last=True) if n == len(files) else Unit(file)
        for n, file in enumerate(files, start=1)
    ]
