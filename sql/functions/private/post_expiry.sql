-- Books what is due on one account, a whole locked step. Lots that were used up are closed
-- without an entry. Returns how many holds and lots ended and the credits that were lost.
create or replace function credits_private.post_expiry(p_account_id text)
returns credits.sweep
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_sweep credits.sweep;
    v_due bigint[];
    v_holds_credits boolean;
begin
    v_state := credits_private.lock_account(p_account_id, p_create => false);
    select coalesce(array_agg(l.lot_id), '{}'), coalesce(bool_or(
        l.remaining > 0 or (l.lot_id = v_state.open_lot_id and v_state.open_lot_remaining > 0)
    ), false)
    into v_due, v_holds_credits
    from credits_private.lots l
    where l.account_id = p_account_id and l.is_open and l.expires_at <= v_state.now;

    select count(*) into v_sweep.holds
    from credits_private.holds h
    where h.account_id = p_account_id and h.status = 'open' and h.expires_at <= v_state.now;

    if v_holds_credits or v_sweep.holds > 0 then
        v_state := credits_private.catch_up(v_state);
        select coalesce(-sum(x.amount), 0), v_due || coalesce(array_agg(x.lot_id), '{}')
        into v_sweep.credits, v_due
        from unnest(v_state.entries) as e
        cross join lateral credits_private.parts_of(e.allocations) as x
        where e.kind = 'expire';
        v_state.command_id := v_state.entry_id;
        perform credits_private.finish_command(v_state);
    else
        update credits_private.lots l
        set is_open = false
        where l.account_id = p_account_id and l.is_open and l.expires_at <= v_state.now;
        v_sweep.credits := 0;
    end if;
    select count(distinct d.lot_id) into v_sweep.lots from unnest(v_due) as d (lot_id);
    v_sweep.accounts := 1;
    return v_sweep;
end
$$;
