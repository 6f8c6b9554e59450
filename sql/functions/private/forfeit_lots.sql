-- Ends every lot of an account now: what is left in them is breakage, in one entry. Books nothing
-- where nothing is left.
create or replace function credits_private.forfeit_lots(p_state credits_private.account_state)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry credits_private.ledger;
    r_lot record;
begin
    v_entry.kind := 'expire';
    v_entry.allocations := '[]';
    for r_lot in
        select l.lot_id, l.remaining
        from credits_private.lots l
        where l.account_id = p_state.account_id and l.is_open
        order by l.priority, l.expires_at, l.lot_id
    loop
        perform credits_private.end_lot(p_state.account_id, r_lot.lot_id, p_state.now);
        v_entry.allocations := v_entry.allocations
            || credits_private.allocation(r_lot.lot_id, -r_lot.remaining);
    end loop;
    if v_entry.allocations = '[]' then
        return p_state;
    end if;
    return credits_private.book(p_state, v_entry);
end
$$;
