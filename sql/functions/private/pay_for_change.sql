-- Records the payment of a change, if there is one: it pays for p_due credits now and p_more in
-- each grant to come. Refused (idempotency_conflict) when that is nothing, since the money would be
-- forgotten.
create or replace function credits_private.pay_for_change(
    p_state credits_private.account_state,
    p_item credits_private.subscription_items,
    p_payment credits_private.payment_order,
    p_due bigint,
    p_more bigint
)
returns credits_private.payments
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pending numeric := p_more::numeric * credits_private.grants_to_come(p_item);
begin
    if p_payment.object_id is null then
        return null;
    end if;
    if p_due + v_pending = 0 then
        perform credits_private.fail(
            'idempotency_conflict',
            jsonb_build_object(
                'subscription', p_item.subscription, 'item', p_item.item, 'payment',
                p_payment.object_id
            ),
            'This change grants nothing that the payment could be for; it may have been made '
            'before, without the payment.'
        );
    end if;
    return credits_private.insert_payment(p_state, p_payment, p_due + v_pending, v_pending);
end
$$;
