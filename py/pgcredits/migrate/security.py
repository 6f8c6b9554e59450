"""What must hold in every database of ours, whoever has worked on it: asked from the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

from pgcredits.migrate import history, roles
from pgcredits.migrate.errors import Problem

if TYPE_CHECKING:
    from pgcredits.migrate.connection import Connection

# Each branch: the code, the object it is about, and a role or setting where one matters.
_FINDINGS: LiteralString = """
    with namespaces as (
        select n.oid, n.nspname, n.nspowner from pg_catalog.pg_namespace n
         where n.nspname in ('credits', 'credits_private')
    ), functions as (
        select p.*, 'function ' || p.oid::pg_catalog.regprocedure::text as object
          from pg_catalog.pg_proc p
          join namespaces n on n.oid = p.pronamespace
         where not exists (
                   select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                      and d.objid = p.oid and d.deptype in ('e', 'i'))
    ), relations as (
        select c.*, case c.relkind when 'v' then 'view ' when 'm' then 'materialized view '
                         when 'S' then 'sequence ' else 'table ' end
                    || c.oid::pg_catalog.regclass::text as object
          from pg_catalog.pg_class c
          join namespaces n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
           and not exists (
                   select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      and d.objid = c.oid and d.deptype = 'e')
    ), outsiders (role) as (
        select 'public'
        union all
        select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated')
    ), owned (object, owner) as (
        select 'schema ' || n.nspname, n.nspowner from namespaces n
        union all
        select f.object, f.proowner from functions f
        union all
        select r.object, r.relowner from relations r
        union all
        select 'type ' || t.oid::pg_catalog.regtype::text, t.typowner
          from pg_catalog.pg_type t
          join namespaces n on n.oid = t.typnamespace
          left join pg_catalog.pg_class c on c.oid = t.typrelid
         where t.typtype in ('d', 'e', 'r') or c.relkind = 'c'
    )
    select 'search_path_not_pinned', f.object, null
      from functions f
     where f.prosecdef
       and not exists (select from pg_catalog.unnest(f.proconfig) as s (setting)
                        where s.setting like 'search\\_path=%')
    union all
    select 'execute_granted', f.object, o.role
      from functions f
      cross join outsiders o
     where pg_catalog.has_function_privilege(o.role, f.oid, 'execute')
       and (o.role = 'public' or not pg_catalog.has_function_privilege('public', f.oid, 'execute'))
       and not (o.role = 'authenticated'
                and pg_catalog.has_function_privilege('credits_user', f.oid, 'execute'))
    union all
    select 'table_exposed', r.object, o.role
      from relations r
      cross join outsiders o
     where exists (
               select
                 from (select r.relacl
                       union all
                       select a.attacl from pg_catalog.pg_attribute a where a.attrelid = r.oid
                      ) as l (acl)
                 cross join lateral pg_catalog.aclexplode(l.acl) as x
                where case x.grantee when 0 then 'public'
                           else pg_catalog.pg_get_userbyid(x.grantee) end = o.role)
    union all
    select 'wrong_owner', w.object, pg_catalog.pg_get_userbyid(w.owner)
      from owned w
     where pg_catalog.pg_get_userbyid(w.owner) <> 'credits_owner'
    union all
    select 'no_row_security', r.object, null
      from relations r
     where r.relkind in ('r', 'p') and not r.relrowsecurity
     order by 1, 2, 3"""

_TEXTS = {
    "search_path_not_pinned": (
        "{0} is SECURITY DEFINER and has no search_path of its own: a caller can slip in objects",
        "alter {0} set search_path = pg_catalog, pg_temp",
    ),
    "execute_granted": (
        "{1} may execute {0}",
        "revoke execute on {0} from {1}; rights belong into functions/access.sql",
    ),
    "table_exposed": (
        "{1} has rights on {0}",
        "tables are for the functions alone: revoke them",
    ),
    "wrong_owner": (
        "{0} belongs to {1}: one owner for all objects",
        "alter {0} owner to credits_owner",
    ),
    "no_row_security": (
        "{0} has row level security off",
        "alter {0} enable row level security",
    ),
}


def problems(conn: Connection) -> tuple[Problem, ...]:
    """Everything that must not be; in a transaction of its own, which changes nothing."""
    with conn.transaction():
        conn.execute(f"set transaction read only; {history.ENTER}")
        rows = conn.execute(_FINDINGS).fetchall()
        powers = conn.execute(roles.PROBLEMS).fetchall()
    found = [_problem(*row) for row in rows]
    found += [Problem("powerful_role", role, _powerful(text), hint) for role, text, hint in powers]
    return tuple(found)


def _powerful(text: str) -> str:
    return f"{text}: whoever calls our functions could do more than the matrix says"


def _problem(code: str, thing: str, detail: str | None) -> Problem:
    message, hint = (text.format(thing, detail) for text in _TEXTS[code])
    return Problem(code, thing, message, hint)
