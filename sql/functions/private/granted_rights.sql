-- Every right on the two schemas and on what is in them that somebody else than the owner has:
-- kind (schema, table, function), object, role (public for everybody), right.
create or replace function credits_private.granted_rights()
returns table (kind text, object text, role text, granted text)
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with ours as (
        select n.oid, n.nspname, n.nspowner, n.nspacl
        from pg_namespace n
        where n.nspname in ('credits', 'credits_private')
    ),
    lists as (
        select 'schema' as kind, o.nspname::text as object, o.nspowner as owner,
            coalesce(o.nspacl, acldefault('n', o.nspowner)) as acl
        from ours o
        union all
        select 'table', c.oid::regclass::text, c.relowner,
            coalesce(c.relacl, acldefault('r', c.relowner))
        from pg_class c
        join ours o on o.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm', 'f')
        union all
        select 'table', c.oid::regclass::text, c.relowner, a.attacl
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        join ours o on o.oid = c.relnamespace
        where a.attacl is not null
        union all
        select 'function', p.oid::regprocedure::text, p.proowner,
            coalesce(p.proacl, acldefault('f', p.proowner))
        from pg_proc p
        join ours o on o.oid = p.pronamespace
    )
    select l.kind, l.object, coalesce(r.rolname, 'public'), x.privilege_type
    from lists l
    cross join lateral aclexplode(l.acl) as x
    left join pg_roles r on r.oid = x.grantee
    where x.grantee <> l.owner
$$;
