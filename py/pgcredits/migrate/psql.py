"""Printing what would run, as plain SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits import __version__
from pgcredits.migrate import catalogue, functions, history, outside, sqltext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgcredits.migrate.compare import Unit
    from pgcredits.migrate.files import SqlFile


def render(units: Sequence[Unit]) -> str:
    """Print what the units run, as one script for ``psql -v ON_ERROR_STOP=1 -f``.

    Equal in effect to `apply`, history included. The order of functions is not known before they
    have run, so their bodies are not checked here.
    """
    return "\n\n".join(_unit(unit) for unit in units)


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


def _unit(unit: Unit) -> str:
    if unit.file and not unit.file.in_transaction:
        return _outside(unit.file)
    parts = ["begin;", "set local lock_timeout = '2s';", *before_lines()]
    if unit.file:
        parts += [f"{history.ENTER};"] if unit.file.kind == "versioned" else []
        parts += file_lines(unit.file)
    if unit.functions or unit.forget:
        parts += [f"{history.ENTER};", "set local check_function_bodies = off;"]
    for file in unit.functions:
        parts += file_lines(file)
    parts += [f"{history.forget_statement(quote(gone))};" for gone in unit.forget]
    parts += [f"{functions.RELOAD};"] if unit.functions else []
    return "\n".join([*parts, *store_lines(), "commit;"])


def before_lines() -> list[str]:
    """Keep what the catalogue is like, for `store_lines` at the end of the transaction."""
    parts = (catalogue.SETTINGS, catalogue.STORE_BEFORE, catalogue.UNDO_SETTINGS)
    return [f"{part};" for part in parts]


def store_lines() -> list[str]:
    """Record what the transaction has changed in the catalogue."""
    parts = (history.ENTER, catalogue.SETTINGS, catalogue.STORE, catalogue.UNDO_SETTINGS)
    return ["", *(f"{part};" for part in parts)]


def file_lines(file: SqlFile) -> list[str]:
    """Give the text of a file and the statement that records it."""
    values = (file.id, file.kind, file.name, file.checksum, __version__, file.text)
    row = history.record_statement(file.kind, [quote(value) for value in values])
    return [f"\n-- {file.label}", *_terminated(file), f"{history.ENTER};", f"{row};"]


def _terminated(file: SqlFile) -> list[str]:
    last = [value for _, value, _ in sqltext.tokens(file.text)][-1:]
    return [file.text] if last == [";"] else [file.text, ";"]


def quote(text: str) -> str:
    """Quote with dollars, which is readable even around a whole file."""
    tag = "$pgcredits$"
    while tag in text:
        tag = f"{tag[:-1]}_$"
    return f"{tag}{text}{tag}"
