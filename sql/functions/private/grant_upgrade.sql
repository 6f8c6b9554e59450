-- Grants credits of a better plan for the time that is running: a lot that ends with it.
create or replace function credits_private.grant_upgrade(
    p_state credits_private.account_state,
    p_item credits_private.subscription_items,
    p_amount bigint,
    p_payment credits_private.payments,
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
    v_lot credits_private.lots;
begin
    v_lot.pool := 'subscription';
    select p.priority into v_lot.priority from credits_private.pools p where p.pool = v_lot.pool;
    v_lot.granted := p_amount;
    v_lot.origin := 'upgrade';
    v_lot.subscription := p_item.subscription;
    v_lot.item := p_item.item;
    v_lot.plan := p_item.plan;
    v_lot.period_start := credits_private.grant_instant(p_item, p_item.grants_done - 1);
    v_lot.period_end := credits_private.grant_instant(p_item, p_item.grants_done);
    v_lot.expires_at := least(
        v_lot.period_end + credits_private.setting_interval('renewal_grace'),
        credits_private.canceled_until(
            p_state.account_id, p_item.subscription, null, p_item.period_end
        )
    );
    v_lot.payment_id := p_payment.payment_id;
    v_lot.cost_amount := floor(p_payment.amount_paid::numeric * p_amount / p_payment.granted);
    v_lot.cost_currency := p_payment.currency;
    v_lot.reference := p_entry.reference;
    return credits_private.book_lot(p_state, v_lot, p_entry);
end
$$;
