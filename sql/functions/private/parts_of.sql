-- Allocations as rows, in their order.
create or replace function credits_private.parts_of(p_allocations jsonb)
returns table (ordinal bigint, lot_id bigint, amount bigint)
language sql
immutable
parallel safe
security invoker
as $$
    select x.position, (x.pair ->> 0)::bigint, (x.pair ->> 1)::bigint
    from pg_catalog.jsonb_array_elements(p_allocations) with ordinality as x (pair, position)
$$;
