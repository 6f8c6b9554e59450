"""Printing what would run, as plain SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits import __version__
from pgcredits.migrate import block, catalogue, history, outside, sqltext
from pgcredits.migrate.block import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgcredits.migrate.compare import Unit
    from pgcredits.migrate.files import Source, SqlFile


def render(source: Source, units: Sequence[Unit]) -> str:
    """Print what the units run, as one script for ``psql -v ON_ERROR_STOP=1 -f``.

    Equal in effect to `apply`, history included, and in what it refuses: see `block`. A function
    that a migration drops although its file is unchanged, is refused where `apply` makes it again.
    """
    return "\n\n".join(_unit(source, unit) for unit in units)


def _outside(file: SqlFile) -> str:
    """One file without a transaction, between two that keep its row."""
    values = (file.id, file.kind, file.name, file.checksum, __version__, file.text)
    start = history.start_statement([quote(value) for value in values])
    finish = history.finish_statement("'applied'", "null", quote(file.id))
    return "\n".join(
        [
            f"{outside.ENTER};",
            "begin;",
            f"{catalogue.SETTINGS};",
            f"{catalogue.STORE_BEFORE_OUTSIDE};",
            f"{start};",
            "commit;",
            f"\n-- {file.label}",
            *_terminated(file),
            "\nbegin;",
            f"{finish};",
            f"{catalogue.SETTINGS};",
            f"{catalogue.STORE};",
            "commit;",
            "reset role;",
            "reset all;",
        ]
    )


def _unit(source: Source, unit: Unit) -> str:
    if unit.file and not unit.file.in_transaction:
        return _outside(unit.file)
    parts = ["begin;", "set local lock_timeout = '2s';", *before_lines()]
    if unit.file:
        parts += [f"{history.ENTER};"] if unit.file.kind == "versioned" else []
        parts += file_lines(unit.file)
    if unit.is_last:
        gone = f"m.id = any (array[{', '.join(map(quote, unit.forget))}]::text[])"
        functions = block.functions_block(source, unit.functions, gone)
        parts += ["", f"{history.ENTER};", f"do {quote(functions)};"]
    parts += store_lines()
    if unit.file:
        parts += check_lines(source, unit.file)
    return "\n".join([*parts, "commit;"])


def before_lines() -> list[str]:
    """Keep what the catalogue is like, for `store_lines` at the end of the transaction."""
    parts = (catalogue.SETTINGS, catalogue.STORE_BEFORE, catalogue.UNDO_SETTINGS)
    return [f"{part};" for part in parts]


def store_lines() -> list[str]:
    """Record what the transaction has changed in the catalogue."""
    parts = (history.ENTER, catalogue.SETTINGS, catalogue.STORE, catalogue.UNDO_SETTINGS)
    return ["", *(f"{part};" for part in parts)]


def check_lines(source: Source, file: SqlFile) -> list[str]:
    """Run the verify scripts of a file, and take back what they did."""
    parts: list[str] = []
    for script in source.checks_of(file.id):
        parts += ["savepoint verify_script;", f"{history.ENTER};"]
        parts += [f"\n-- {script.label}", *_terminated(script)]
        parts += ["rollback to savepoint verify_script;", "release savepoint verify_script;"]
    return parts


def file_lines(file: SqlFile) -> list[str]:
    """Give the text of a file and the statement that records it."""
    values = (file.id, file.kind, file.name, file.checksum, __version__, file.text)
    row = history.record_statement(file.kind, [quote(value) for value in values])
    return [f"\n-- {file.label}", *_terminated(file), f"{history.ENTER};", f"{row};"]


def _terminated(file: SqlFile) -> list[str]:
    last = [value for _, value, _ in sqltext.tokens(file.text)][-1:]
    return [file.text] if last == [";"] else [file.text, ";"]
