-- Gives credits back that had been debt of a payment and were paid by other lots since: a
-- restoration lot like the payment's last lot in burn order, good for refund_grace at least.
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
    v_lot credits_private.lots;
    v_entry credits_private.ledger;
begin
    select l.* into v_lot
    from credits_private.lots l
    where l.account_id = p_state.account_id and l.payment_id = p_payment_id and l.origin = 'grant'
    order by l.priority desc, l.expires_at desc, l.lot_id desc
    limit 1;
    v_lot.expires_at := greatest(
        v_lot.expires_at,
        coalesce(p_state.effective_at, p_state.now)
            + credits_private.setting_interval('refund_grace')
    );
    v_entry.kind := 'restore';
    return credits_private.book_lot(
        p_state, credits_private.derive_lot(v_lot, 'restoration', p_amount), v_entry
    );
end
$$;
