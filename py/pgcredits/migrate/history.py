"""What the database says: rows of ``credits_private.schema_migrations`` and existing routines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

import psycopg

from pgcredits import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import Kind, SqlFile

ENTER = "set local role credits_owner; set local search_path = ''"
"""How a transaction becomes the owner's; unqualified names fail in it."""

_ROWS = """
    select m.id, m.kind, m.name, m.checksum, m.state, m.applied_at, m.execution_ms
      from credits_private.schema_migrations m
     order by m.id"""

# Constructors of range types and members of extensions have no file of ours.
_ROUTINES = """
    select n.nspname as schema, p.proname as name,
           pg_catalog.pg_get_function_identity_arguments(p.oid) as arguments
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('credits', 'credits_private')
       and not exists (
               select from pg_catalog.pg_depend d
                where d.classid = 'pg_catalog.pg_proc'::regclass
                  and d.objid = p.oid
                  and d.deptype in ('e', 'i'))
     order by 1, 2, 3"""

_TABLE_EXISTS = """
    select exists (
        select from pg_catalog.pg_class c
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'credits_private' and c.relname = 'schema_migrations')"""

# credits_owner, its schema or the table do not exist; or we are no member of the role.
_NOT_INSTALLED = (
    psycopg.errors.InvalidParameterValue,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedTable,
    psycopg.errors.InsufficientPrivilege,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the history, without its text."""

    id: str
    kind: str
    name: str
    checksum: str
    state: str
    applied_at: datetime
    execution_ms: int | None


@dataclass(frozen=True, slots=True)
class Routine:
    """One function, procedure or aggregate in our schemas."""

    schema: str
    name: str
    arguments: str

    @property
    def qualified(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"

    def __str__(self) -> str:
        return f"{self.qualified}({self.arguments})"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The history by id, and the routines; both empty before the first run."""

    rows: dict[str, Row]
    routines: tuple[Routine, ...]


def read(conn: Connection) -> Snapshot:
    """Read the state of the database: one round trip, no lock that anyone could wait for."""
    try:
        cursor = conn.execute(f"begin read only; {ENTER}; {_ROWS}; {_ROUTINES}; commit")
    except _NOT_INSTALLED:
        conn.execute("rollback")
        found = conn.execute(_TABLE_EXISTS).fetchone()
        if found and found[0]:
            raise
        return Snapshot({}, routines(conn))
    answers = [cursor.fetchall() for _ in cursor.results() if cursor.description]
    rows, existing = answers
    return Snapshot({row[0]: Row(*row) for row in rows}, tuple(Routine(*row) for row in existing))


def routines(conn: Connection) -> tuple[Routine, ...]:
    """List the routines that exist in the two schemas, as the current transaction sees them."""
    return tuple(Routine(*row) for row in conn.execute(_ROUTINES).fetchall())


def record(conn: Connection, file: SqlFile, execution_ms: int) -> None:
    """Write the row of a file that has just run in this transaction."""
    values = (file.id, file.kind, file.name, file.checksum, __version__, file.text, execution_ms)
    conn.execute(record_statement(file.kind, ["%s"] * len(values)), values)


def record_statement(kind: Kind, values: Sequence[str]) -> LiteralString:
    """Write the SQL for a row; the values are SQL expressions in the order of the columns.

    A versioned id that is already there is an error; another file's row is replaced.
    """
    replace = """
    on conflict (id) do update
       set name = excluded.name, checksum = excluded.checksum, state = excluded.state,
           applied_at = excluded.applied_at, applied_by = excluded.applied_by,
           execution_ms = excluded.execution_ms, runner_version = excluded.runner_version,
           body = excluded.body"""
    columns = ("id", "kind", "name", "checksum", "runner_version", "body", "execution_ms")
    return (
        f"insert into credits_private.schema_migrations ({', '.join(columns[: len(values)])})\n"
        f"values ({', '.join(values)}){'' if kind == 'versioned' else replace}"
    )


def forget(conn: Connection, gone: str) -> None:
    """Delete the row of a repeatable file that is gone."""
    conn.execute(forget_statement("%s"), (gone,))


def forget_statement(value: str) -> LiteralString:
    """Write the SQL that deletes a repeatable file's row; the value is an SQL expression."""
    return (
        "delete from credits_private.schema_migrations m"  # noqa: S608 -- values are quoted
        f" where m.id = {value} and m.kind = 'repeatable'"
    )
