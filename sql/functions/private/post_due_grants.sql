-- Books what is due on one account, if a scheduled grant is among it that fits, a whole locked
-- step. Returns how many grants that were, and their credits.
create or replace function credits_private.post_due_grants(p_account_id text)
returns credits.grant_run
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_run credits.grant_run;
    v_before bigint;
    v_amount bigint;
begin
    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_run.accounts := 0;
    v_run.grants := 0;
    v_run.credits := 0;
    select i.amount into v_amount
    from credits_private.subscription_items i
    where i.account_id = p_account_id and i.next_grant_at <= v_state.now
    order by i.next_grant_at, i.subscription, i.item
    limit 1;
    if v_state.status in ('active', 'frozen')
        and v_state.balance + v_state.debt + credits_private.held_by(p_account_id) + v_amount
            <= 9007199254740991
    then
        v_before := v_state.entry_id;
        v_state := credits_private.catch_up(v_state);
        v_state.command_id := v_state.entry_id;
        perform credits_private.finish_command(v_state);
        select count(*), coalesce(sum(l.amount), 0) into v_run.grants, v_run.credits
        from credits_private.ledger l
        where l.account_id = p_account_id and l.entry_id > v_before and l.kind = 'grant';
        v_run.accounts := 1;
    end if;
    return v_run;
end
$$;
