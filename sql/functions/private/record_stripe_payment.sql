-- Records a payment at Stripe with what it grants. Money that is back already is taken into account
-- at once; the events that told of it are then tried again. What was paid for an account that was
-- merged is for the account that it was merged into. The caller has locked the names.
create or replace function credits_private.record_stripe_payment(
    p_event credits_private.stripe_events,
    p_account_id text,
    p_names text[],
    p_payment credits_private.payment_order,
    p_grants credits_private.grant_order[]
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment credits_private.payment_order := p_payment;
    v_ref credits_private.payment_refs;
    v_result credits_private.stripe_result;
    v_chain text[] := credits_private.lock_chain(p_account_id);
    v_account_id text := v_chain[cardinality(v_chain)];
begin
    v_ref := credits_private.find_stripe_payment(p_event, p_names);
    if v_ref.account_id = v_account_id then
        v_result := credits_private.settle_stripe_payment(p_event, p_names, p_waits => false);
        v_result.reason := 'the payment had granted its credits before';
        return v_result;
    elsif v_ref.account_id is not null then
        perform credits_private.fail(
            'idempotency_conflict',
            jsonb_build_object('payment', v_payment.object_id),
            'This payment has granted its credits to another account.'
        );
    end if;

    v_payment.provider := 'stripe';
    v_payment.livemode := p_event.livemode;
    v_payment.provider_account := p_event.provider_account;
    v_payment.other_ids := p_names;
    v_payment.currency := lower(v_payment.currency);
    v_payment.amount_returned := credits_private.stripe_returned(
        p_event, p_names, v_payment.currency, v_payment.amount_paid
    );
    perform credits_private.post_grants(
        v_account_id, p_grants, v_payment, true, v_payment.object_id,
        credits_private.stripe_key(p_event, v_payment.object_id), null
    );
    perform credits_private.freeze_for_disputes(p_event, v_account_id);
    perform credits_private.wake_stripe_events(
        credits_private.stripe_wait_names(p_event, p_names)
    );
    return credits_private.stripe_result('applied', p_account_id => v_account_id);
end
$$;
