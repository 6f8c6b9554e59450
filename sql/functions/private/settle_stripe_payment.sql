-- Brings the payment that has these names in line with what is known of it: adds new names to it,
-- moves its target, and tries the events again that waited under such a name. While it has granted
-- nothing: parked if p_waits, else merely noted.
create or replace function credits_private.settle_stripe_payment(
    p_event credits_private.stripe_events,
    p_names text[],
    p_waits boolean
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ref credits_private.payment_refs;
    v_payment credits_private.payment_order;
    v_id text := coalesce(
        (credits_private.stripe_object_ids(p_event.body #> '{data,object}'))[1], p_names[1]
    );
begin
    v_ref := credits_private.find_stripe_payment(p_event, p_names);
    if v_ref.account_id is null then
        if p_waits then
            return credits_private.stripe_result(
                'parked', 'payment ' || v_id || ' has granted no credits yet',
                credits_private.stripe_wait_name(p_event, v_id)
            );
        end if;
        return credits_private.stripe_result('applied', 'nothing was granted for it so far');
    end if;

    -- A merge may take the payment along until its account is locked.
    perform credits_private.lock_chain(v_ref.account_id);
    v_ref := credits_private.find_stripe_payment(p_event, p_names);
    v_payment.provider := 'stripe';
    v_payment.livemode := p_event.livemode;
    v_payment.provider_account := p_event.provider_account;
    v_payment.other_ids := p_names;
    perform credits_private.insert_refs(v_ref.account_id, v_ref.payment_id, v_payment);
    perform credits_private.post_stripe_return(p_event, v_ref, p_names);
    perform credits_private.freeze_for_disputes(p_event, v_ref.account_id);
    perform credits_private.wake_stripe_events(
        credits_private.stripe_wait_names(p_event, p_names)
    );
    return credits_private.stripe_result('applied', p_account_id => v_ref.account_id);
end
$$;
