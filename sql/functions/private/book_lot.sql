-- Creates a lot whose number is that of the entry which books it. p_entry.allocations holds what
-- other lots give to it; the new lot's credits are appended. The caller fills the lot's origin,
-- pool, priority, granted, expires_at and whatever else it inherits. Caps that are counted by
-- billing periods are counted anew, because the lot may bring one.
create or replace function credits_private.book_lot(
    p_state credits_private.account_state,
    p_lot credits_private.lots,
    p_entry credits_private.ledger
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_lot credits_private.lots := p_lot;
    v_entry credits_private.ledger := p_entry;
begin
    v_lot.lot_id := p_state.entry_id + 1;
    v_entry.allocations := coalesce(v_entry.allocations, '[]')
        || credits_private.allocation(v_lot.lot_id, v_lot.granted);
    v_state := credits_private.book(p_state, v_entry);
    v_state.next_event_at := least(v_state.next_event_at, v_lot.expires_at);

    v_lot.account_id := v_state.account_id;
    v_lot.remaining := v_lot.granted;
    v_lot.expired := 0;
    v_lot.clawed := 0;
    v_lot.clawed_at := null;
    v_lot.cost_moved := 0;
    v_lot.is_open := true;
    v_lot.granted_at := v_state.created_at;
    insert into credits_private.lots values (v_lot.*) on conflict do nothing;
    perform credits_private.check_inserted(found, v_lot.account_id, v_lot.lot_id);
    if v_lot.period_end is not null and exists (
        select
        from credits_private.member_caps k
        where k.account_id = v_lot.account_id and k.period = 'billing_period'
    ) then
        perform credits_private.recount(v_state, 'billing_period');
    end if;
    return v_state;
end
$$;
