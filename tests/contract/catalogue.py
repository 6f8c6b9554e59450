"""Questions to the catalogue that several tests ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

SCHEMAS = ["credits", "credits_private"]
OURS = (
    "credits_owner",
    "credits_service",
    "credits_admin",
    "credits_webhook",
    "credits_reader",
    "credits_user",
)

_FUNCTIONS = """
select p.oid::regprocedure::text as signature, n.nspname as schema, p.proname as name,
       pg_get_userbyid(p.proowner) as owner, l.lanname as language, p.provolatile as volatility,
       p.proparallel as parallel, p.prosecdef as is_definer, p.proisstrict as is_strict,
       p.proretset as returns_set, p.proconfig as config, p.prokind as kind,
       p.provariadic <> 0 as is_variadic, p.proargmodes is not null as has_out_arguments,
       format_type(p.prorettype, null) as result, rn.nspname as result_schema,
       obj_description(p.oid, 'pg_proc') as comment, p.oid
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
  join pg_type rt on rt.oid = p.prorettype
  join pg_namespace rn on rn.oid = rt.typnamespace
 where n.nspname = any (%s)
 order by 1
"""

_TABLES = """
select c.oid, n.nspname || '.' || c.relname as name, c.relkind, c.relrowsecurity as has_rls,
       pg_get_userbyid(c.relowner) as owner, obj_description(c.oid, 'pg_class') as comment
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any (%s) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
 order by 2
"""

_COLUMNS = """
select n.nspname || '.' || c.relname as relation, a.attname as name,
       format_type(a.atttypid, a.atttypmod) as type, l.collname as collation,
       col_description(c.oid, a.attnum) as comment, a.attidentity <> '' as is_identity
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_collation l on l.oid = a.attcollation
 where n.nspname = any (%s) and c.relkind in ('r', 'p', 'v', 'm')
   and a.attnum > 0 and not a.attisdropped
 order by 1, a.attnum
"""

_UNIQUE_INDEXES = """
select n.nspname || '.' || t.relname as relation, i.relname as name, x.indisprimary as is_primary,
       array_agg(a.attname::text order by k.position) as columns
  from pg_index x
  join pg_class i on i.oid = x.indexrelid
  join pg_class t on t.oid = x.indrelid
  join pg_namespace n on n.oid = t.relnamespace
  cross join unnest(x.indkey) with ordinality as k (attnum, position)
  left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum
 where n.nspname = any (%s) and x.indisunique
 group by 1, 2, 3
 order by 1, 2
"""

_FOREIGN_KEYS = """
select n.nspname || '.' || t.relname as relation, f.conname as name, f.confdeltype as on_delete,
       exists (
           select from pg_index x
            where x.indrelid = f.conrelid and x.indisvalid and x.indpred is null
              and (x.indkey::smallint[])[0 : cardinality(f.conkey) - 1] @> f.conkey
       ) as has_index
  from pg_constraint f
  join pg_class t on t.oid = f.conrelid
  join pg_namespace n on n.oid = t.relnamespace
 where n.nspname = any (%s) and f.contype = 'f'
 order by 1, 2
"""

_TYPES = """
select t.oid::regtype::text as name, pg_get_userbyid(t.typowner) as owner,
       obj_description(t.oid, 'pg_type') as comment
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  left join pg_class c on c.oid = t.typrelid
 where n.nspname = any (%s) and t.typcategory <> 'A' and (c.oid is null or c.relkind = 'c')
 order by 1
"""


class Rows:
    """The answers, each row a dictionary by column name."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn

    def ask(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of any query."""
        cursor = self.conn.execute(query.encode(), parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def functions(self) -> list[dict[str, Any]]:
        """All routines of both schemas."""
        return self.ask(_FUNCTIONS, (SCHEMAS,))

    def relations(self) -> list[dict[str, Any]]:
        """Tables, views and sequences of both schemas."""
        return self.ask(_TABLES, (SCHEMAS,))

    def tables(self) -> list[dict[str, Any]]:
        """The tables alone."""
        return [row for row in self.relations() if row["relkind"] in "rp"]

    def columns(self) -> list[dict[str, Any]]:
        """Columns of all tables and views."""
        return self.ask(_COLUMNS, (SCHEMAS,))

    def unique_indexes(self) -> list[dict[str, Any]]:
        """Primary keys and unique indexes with their columns in order."""
        return self.ask(_UNIQUE_INDEXES, (SCHEMAS,))

    def foreign_keys(self) -> list[dict[str, Any]]:
        """Foreign keys; ``on_delete`` as pg_constraint codes it."""
        return self.ask(_FOREIGN_KEYS, (SCHEMAS,))

    def types(self) -> list[dict[str, Any]]:
        """Composite types, enums, domains and ranges; not the row types of tables."""
        return self.ask(_TYPES, (SCHEMAS,))
