-- Every deviation from the rights that pgcredits gives: one row each, none when all is well.
-- Locks nothing. For credits_service, credits_admin and credits_reader.
create or replace function credits.audit_access()
returns setof credits.access_finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
    with functions as (
        select p.oid::regprocedure::text as object, p.prosecdef, p.proconfig, p.proowner
        from pg_proc p
        where p.pronamespace in ('credits'::regnamespace, 'credits_private'::regnamespace)
    ),
    relations as (
        select c.oid::regclass::text as object, c.relkind, c.relowner, c.relrowsecurity
        from pg_class c
        where c.relnamespace in ('credits'::regnamespace, 'credits_private'::regnamespace)
            and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    ),
    owned as (
        select 'schema ' || n.nspname as object, n.nspowner as owner
        from pg_namespace n
        where n.nspname in ('credits', 'credits_private')
        union all
        select 'function ' || f.object, f.proowner from functions f
        union all
        select 'table ' || r.object, r.relowner from relations r
    )
    select 'execute_granted', 'function ' || g.object, g.role,
        format('revoke execute on function %s from %s', g.object, quote_ident(g.role))
    from credits_private.granted_rights() as g
    where g.kind = 'function'
        and not exists (
            select
            from credits_private.access_matrix m
            where m.role = g.role and m.function = g.object
        )
    union all
    select 'execute_missing', 'function ' || m.function, m.role,
        format('grant execute on function %s to %I', m.function, m.role)
    from credits_private.access_matrix m
    where not exists (
        select
        from credits_private.granted_rights() as g
        where g.kind = 'function' and g.object = m.function and g.role = m.role
    )
    union all
    select 'table_exposed', 'table ' || g.object, g.role,
        format('revoke all on %s from %s', g.object, quote_ident(g.role))
    from credits_private.granted_rights() as g
    where g.kind = 'table'
    union all
    select 'schema_exposed', 'schema ' || g.object, g.role,
        format(
            'revoke %s on schema %s from %s', lower(g.granted), g.object, quote_ident(g.role)
        )
    from credits_private.granted_rights() as g
    where g.kind = 'schema'
        and not (
            g.object = 'credits' and g.granted = 'USAGE'
            and exists (select from credits_private.access_matrix m where m.role = g.role)
        )
    union all
    select 'search_path_not_pinned', 'function ' || f.object, null,
        format('alter function %s set search_path = pg_catalog, pg_temp', f.object)
    from functions f
    where f.prosecdef
        and ('search_path=pg_catalog, pg_temp' = any (f.proconfig)) is not true
    union all
    select 'wrong_owner', o.object, pg_get_userbyid(o.owner),
        format('alter %s owner to credits_owner', o.object)
    from owned o
    where pg_get_userbyid(o.owner) <> 'credits_owner'
    union all
    select 'no_row_security', 'table ' || r.object, null,
        format('alter table %s enable row level security', r.object)
    from relations r
    where r.relkind in ('r', 'p') and not r.relrowsecurity
    union all
    select 'powerful_owner', 'role ' || r.rolname, r.rolname,
        format('alter role %I nosuperuser nobypassrls', r.rolname)
    from pg_roles r
    where r.rolname = 'credits_owner' and (r.rolsuper or r.rolbypassrls)
    order by 1, 2, 3
$$;

comment on function credits.audit_access() is
'Every deviation from the rights that pgcredits gives, with the statement that mends it.

Compares with what the last upgrade granted: rights beyond the matrix or missing from it, tables or
schemas that others can reach, functions whose search path is not pinned, wrong owners, tables
without row level security, an owner with power over other schemas. No row: all is well.';
