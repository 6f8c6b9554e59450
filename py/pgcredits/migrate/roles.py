"""Whether our roles are harmless: they own everything, and what they may, our functions may."""

from __future__ import annotations

from typing import LiteralString

PROBLEMS: LiteralString = """
    with recursive reached (role, direct, oid) as (
        select r.rolname, null::name, r.oid
        from pg_catalog.pg_roles r
        where r.rolname in (
            'credits_owner', 'credits_service', 'credits_admin',
            'credits_webhook', 'credits_reader', 'credits_user')
        union
        select m.role, coalesce(m.direct, g.rolname), g.oid
        from reached m
        join pg_catalog.pg_auth_members a on a.member = m.oid
        join pg_catalog.pg_roles g on g.oid = a.roleid
    ), powers (role, direct, through, names) as (
        select m.role, m.direct, r.rolname, string_agg(p.name, ', ' order by p.place)
        from reached m
        join pg_catalog.pg_roles r on r.oid = m.oid
        cross join lateral (
            values
                (1, 'superuser', r.rolsuper),
                (2, 'bypassrls', r.rolbypassrls),
                (3, 'createrole', r.rolcreaterole),
                (4, 'createdb', r.rolcreatedb),
                (5, 'replication', r.rolreplication),
                (6, 'login', r.rolcanlogin),
                (7, 'predefined rights', starts_with(r.rolname::text, 'pg_')),
                (8, 'other rights of pgcredits', r.rolname <> m.role and exists (
                    select from reached o where o.role = r.rolname))
        ) as p (place, name, has)
        where p.has
        group by m.role, m.direct, r.rolname
    )
    select p.role,
        case
            when p.direct is null then format('role %I has %s', p.role, upper(p.names))
            when p.direct = p.through then
                format('role %I is a member of %I, which has %s', p.role, p.direct, p.names)
            else
                format('role %I is a member of %I and so of %I, which has %s',
                    p.role, p.direct, p.through, p.names)
        end as problem,
        case
            when p.direct is null then
                format('alter role %I no%s', p.role, replace(p.names, ', ', ' no'))
            else format('revoke %I from %I', p.direct, p.role)
        end as remedy
    from powers p
    order by p.role, p.direct nulls first, p.through"""
"""One row for each role of ours that may do too much: its name, the sentence, and what to do.

An attribute of its own, or a role that it is a member of, directly or through others, with such an
attribute, predefined rights, or rights that another role of ours has. bootstrap.sql asks the same
and refuses; a test holds the two texts equal.
"""
