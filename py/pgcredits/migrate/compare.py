"""Comparing the files with the database: what is pending, what is wrong, what would run. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pgcredits import __version__
from pgcredits.migrate.errors import Problem, repair_hint
from pgcredits.migrate.report import Item, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pgcredits.migrate.files import Source, SqlFile
    from pgcredits.migrate.history import Routine, Row, Snapshot


VERSIONED = frozenset({"versioned", "baseline"})
"""Kinds of rows that belong to numbered files."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for.

    Not more than number ``to``, late files too, leftovers dropped, functions of a newer package
    replaced by ours.
    """

    to: str | None = None
    allow_out_of_order: bool = False
    prune: bool = False
    allow_downgrade: bool = False


EVERYTHING = Wanted()
"""What `apply` does without options."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction: at most one bootstrap or versioned file, then functions, access.sql last.

    A file that cannot run in a transaction is a unit of its own.
    """

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


def compare(source: Source, snapshot: Snapshot, wanted: Wanted = EVERYTHING) -> Comparison:
    """Hold the files against the recorded rows and the existing routines."""
    present = {routine.qualified for routine in snapshot.routines}
    newest = max((row.id for row in snapshot.rows.values() if row.kind in VERSIONED), default="")
    items = [_item_of_file(file, snapshot.rows.get(file.id), newest, present) for file in source]
    last_file = source.versioned[-1].id if source.versioned else ""
    items += [
        _item_of_orphan(row, last_file)
        for row in snapshot.rows.values()
        if row.id not in source.by_id
    ]
    if wanted.allow_out_of_order:
        items = [replace(i, state="pending") if i.state == "out of order" else i for i in items]
    problems = [*_wish_problems(source, wanted), *_history_problems(source, items, snapshot.rows)]
    if not wanted.allow_downgrade and "database_ahead" not in {p.code for p in problems}:
        problems += _downgrade_problems(items, snapshot.rows)
    prunable = False
    if not problems and snapshot.rows and not _pending(source, items, "versioned"):
        problems += catalogue_problems(source, snapshot.routines, _removed(items))
        if wanted.prune:
            prunable = bool(problems)
            problems = []
    return Comparison(
        tuple(items), tuple(problems), tuple(_units(source, items, wanted.to, prunable))
    )


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
    newest = max((row.name for row in rows.values() if row.kind in VERSIONED), default="")
    for item in items:
        if item.state == "edited":
            yield Problem("file_edited", item.id, *_edited(item, rows[item.id]))
        elif item.state == "missing":
            message = f"{item.name} was applied on {_day(item)}, but the file is gone"
            yield Problem("file_missing", item.id, message, "bring it back from version control")
        elif item.state == "out of order":
            message = f"{item.name} was never applied, although {newest} was"
            hint = (
                "give the file the next free number, because a database must not depend on merge"
                " order; or, if it is known to be harmless: `apply --allow-out-of-order`"
            )
            yield Problem("out_of_order", item.id, message, hint)
        elif item.state == "unfinished":
            ended = "failed" if rows[item.id].state == "failed" else "has not finished"
            message = f"{item.name} was started outside a transaction on {_day(item)} and {ended}"
            yield Problem("half_applied", item.id, message, repair_hint(item.id))
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


def _downgrade_problems(items: Sequence[Item], rows: Mapping[str, Row]) -> Iterator[Problem]:
    """Files that a newer package has applied, of which our own, older texts would be applied."""
    newer = [
        rows[item.id]
        for item in items
        if item.state in {"changed", "removed"} and rows[item.id].by_newer
    ]
    if not newer:
        return
    versions = " and ".join(sorted({row.runner_version for row in newer}))
    names = ", ".join(row.id for row in newer[:3])
    more = f" and {len(newer) - 3} more" if len(newer) > 3 else ""
    message = (
        f"the database is newer than this code: pgcredits {versions} has applied {names}{more},"
        f" and this is pgcredits {__version__} with other texts"
    )
    prune = " --prune" if _removed(items) else ""
    hint = (
        "run the release that the database is at; to go back to the functions of this one:"
        f" `apply --allow-downgrade{prune}`"
    )
    yield Problem("database_ahead", newer[0].id, message, hint)


def _edited(item: Item, row: Row) -> tuple[str, str]:
    if item.name != row.name:
        message = (
            f"{item.id} was applied as {row.name}; the file with that number is {item.name} now"
        )
        return message, "give the new file the next free number and bring the old one back"
    message = f"{item.name} was edited after it had been applied on {_day(item)}"
    hint = (
        "bring the old text back, and put the change into a new file; if only a comment changed:"
        f" `pgcredits migrate repair --accept-checksum {item.id} --reason …`"
    )
    return message, hint


def _day(item: Item) -> str:
    return f"{item.applied_at:%Y-%m-%d %H:%M %Z}" if item.applied_at else "an unknown day"


def _pending(source: Source, items: list[Item], kind: str) -> list[SqlFile]:
    ids = [item.id for item in items if item.is_pending and item.kind == kind]
    return [source.by_id[wanted] for wanted in ids if wanted in source.by_id]


def _removed(items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(item.id for item in items if item.state == "removed")


def _wish_problems(source: Source, wanted: Wanted) -> Iterator[Problem]:
    if wanted.to is not None and wanted.to not in {file.id for file in source.versioned}:
        newest = source.versioned[-1].id if source.versioned else "none"
        message = f"there is no migration {wanted.to}; the newest is {newest}"
        yield Problem("no_such_migration", wanted.to, message)


def _units(source: Source, items: list[Item], to: str | None, prunable: bool) -> Iterator[Unit]:
    """Form the transactions: each versioned file alone, all functions with the last of them.

    When ``to`` leaves files for later, the functions, which may need them, are left as well.
    """
    yield from (Unit(file) for file in _pending(source, items, "bootstrap"))
    versioned = _pending(source, items, "versioned")
    chosen = [file for file in versioned if to is None or file.id <= to]
    if len(chosen) < len(versioned):
        yield from map(Unit, chosen)
        return
    functions = _pending(source, items, "repeatable")
    if functions and source.access and source.access not in functions:
        functions.append(source.access)
    forget = _removed(items)
    last = chosen.pop() if chosen and chosen[-1].in_transaction else None
    yield from map(Unit, chosen)
    if last or chosen or functions or forget or prunable:
        yield Unit(last, tuple(functions), forget, is_last=True)
