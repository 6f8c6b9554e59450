-- Why the account may not take p_amount out of its lots now, for a spend, a hold or what a capture
-- takes above its hold; null if it may. What is due must have been booked.
create or replace function credits_private.spend_refusal(
    p_state credits_private.account_state,
    p_amount bigint
)
returns credits_private.refusal
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_state.status <> 'active' then
        return credits_private.status_refusal(p_state, array['active']);
    end if;
    return credits_private.affordable_refusal(p_state, p_amount);
end
$$;
