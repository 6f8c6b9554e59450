"""Printing what would run, as plain SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits import __version__
from pgcredits.migrate import functions, history, sqltext

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


def _unit(unit: Unit) -> str:
    parts = ["begin;", "set local lock_timeout = '2s';"]
    if unit.file:
        parts += [f"{history.ENTER};"] if unit.file.kind == "versioned" else []
        parts += _file(unit.file)
    if unit.functions or unit.forget:
        parts += [f"{history.ENTER};", "set local check_function_bodies = off;"]
    for file in unit.functions:
        parts += _file(file)
    parts += [f"{history.forget_statement(quote(gone))};" for gone in unit.forget]
    parts += [f"{functions.RELOAD};"] if unit.functions else []
    return "\n".join([*parts, "commit;"])


def _file(file: SqlFile) -> list[str]:
    last = [value for _, value, _ in sqltext.tokens(file.text)][-1:]
    terminator = [] if last == [";"] else [";"]
    values = (file.id, file.kind, file.name, file.checksum, __version__, file.text)
    row = history.record_statement(file.kind, [quote(value) for value in values])
    return [f"\n-- {file.label}", file.text, *terminator, f"{history.ENTER};", f"{row};"]


def quote(text: str) -> str:
    """Quote with dollars, which is readable even around a whole file."""
    tag = "$pgcredits$"
    while tag in text:
        tag = f"{tag[:-1]}_$"
    return f"{tag}{text}{tag}"
