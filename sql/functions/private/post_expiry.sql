-- Books what is due on one account, a whole locked step. Lots that were used up are closed
-- without an entry. Returns how many lots ended and the credits that were lost.
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
    v_balance bigint;
    v_holds_credits boolean;
begin
    v_state := credits_private.lock_account(p_account_id, p_create => false);
    select count(*), coalesce(bool_or(
        l.remaining > 0 or (l.lot_id = v_state.open_lot_id and v_state.open_lot_remaining > 0)
    ), false)
    into v_sweep.lots, v_holds_credits
    from credits_private.lots l
    where l.account_id = p_account_id and l.is_open and l.expires_at <= v_state.now;

    v_balance := v_state.balance;
    if v_holds_credits then
        v_state := credits_private.catch_up(v_state);
        v_sweep.credits := v_balance - v_state.balance;
        v_state.command_id := v_state.entry_id;
        perform credits_private.finish_command(v_state);
    else
        update credits_private.lots l
        set is_open = false
        where l.account_id = p_account_id and l.is_open and l.expires_at <= v_state.now;
        v_sweep.credits := 0;
    end if;
    v_sweep.accounts := 1;
    return v_sweep;
end
$$;
