-- Gives credits back that had been debt of a payment and were paid by other lots since, in a
-- restoration lot.
create or replace function credits_private.restore_settled(
    p_state credits_private.account_state,
    p_payment_id bigint,
    p_amount bigint
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry credits_private.ledger;
begin
    v_entry.kind := 'restore';
    return credits_private.book_lot(
        p_state,
        credits_private.restoration_of(
            p_state.account_id, p_payment_id, p_amount, coalesce(p_state.effective_at, p_state.now)
        ),
        v_entry
    );
end
$$;
