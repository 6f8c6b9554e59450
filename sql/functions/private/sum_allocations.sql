-- Sum of the amounts in allocations.
create or replace function credits_private.sum_allocations(p_allocations jsonb)
returns bigint
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(pg_catalog.sum(x.amount), 0)::bigint
    from credits_private.parts_of(p_allocations) as x
$$;
