"""Which tables a transaction has locked: what a DBA wants to know about a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.migrate.report import TableLock

if TYPE_CHECKING:
    from collections.abc import Collection

    from pgcredits.migrate.connection import Connection

# The runner's own tables are nobody else's business.
_EXISTING = """
    select c.oid::bigint
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm')
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and not (n.nspname = 'credits_private'
                and c.relname ~ '^schema_(migrations|migrations_log|objects)$')"""

# Reading takes AccessShareLock, which only AccessExclusiveLock has to wait for.
_LOCKED = """
    select c.oid::bigint, pg_catalog.format('%%I.%%I', n.nspname, c.relname),
           pg_catalog.replace(l.mode, 'Lock', ''), nullif(c.reltuples, -1)::bigint
      from pg_catalog.pg_locks l
      join pg_catalog.pg_class c on c.oid = l.relation
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where l.pid = pg_catalog.pg_backend_pid() and l.granted and l.mode <> 'AccessShareLock'
       and c.oid::bigint = any (%s)
     order by 2, 3"""


def existing(conn: Connection) -> frozenset[int]:
    """List the oids of all tables that others may be using."""
    return frozenset(row[0] for row in conn.execute(_EXISTING).fetchall())


def locked(conn: Connection, known: Collection[int]) -> list[TableLock]:
    """List the locks that the current transaction holds on the known tables."""
    return [TableLock(*row) for row in conn.execute(_LOCKED, (list(known),)).fetchall()]
