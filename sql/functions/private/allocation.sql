-- Allocations of one part: [[lot, amount]]. Lot 0 is the debt.
create or replace function credits_private.allocation(p_lot_id bigint, p_amount bigint)
returns jsonb
language sql
immutable
parallel safe
security invoker
as $$
    select pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_array(p_lot_id, p_amount))
$$;
