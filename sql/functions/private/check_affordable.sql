-- Refuses what the account cannot pay now: in_debt or insufficient_credits. What is due must have
-- been booked.
create or replace function credits_private.check_affordable(
    p_state credits_private.account_state,
    p_amount bigint
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.raise_refusal(credits_private.affordable_refusal(p_state, p_amount));
end
$$;
