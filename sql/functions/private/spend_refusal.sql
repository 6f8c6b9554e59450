-- Why a member (null: nobody in particular) may not take p_amount out of the account's lots now,
-- for a spend, a hold or what a capture takes above its hold; null if that may be done. The cap
-- comes before the credits: buying some would not help. What is due must have been booked.
create or replace function credits_private.spend_refusal(
    p_state credits_private.account_state,
    p_amount bigint,
    p_member text
)
returns jsonb
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_refusal jsonb;
begin
    if p_state.status <> 'active' then
        return credits_private.status_refusal(p_state, array['active']);
    end if;
    v_refusal := credits_private.cap_refusal(
        p_state.account_id, p_member, p_state.now, p_amount
    );
    if v_refusal is not null then
        return v_refusal;
    end if;
    return credits_private.affordable_refusal(p_state, p_amount);
end
$$;
