-- A payment intent that succeeded. It grants only with a marker of its own, since the session or
-- invoice that it belongs to may grant the same; else its names are noted.
create or replace function credits_private.apply_payment_intent(
    p_event credits_private.stripe_events,
    p_intent jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_purchase credits_private.stripe_purchase := credits_private.frozen_purchase(
        p_intent -> 'metadata'
    );
    v_payment credits_private.payment_order;
begin
    if v_purchase.problem is not null then
        return credits_private.stripe_result(
            'parked', v_purchase.problem, v_purchase.waits_for, v_purchase.account_id
        );
    elsif cardinality(v_purchase.grants) = 0 then
        return credits_private.settle_stripe_payment(
            p_event,
            credits_private.lock_stripe_objects(
                p_event, credits_private.stripe_object_ids(p_intent)
            ),
            p_waits => false
        );
    elsif credits_private.stripe_id(p_intent -> 'id') is null
        or p_intent ->> 'amount_received' is null
        or p_intent ->> 'currency' is null
    then
        return credits_private.stripe_result(
            'parked', 'the payment intent lacks its id, amount or currency', 'operator'
        );
    end if;
    v_payment.object_id := p_intent ->> 'id';
    v_payment.amount_paid := (p_intent ->> 'amount_received')::bigint;
    v_payment.currency := p_intent ->> 'currency';
    return credits_private.grant_stripe_purchase(p_event, p_intent, v_purchase, v_payment);
end
$$;
