-- Books what is due on one account, a whole locked step: at most p_limit lots and holds, the first
-- of which is a hold that has to be ended alone. Scheduled grants that are due are booked with what
-- is over, in the order of time, and all of it; they do not wait for lots that are used up.
-- Returns how many ended and the credits lost.
create or replace function credits_private.post_overdue(p_account_id text, p_limit bigint)
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
    v_before bigint;
    v_has_grant boolean;
    v_is_over boolean;
begin
    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_before := v_state.entry_id;
    v_has_grant := exists (
        select
        from credits_private.subscription_items i
        where i.account_id = p_account_id and i.next_grant_at <= v_state.now
    );
    v_is_over := exists (
        select
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.is_open
            and l.expires_at <= v_state.now
            and (
                l.remaining > 0
                or l.lot_id = v_state.open_lot_id and v_state.open_lot_remaining > 0
            )
    ) or exists (
        select
        from credits_private.holds h
        where h.account_id = p_account_id and h.status = 'open' and h.expires_at <= v_state.now
    );
    if not v_is_over then
        update credits_private.lots l
        set is_open = false
        where l.account_id = p_account_id and l.is_open and l.expires_at <= v_state.now;
        get diagnostics v_sweep.lots = row_count;
        v_sweep.holds := 0;
        v_sweep.credits := 0;
        return v_sweep;
    end if;

    if v_has_grant then
        v_state := credits_private.catch_up(v_state);
    else
        v_state := credits_private.book_due(
            v_state, v_state.now, p_limit, p_on_their_own => true
        );
    end if;
    v_state.command_id := v_state.entry_id;
    perform credits_private.finish_command(v_state);

    select count(*) filter (where l.kind = 'release'),
        coalesce(-sum(l.amount) filter (where l.kind = 'expire'), 0)
    into v_sweep.holds, v_sweep.credits
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id > v_before;
    select count(distinct x.lot_id) into v_sweep.lots
    from credits_private.ledger l
    cross join lateral credits_private.parts_of(l.allocations) as x
    where l.account_id = p_account_id and l.entry_id > v_before and l.kind = 'expire';
    return v_sweep;
end
$$;
