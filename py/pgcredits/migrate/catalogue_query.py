"""The query behind `catalogue`: every object of the two schemas, with the digest of its definition.

It is the beginning of a statement that goes on with what it does with ``present (object, digest,
version)``: one row an object, the version being the transaction that wrote its row last. It must
run with the settings of `catalogue.SETTINGS`.
"""

from __future__ import annotations

from typing import LiteralString

# One row an object: its class and number, the version of its row, its name, what defines it, its
# owner and its rights.
_OBJECTS: LiteralString = """
    with namespaces as (
        select n.* , n.xmin as version from pg_catalog.pg_namespace n
         where n.nspname in ('credits', 'credits_private')
    ), relations as (
        select c.*, c.xmin as version, c.oid::pg_catalog.regclass::text as name
          from pg_catalog.pg_class c
          join namespaces n on n.oid = c.relnamespace
    ), objects (class, id, part, version, object, definition, owner, acl, usual) as (
        select 'pg_namespace', n.oid, 0, n.version, 'schema ' || n.nspname, '', n.nspowner,
               n.nspacl, pg_catalog.acldefault('n', n.nspowner)
          from namespaces n
        union all
        select 'pg_class', r.oid, 0, r.version,
               case r.relkind when 'v' then 'view ' when 'm' then 'materialized view '
                    when 'S' then 'sequence ' when 'f' then 'foreign table ' else 'table ' end
               || r.name,
               pg_catalog.concat_ws(',', r.relkind, r.relpersistence, r.relrowsecurity,
                   r.relforcerowsecurity, r.reloptions::text,
                   case when r.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(r.oid) end,
                   (select pg_catalog.concat_ws(',', pg_catalog.format_type(s.seqtypid, null),
                           s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
                      from pg_catalog.pg_sequence s where s.seqrelid = r.oid)),
               r.relowner, r.relacl, pg_catalog.acldefault(
                   case r.relkind when 'S' then 's'::"char" else 'r'::"char" end, r.relowner)
          from relations r
         where r.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        union all
        select 'pg_class', r.oid, a.attnum, a.xmin,
               'column ' || r.name || '.' || pg_catalog.quote_ident(a.attname),
               pg_catalog.concat_ws(',', pg_catalog.format_type(a.atttypid, a.atttypmod),
                   a.attnotnull, a.attidentity, a.attgenerated,
                   case when a.attcollation <> 0 then a.attcollation::pg_catalog.regcollation end,
                   pg_catalog.pg_get_expr(d.adbin, d.adrelid)),
               r.relowner, a.attacl, null
          from relations r
          join pg_catalog.pg_attribute a on a.attrelid = r.oid
          left join pg_catalog.pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
         where r.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and a.attnum > 0 and not a.attisdropped
        union all
        select 'pg_class', r.oid, 0, r.version, 'index ' || r.name,
               pg_catalog.concat_ws(',', pg_catalog.pg_get_indexdef(r.oid), x.indisvalid),
               r.relowner, null, null
          from relations r
          join pg_catalog.pg_index x on x.indexrelid = r.oid
         where not exists (
                   select from pg_catalog.pg_constraint k
                    where k.conindid = r.oid and k.contype in ('p', 'u', 'x'))
        union all
        select 'pg_type', t.oid, 0, t.xmin, 'type ' || t.oid::pg_catalog.regtype::text,
               pg_catalog.concat_ws(',', t.typtype, t.typnotnull, t.typdefault,
                   case t.typtype when 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod)
                   end,
                   (select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ','
                               order by a.attnum)
                      from pg_catalog.pg_attribute a
                     where a.attrelid = t.typrelid and not a.attisdropped),
                   (select pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ','
                               order by e.enumsortorder)
                      from pg_catalog.pg_enum e where e.enumtypid = t.oid),
                   (select pg_catalog.format_type(g.rngsubtype, null)
                      from pg_catalog.pg_range g where g.rngtypid = t.oid)),
               t.typowner, t.typacl, pg_catalog.acldefault('T', t.typowner)
          from pg_catalog.pg_type t
          join namespaces n on n.oid = t.typnamespace
          left join relations r on r.oid = t.typrelid
         where t.typtype in ('d', 'e', 'r') or r.relkind = 'c'
        union all
        select 'pg_proc', p.oid, 0, p.xmin,
               case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate '
                    else 'function ' end || p.oid::pg_catalog.regprocedure::text,
               case when p.prokind <> 'a' then pg_catalog.pg_get_functiondef(p.oid)
                    else (select pg_catalog.concat_ws(',', p.provolatile, p.proparallel,
                                 p.prorettype::pg_catalog.regtype, g.aggkind, g.aggtransfn,
                                 g.aggfinalfn, g.aggcombinefn, g.aggmtransfn,
                                 g.aggtranstype::pg_catalog.regtype, g.agginitval)
                            from pg_catalog.pg_aggregate g where g.aggfnoid = p.oid) end,
               p.proowner, p.proacl, pg_catalog.acldefault('f', p.proowner)
          from pg_catalog.pg_proc p
          join namespaces n on n.oid = p.pronamespace
        union all
        select 'pg_constraint', k.oid, 0, k.xmin,
               'constraint ' || pg_catalog.quote_ident(k.conname) || ' on '
               || case when k.conrelid <> 0 then k.conrelid::pg_catalog.regclass::text
                       else k.contypid::pg_catalog.regtype::text end,
               pg_catalog.concat_ws(',', pg_catalog.pg_get_constraintdef(k.oid), k.convalidated,
                   (select pg_catalog.string_agg(distinct t.tgenabled::text, '')
                      from pg_catalog.pg_trigger t where t.tgconstraint = k.oid)),
               0, null, null
          from pg_catalog.pg_constraint k
          join namespaces n on n.oid = k.connamespace
         where k.contype <> 'n'
        union all
        select 'pg_trigger', t.oid, 0, t.xmin,
               'trigger ' || pg_catalog.quote_ident(t.tgname) || ' on ' || r.name,
               pg_catalog.concat_ws(',', pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled), 0, null,
               null
          from pg_catalog.pg_trigger t
          join relations r on r.oid = t.tgrelid
         where not t.tgisinternal
        union all
        select 'pg_policy', p.oid, 0, p.xmin,
               'policy ' || pg_catalog.quote_ident(p.polname) || ' on ' || r.name,
               pg_catalog.concat_ws(',', p.polcmd, p.polpermissive,
                   (select pg_catalog.string_agg(
                               case g.role when 0 then 'public'
                                    else pg_catalog.pg_get_userbyid(g.role) end,
                               ',' order by 1)
                      from pg_catalog.unnest(p.polroles) as g (role)),
                   pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                   pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)),
               0, null, null
          from pg_catalog.pg_policy p
          join relations r on r.oid = p.polrelid
        union all
        select 'pg_rewrite', w.oid, 0, w.xmin,
               'rule ' || pg_catalog.quote_ident(w.rulename) || ' on ' || r.name,
               pg_catalog.concat_ws(',', pg_catalog.pg_get_ruledef(w.oid), w.ev_enabled), 0, null,
               null
          from pg_catalog.pg_rewrite w
          join relations r on r.oid = w.ev_class
         where w.rulename <> '_RETURN'
        union all
        select 'pg_default_acl', d.oid, 0, d.xmin,
               'default rights of ' || pg_catalog.pg_get_userbyid(d.defaclrole) || ' on '
               || case d.defaclobjtype when 'f' then 'functions' when 'r' then 'tables'
                       when 'S' then 'sequences' when 'T' then 'types' when 'n' then 'schemas'
                       else d.defaclobjtype::text end
               || coalesce(' in ' || n.nspname, ''),
               (select pg_catalog.string_agg(pg_catalog.concat_ws(',',
                           case x.grantee when 0 then 'public'
                                else pg_catalog.pg_get_userbyid(x.grantee) end,
                           x.privilege_type, x.is_grantable), ';'
                           order by x.grantee::pg_catalog.regrole::text, x.privilege_type)
                  from pg_catalog.aclexplode(d.defaclacl) as x
                 where x.grantee <> d.defaclrole),
               d.defaclrole, null, null
          from pg_catalog.pg_default_acl d
          left join namespaces n on n.oid = d.defaclnamespace
         where n.oid is not null
            or d.defaclnamespace = 0 and pg_catalog.pg_get_userbyid(d.defaclrole) = 'credits_owner'
    )"""

# Members of extensions are not ours, and constructors of range types come with their type.
CATALOGUE: LiteralString = f"""{_OBJECTS}, ours as (
        select o.class, o.id, o.part, o.version::text, o.object, o.definition, o.owner,
               coalesce(o.acl, o.usual) as acl, o.usual
          from objects o
         where not exists (
                   select from pg_catalog.pg_depend d
                    where d.objid = o.id
                      and (d.deptype = 'e' or d.deptype = 'i' and o.class = 'pg_proc')
                      and d.classid = ('pg_catalog.' || o.class)::pg_catalog.regclass)
    ), texts (object, version, text) as (
        select o.object, o.version,
               pg_catalog.concat_ws(',', case when o.owner <> 0 then
                   pg_catalog.pg_get_userbyid(o.owner) end, o.definition)
          from ours o
        union all
        select 'rights of ' || o.object, pg_catalog.max(o.version),
               pg_catalog.string_agg(pg_catalog.concat_ws(',', g.grantee, g.privilege_type,
                   g.is_grantable), ';' order by g.grantee, g.privilege_type, g.is_grantable)
          from ours o
          cross join lateral (
              select case x.grantee when 0 then 'public'
                          else pg_catalog.pg_get_userbyid(x.grantee)::text end collate "C",
                     x.privilege_type collate "C", x.is_grantable
                from pg_catalog.aclexplode(o.acl) as x
               where x.grantee <> o.owner
              union all
              select 'owner lacks', u.privilege_type, false
                from pg_catalog.aclexplode(o.usual) as u
               where u.grantee = o.owner and u.privilege_type <> 'MAINTAIN'
                 and not exists (
                         select from pg_catalog.aclexplode(o.acl) as x
                          where x.grantee = o.owner and x.privilege_type = u.privilege_type)
          ) as g (grantee, privilege_type, is_grantable)
         group by o.object
        union all
        select 'comment on ' || o.object, d.xmin::text, d.description
          from ours o
          join pg_catalog.pg_description d
            on d.objoid = o.id and d.objsubid = o.part
           and d.classoid = ('pg_catalog.' || o.class)::pg_catalog.regclass
    ), present (object, digest, version) as materialized (
        select t.object collate "C",
               pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(t.text, 'UTF8')), 'hex'),
               t.version
          from texts t
    )"""  # noqa: S608 -- constants alone
