"""Running one file, and saying where it failed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors, generators
from psycopg.pq import ExecStatus

from pgcredits.migrate import sqltext

if TYPE_CHECKING:
    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import SqlFile


class ScriptError(Exception):
    """The server refused a file. ``statement`` counts the file's statements from 0."""

    def __init__(self, file: SqlFile, error: psycopg.Error, statement: int | None = None) -> None:
        super().__init__(str(error))
        self.file = file
        self.error = error
        self.statement = statement

    @property
    def sqlstate(self) -> str:
        """Five characters, or '' when the server is gone."""
        return self.error.sqlstate or ""

    def describe(self) -> str:
        """Give file:line:column, SQLSTATE, message, the line with a caret, and the details.

        Without a position from the server it is the start of the statement that failed.
        """
        diag = self.error.diag
        message = diag.message_primary or str(self.error).strip()
        headline = f"{diag.severity or 'ERROR'} {self.sqlstate}: {message}"
        offset = self._offset(diag.statement_position)
        if offset is None:
            lines = [f"{self.file.shown_path}: {headline}"]
        else:
            place = sqltext.place(self.file.text, offset)
            where = f"{self.file.shown_path}:{place.line}:{place.column}"
            lines = [f"{where}: {headline}", f"  {place.source}", f"  {place.caret}"]
        more = {
            "DETAIL": diag.message_detail,
            "HINT": diag.message_hint,
            "QUERY": diag.internal_query,
            "CONTEXT": diag.context,
        }
        return "\n".join(lines + [f"{label}: {text}" for label, text in more.items() if text])

    def _offset(self, position: str | None) -> int | None:
        if position:
            return int(position) - 1
        if self.statement is None or self.statement >= len(self.file.statements):
            return None
        return self.file.statements[self.statement].start


def run(conn: Connection, file: SqlFile) -> int:
    """Send the whole file as it is; return the milliseconds that it took.

    The text goes as one simple query, as psql would send it, but with all its results kept: the
    number of results before the error tells which statement failed. Raises `ScriptError`.
    """
    started = time.monotonic()
    try:
        conn.pgconn.send_query(file.text.encode())
        results = conn.wait(generators.execute(conn.pgconn))
    except psycopg.Error as exc:
        raise ScriptError(file, exc) from exc
    for number, result in enumerate(results):
        if result.status == ExecStatus.FATAL_ERROR:
            raise ScriptError(file, errors.error_from_result(result), number)
    return round((time.monotonic() - started) * 1000)
