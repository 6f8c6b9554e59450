-- Of what allocations took ([[lot, -taken], ...]), p_amount in the same order, after the first
-- p_skipped.
create or replace function credits_private.slice_allocations(
    p_allocations jsonb,
    p_skipped bigint,
    p_amount bigint
)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_skip bigint := p_skipped;
    v_left bigint := p_amount;
    v_here bigint;
    v_slice jsonb[] := array[]::jsonb[];
    r_part record;
begin
    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(p_allocations) as x
        order by x.ordinal
    loop
        exit when v_left = 0;
        v_here := least(v_left, r_part.amount - least(v_skip, r_part.amount));
        v_skip := v_skip - least(v_skip, r_part.amount);
        continue when v_here = 0;
        v_left := v_left - v_here;
        v_slice := v_slice || jsonb_build_array(r_part.lot_id, -v_here);
    end loop;
    return to_jsonb(v_slice);
end
$$;
