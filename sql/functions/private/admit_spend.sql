-- First step of whatever takes p_amount out of the lots: books what is due if the account may spend
-- at all, refuses as spend_refusal says, counts what the member uses, and checks the open lot in.
create or replace function credits_private.admit_spend(
    p_state credits_private.account_state,
    p_amount bigint,
    p_member text
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state := p_state;
    v_refusal jsonb;
begin
    -- Where nothing is due the balance is exact, and a refusal need not touch a lot.
    if v_state.next_event_at <= v_state.now and v_state.status = 'active' then
        v_state := credits_private.catch_up(v_state);
    end if;
    v_refusal := credits_private.spend_refusal(v_state, p_amount, p_member);
    if v_refusal is not null then
        perform credits_private.raise_refusal(v_refusal);
    end if;
    perform credits_private.count_use(v_state.account_id, p_member, v_state.now, p_amount);
    return credits_private.catch_up(v_state);
end
$$;
