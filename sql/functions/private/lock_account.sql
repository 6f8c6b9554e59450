-- Locks the account row and reads, in later statements, the newest entry and the clock.
-- With p_create an unknown account is opened; without it the answer has status null.
create or replace function credits_private.lock_account(p_account_id text, p_create boolean)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
begin
    select a.status, a.merged_into into v_state.status, v_state.merged_into
    from credits_private.accounts a
    where a.account_id = p_account_id
    for no key update;

    if not found and p_create then
        v_state.now := credits_private.clock();
        insert into credits_private.accounts (account_id, created_at)
        values (p_account_id, v_state.now)
        on conflict (account_id) do nothing;

        select a.status, a.merged_into into v_state.status, v_state.merged_into
        from credits_private.accounts a
        where a.account_id = p_account_id
        for no key update;
    end if;

    -- Without a row to lock there is nothing: what the next statement might see of an account that
    -- is being opened at this moment would not be locked.
    if v_state.status is not null then
        select l.entry_id, l.created_at, l.balance, l.debt, l.open_lot_id, l.open_lot_remaining,
            l.next_event_at
        into v_state.entry_id, v_state.created_at, v_state.balance, v_state.debt,
            v_state.open_lot_id, v_state.open_lot_remaining, v_state.next_event_at
        from credits_private.ledger l
        where l.account_id = p_account_id
        order by l.entry_id desc
        limit 1;
    end if;

    if v_state.entry_id is null then
        v_state.entry_id := 0;
        v_state.created_at := '-infinity';
        v_state.balance := 0;
        v_state.debt := 0;
        v_state.open_lot_remaining := 0;
        v_state.next_event_at := 'infinity';
    end if;

    v_state.account_id := p_account_id;
    v_state.has_gained := false;
    v_state.entries := '{}';
    v_state.now := credits_private.clock();
    return v_state;
end
$$;
