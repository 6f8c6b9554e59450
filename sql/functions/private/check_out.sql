-- Checks the first lot in burn order out, none while there is debt.
create or replace function credits_private.check_out(p_state credits_private.account_state)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state := p_state;
begin
    v_state.open_lot_id := null;
    v_state.open_lot_remaining := 0;
    if v_state.debt > 0 then
        return v_state;
    end if;
    select l.lot_id, l.remaining into v_state.open_lot_id, v_state.open_lot_remaining
    from credits_private.lots l
    where l.account_id = v_state.account_id and l.is_open
    order by l.priority, l.expires_at, l.lot_id
    limit 1;
    if not found then
        v_state.open_lot_remaining := 0;
        return v_state;
    end if;
    update credits_private.lots l
    set remaining = 0
    where l.account_id = v_state.account_id and l.lot_id = v_state.open_lot_id;
    return v_state;
end
$$;
