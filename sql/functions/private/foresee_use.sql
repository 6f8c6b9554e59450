-- Why a use that costs p_credits would be refused at the instant of a balance; null if it would
-- pass. A hold past its deadline that nobody has released counts as open, as the balance has it.
create or replace function credits_private.foresee_use(
    p_balance credits.balance,
    p_credits bigint,
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
    v_state credits_private.account_state;
begin
    v_state.account_id := p_balance.account_id;
    v_state.status := p_balance.status;
    v_state.merged_into := p_balance.merged_into;
    v_state.now := p_balance.as_of;
    v_state.balance := p_balance.balance;
    v_state.debt := p_balance.debt;
    if p_credits = 0 and v_state.status is null then
        return credits_private.refuse(
            'account_not_found', jsonb_build_object('account_id', v_state.account_id)
        );
    end if;
    return credits_private.spend_refusal(
        v_state, p_credits, case when p_credits > 0 then p_member end
    );
end
$$;
