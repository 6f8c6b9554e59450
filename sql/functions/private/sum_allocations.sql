-- Sum of the amounts in allocations.
create or replace function credits_private.sum_allocations(p_allocations jsonb)
returns bigint
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(pg_catalog.sum((x.pair ->> 1)::bigint), 0)::bigint
    from pg_catalog.jsonb_array_elements(p_allocations) as x (pair)
$$;
