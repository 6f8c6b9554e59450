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
    if p_state.debt > 0 then
        perform credits_private.fail(
            'in_debt', jsonb_build_object(
                'required', p_amount, 'available', 0, 'debt', p_state.debt
            )
        );
    elsif p_state.balance < p_amount then
        perform credits_private.fail(
            'insufficient_credits', jsonb_build_object(
                'required', p_amount, 'available', p_state.balance
            )
        );
    end if;
end
$$;
