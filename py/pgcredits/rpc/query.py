"""One way to call a function of the schema ``credits`` and to read what it returns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pgcredits.errors import from_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")
Connection = psycopg.Connection[Any]
Metadata = Mapping[str, Any]


def given(**arguments: Any) -> dict[str, Any]:
    """Return the arguments that are not None, under their SQL names; ``from_`` is ``p_from``."""
    return {
        f"p_{name.rstrip('_')}": value for name, value in arguments.items() if value is not None
    }


def call(conn: Connection, row: type[Row], function: str, arguments: Mapping[str, Any]) -> Row:
    """Call ``credits.<function>`` with exactly these arguments (None is sent as NULL); one row."""
    rows = call_rows(conn, row, function, arguments)
    if len(rows) != 1:
        raise psycopg.DataError(f"credits.{function} returned {len(rows)} rows instead of one")
    return rows[0]


def call_rows(
    conn: Connection, row: type[Row], function: str, arguments: Mapping[str, Any]
) -> list[Row]:
    """Call ``credits.<function>`` with exactly these arguments (None is sent as NULL); all rows."""
    values = {name: _adapt(value) for name, value in arguments.items()}
    with _refusals(), conn.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(_statement(row, function, tuple(arguments)), values).fetchall()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as exc:
        refusal = from_database(exc)
        if refusal is None:
            raise
        raise refusal from exc


@cache
def _statement(row: type[DataclassInstance], function: str, names: tuple[str, ...]) -> sql.Composed:
    """``select columns from credits.function(p_a => %(p_a)s, ...)``.

    The columns are listed so that a newer database may return more of them.
    """
    return sql.SQL("select {columns} from credits.{function}({arguments}) as r").format(
        columns=sql.SQL(", ").join(sql.Identifier("r", field.name) for field in fields(row)),
        function=sql.Identifier(function),
        arguments=sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in names
        ),
    )


def _adapt(value: Any) -> Any:
    """Integers as text, which the server reads as the type of the parameter, whatever its size."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, (Mapping, list, tuple)):
        return Jsonb(value, dumps=_dumps)
    return value


def _dumps(value: Any) -> str:
    return json.dumps(value, default=_isoformat, allow_nan=False)


def _isoformat(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
