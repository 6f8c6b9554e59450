-- Sets how many credits of a payment ought to be back, and books the difference; an entry of
-- amount 0 when there is none. p_entry may carry key, reference, request and metadata.
create or replace function credits_private.move_target(
    p_state credits_private.account_state,
    p_payment credits_private.payments,
    p_target bigint,
    p_entry credits_private.ledger
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry credits_private.ledger := p_entry;
begin
    if p_target > p_payment.target then
        return credits_private.raise_target(
            p_state, p_payment.payment_id, p_target - p_payment.target, v_entry
        );
    elsif p_target < p_payment.target then
        return credits_private.lower_target(
            p_state, p_payment.payment_id, p_payment.target - p_target, v_entry
        );
    end if;
    v_entry.kind := 'clawback';
    return credits_private.book(p_state, v_entry);
end
$$;
