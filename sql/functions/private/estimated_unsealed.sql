-- About how many entries are not sealed, as the planner believes; null if it does not know.
create or replace function credits_private.estimated_unsealed()
returns bigint
language sql
stable
parallel safe
security invoker
as $$
    select greatest(0, l.reltuples - greatest(s.reltuples, 0))::bigint
    from pg_catalog.pg_class l
    cross join pg_catalog.pg_class s
    where l.oid = 'credits_private.ledger'::regclass and l.reltuples >= 0
        and s.oid = 'credits_private.seals'::regclass
$$;
