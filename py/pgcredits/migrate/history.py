"""What the database says: rows of ``credits_private.schema_migrations`` and existing routines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, LiteralString

import psycopg

from pgcredits import __version__
from pgcredits.migrate.errors import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.errors import MigrateError
    from pgcredits.migrate.files import Kind, SqlFile

ENTER = "set local role credits_owner; set local search_path = ''"
"""How a transaction becomes the owner's; unqualified names fail in it."""

LOCK_TIMEOUT = "2s"
"""How long a reader of the history waits for somebody's ALTER TABLE or LOCK, as a setting."""

# Both queries must see one moment: another runner may commit in between.
_BEGIN_READING = "begin isolation level repeatable read read only"


def _version_key(version: LiteralString) -> LiteralString:
    """Write the SQL that makes versions comparable: 1.2.0rc1 is {1,2,0,-1,1}; null for no version.

    Pre-releases come before their release; a development version comes before these.
    """
    return f"""(
        select array[v[1]::integer, v[2]::integer, v[3]::integer,
                     coalesce(pg_catalog.array_position(array['dev', 'a', 'b', 'rc'], v[4]) - 5, 0),
                     coalesce(v[5]::integer, 0)]
          from pg_catalog.regexp_matches({version},
            '^([0-9]{{1,9}})[.]([0-9]{{1,9}})[.]([0-9]{{1,9}})(?:[.]?(dev|a|b|rc)([0-9]{{1,9}}))?'
          ) as v)"""  # noqa: S608 -- constants alone


_OURS = "'" + __version__ + "'"
BY_NEWER: LiteralString = (
    f"coalesce({_version_key('m.runner_version')} > {_version_key(_OURS)}, false)"
)
"""SQL condition on a row ``m`` of the history: a newer package than this one has written it."""

_ROWS: LiteralString = f"""
    select m.id, m.kind, m.name, m.checksum, m.state, m.applied_at, m.execution_ms,
           m.runner_version, {BY_NEWER}
      from credits_private.schema_migrations m
     order by m.id"""  # noqa: S608 -- constants alone

# Constructors of range types and members of extensions have no file of ours.
ROUTINES = """
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

# With AccessExclusiveLock alone a reader gets into conflict.
_IN_THE_WAY = """
    select l.pid, a.usename, a.application_name, a.state
      from pg_catalog.pg_locks l
      join pg_catalog.pg_class c on c.oid = l.relation
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.granted and l.mode = 'AccessExclusiveLock'
       and l.database = (select d.oid from pg_catalog.pg_database d
                          where d.datname = pg_catalog.current_database())
       and n.nspname = 'credits_private' and c.relname like 'schema\\_migrations%'"""

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
    runner_version: str
    by_newer: bool
    """Whether that is a newer version of pgcredits than this one."""


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
    """Read the state of the database: one round trip, with the lock that every reader takes.

    Waits no longer than `LOCK_TIMEOUT` for whoever has locked the history against readers, then
    raises `MigrateError`, code ``lock_timeout``.
    """
    patience = f"set local lock_timeout = '{LOCK_TIMEOUT}'"
    for is_last in (False, True):
        try:
            cursor = conn.execute(
                f"{_BEGIN_READING}; {patience}; {ENTER}; {_ROWS}; {ROUTINES}; commit".encode()
            )
        except psycopg.errors.LockNotAvailable as exc:
            conn.execute("rollback")
            raise _locked(conn) from exc
        except _NOT_INSTALLED:
            conn.execute("rollback")
            if is_last:
                raise
            found = conn.execute(_TABLE_EXISTS).fetchone()
            if not found or not found[0]:
                return Snapshot({}, routines(conn))
            # Another runner may have made the table a moment ago. If not, the error comes again.
        else:
            break
    answers = [cursor.fetchall() for _ in cursor.results() if cursor.description]
    rows, existing = answers
    return Snapshot({row[0]: Row(*row) for row in rows}, tuple(Routine(*row) for row in existing))


def _locked(conn: Connection) -> MigrateError:
    found = conn.execute(_IN_THE_WAY).fetchone()
    if found is None:
        who = "somebody, who has just finished"
    else:
        pid, user, application, state = found
        parts = [f"process {pid}", user and f"user {user}", application and f"'{application}'"]
        who = ", ".join(part for part in (*parts, state) if part)
    return refuse(
        "lock_timeout",
        f"credits_private.schema_migrations cannot be read, because {who} has locked it;"
        f" waited {LOCK_TIMEOUT}",
        hint="end or wait for that session, then run again",
    )


def routines(conn: Connection) -> tuple[Routine, ...]:
    """List the routines that exist in the two schemas, as the current transaction sees them."""
    return tuple(Routine(*row) for row in conn.execute(ROUTINES).fetchall())


def record(conn: Connection, file: SqlFile, execution_ms: int) -> None:
    """Write the row of a file that has just run in this transaction, and its line in the log."""
    values = (file.id, file.kind, file.name, file.checksum, __version__, file.text, execution_ms)
    conn.execute(record_statement(file.kind, ["%s"] * len(values)), values)


def record_statement(kind: Kind | Literal["baseline"], values: Sequence[str]) -> LiteralString:
    """Write the SQL for a row; the values are SQL expressions in the order of the columns.

    The columns are id, kind, name, checksum, runner_version, body and, if known, execution_ms. A
    versioned id that is already there is an error; another file's row is replaced.
    """
    insert = _insert(values)
    if kind == "baseline":
        return _logged(insert, "'baseline'")
    if kind == "versioned":
        return _logged(insert, "'apply'")
    replace = """
    on conflict (id) do update
       set name = excluded.name, checksum = excluded.checksum, state = excluded.state,
           applied_at = excluded.applied_at, applied_by = excluded.applied_by,
           execution_ms = excluded.execution_ms, runner_version = excluded.runner_version,
           body = excluded.body"""
    # The outer query does not see yet what the inner one writes.
    again = (
        "case when exists (select from credits_private.schema_migrations m where m.id = c.id)"
        " then 're-apply' else 'apply' end"
    )
    return _logged(f"{insert}{replace}", again)


def start(conn: Connection, file: SqlFile) -> None:
    """Write the row of a file without a transaction, before it runs."""
    values = (file.id, file.kind, file.name, file.checksum, __version__, file.text)
    conn.execute(start_statement(["%s"] * len(values)), values)


def start_statement(values: Sequence[str]) -> LiteralString:
    """Write the SQL for `start`; the values are as for `record_statement`, without the time."""
    return _logged(_insert(values, state="running"), "'start'")


def finish(
    conn: Connection, file_id: str, execution_ms: int | None, failure: str | None = None
) -> bool:
    """Mark a started file as applied, or as failed when ``failure`` says why.

    Returns False, and changes nothing, when the file is not recorded as started.
    """
    state, action = ("applied", "apply") if failure is None else ("failed", "fail")
    cursor = conn.execute(
        finish_statement("%s", "%s", "%s", action="%s", reason="%s"),
        (state, execution_ms, file_id, action, failure),
    )
    return cursor.rowcount > 0


def finish_statement(
    state: str, execution_ms: str, file_id: str, *, action: str = "'apply'", reason: str = "null"
) -> LiteralString:
    """Write the SQL for `finish`; all are SQL expressions."""
    change = f"""
    update credits_private.schema_migrations m
       set state = {state}, execution_ms = {execution_ms}::integer,
           applied_at = pg_catalog.clock_timestamp()
     where m.id = {file_id} and m.state = 'running'"""  # noqa: S608 -- values are quoted
    return _logged(change, f"{action}::text", f"{reason}::text")


def accept(conn: Connection, file: SqlFile, reason: str) -> None:
    """Record the file's text as the one that was applied; what ran stays in ``body``."""
    change = """
    update credits_private.schema_migrations m set checksum = %s, name = %s where m.id = %s"""
    values = (file.checksum, file.name, file.id, "accept checksum", reason)
    conn.execute(_logged(change, "%s::text", "%s::text"), values)


def mark_applied(conn: Connection, file: SqlFile, reason: str) -> None:
    """Record a versioned file as applied that the runner has not, or not completely, run."""
    change = f"""{_insert(["%s"] * 6)}
    on conflict (id) do update set state = 'applied'"""
    values = (file.id, file.kind, file.name, file.checksum, __version__, file.text)
    conn.execute(_logged(change, "%s::text", "%s::text"), (*values, "mark applied", reason))


def mark_pending(conn: Connection, file_id: str, reason: str) -> None:
    """Delete the row of a file, so that it runs again."""
    change = "delete from credits_private.schema_migrations m where m.id = %s"
    values = (file_id, "mark pending", reason)
    conn.execute(_logged(change, "%s::text", "%s::text"), values)


def note_pruned(conn: Connection, routine: str) -> None:
    """Write into the log that a function without a file was dropped."""
    values = "select %s::text as id, null::text as checksum"
    conn.execute(_log(f"({values})", "'prune'"), (routine,))


def note_accepted(conn: Connection, thing: str, reason: str) -> None:
    """Write into the log that somebody's change of an object is to stay."""
    values = "select %s::text as id, null::text as checksum"
    conn.execute(_log(f"({values})", "'accept object'", "%s::text"), (reason, thing))


def forget(conn: Connection, gone: str) -> None:
    """Delete the row of a repeatable file that is gone."""
    conn.execute(forget_statement("%s"), (gone,))


def forget_statement(value: str) -> LiteralString:
    """Write the SQL that deletes a repeatable file's row; the value is an SQL expression."""
    change = (
        "delete from credits_private.schema_migrations m"  # noqa: S608 -- values are quoted
        f" where m.id = {value} and m.kind = 'repeatable'"
    )
    return _logged(change, "'forget'")


def _insert(values: Sequence[str], state: str = "applied") -> str:
    names = ("id", "kind", "name", "checksum", "runner_version", "body", "execution_ms")
    columns = ", ".join(("state", *names[: len(values)]))
    return f"""
    insert into credits_private.schema_migrations as m ({columns})
    values ('{state}', {", ".join(values)})"""  # noqa: S608 -- values are quoted


def _logged(change: str, action: str, reason: str = "null") -> LiteralString:
    """Combine a change of one row of the history with its line in the log, in one statement."""
    return f"with changed as ({change}\n    returning m.id, m.checksum\n)\n" + _log(
        "changed", action, reason
    )


def _log(source: str, action: str, reason: str = "null") -> LiteralString:
    """Write a line into the log; lines are numbered without gaps, so that one cannot vanish."""
    return f"""insert into credits_private.schema_migrations_log
    (entry, action, migration, checksum, reason, runner_version)
select (select coalesce(max(l.entry), 0) + 1 from credits_private.schema_migrations_log l),
       {action}, c.id, c.checksum, {reason}, '{__version__}'
  from {source} as c"""  # noqa: S608 -- values are quoted
