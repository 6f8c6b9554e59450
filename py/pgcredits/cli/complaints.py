"""What a command says when the database is the reason that it fails."""

from __future__ import annotations

import psycopg


def explain(exc: psycopg.Error) -> str:
    """Say what the database said; a connection string is never quoted."""
    if isinstance(exc, psycopg.ProgrammingError) and exc.sqlstate is None:
        return "DATABASE_URL is not a connection string."
    message = (exc.diag.message_primary or str(exc)).strip().replace("\n", " ")
    return f"{exc.sqlstate} {message}" if exc.sqlstate else message
