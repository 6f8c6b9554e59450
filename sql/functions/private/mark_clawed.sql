-- Notes on each lot of the allocations ([[lot, -taken], ...]) what has been taken back, and since
-- when.
create or replace function credits_private.mark_clawed(
    p_state credits_private.account_state,
    p_allocations jsonb
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    r_part record;
begin
    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(p_allocations) as x
        order by x.ordinal
    loop
        update credits_private.lots l
        set clawed = l.clawed + r_part.amount, clawed_at = coalesce(
                l.clawed_at, p_state.effective_at, p_state.now
            )
        where l.account_id = p_state.account_id and l.lot_id = r_part.lot_id;
    end loop;
end
$$;
