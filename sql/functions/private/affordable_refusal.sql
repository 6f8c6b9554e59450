-- Why the account cannot pay p_amount now, in_debt or insufficient_credits; null if it can. What is
-- due must have been booked.
create or replace function credits_private.affordable_refusal(
    p_state credits_private.account_state,
    p_amount bigint
)
returns jsonb
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_state.debt > 0 then
        return credits_private.refuse(
            'in_debt', jsonb_build_object(
                'required', p_amount, 'available', 0, 'debt', p_state.debt
            )
        );
    elsif p_state.balance < p_amount then
        return credits_private.refuse(
            'insufficient_credits', jsonb_build_object(
                'required', p_amount, 'available', p_state.balance
            )
        );
    end if;
    return null;
end
$$;
