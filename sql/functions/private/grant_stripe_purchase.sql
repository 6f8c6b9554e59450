-- Grants what a paid object of Stripe bought, once per payment: a later signal of it only adds
-- names. Parked while the account is unknown: it is the one for which the event was claimed, else
-- the one that the object names, else that of its customer.
create or replace function credits_private.grant_stripe_purchase(
    p_event credits_private.stripe_events,
    p_object jsonb,
    p_purchase credits_private.stripe_purchase,
    p_payment credits_private.payment_order
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_customer text := credits_private.stripe_id(p_object -> 'customer');
    v_point text := credits_private.stripe_wait_name(
        p_event, credits_private.stripe_id(p_object -> 'customer'), 'customer'
    );
    v_points text[] := credits_private.stripe_subscription_points(p_event, p_object);
    v_account_id text := coalesce(p_event.claimed_for, p_purchase.account_id);
    v_names text[];
    v_ref credits_private.payment_refs;
    v_result credits_private.stripe_result;
begin
    if v_customer is not null then
        v_points := v_points || v_point;
    end if;
    v_names := credits_private.lock_stripe_objects(
        p_event, credits_private.stripe_object_ids(p_object), v_points
    );
    if v_account_id is null then
        v_ref := credits_private.find_stripe_payment(p_event, v_names);
        v_account_id := coalesce(
            v_ref.account_id, credits_private.customer_account(p_event, v_customer)
        );
    elsif v_customer is not null
        and p_event.claimed_for is null
        and length(v_account_id) <= 255
    then
        perform credits_private.see_customer(p_event, v_customer, v_account_id);
    end if;
    if v_account_id is null then
        v_result := credits_private.stripe_result(
            'parked', 'no account in metadata or client_reference_id',
            coalesce(case when v_customer is not null then v_point end, 'operator')
        );
    elsif length(v_account_id) > 255 then
        v_result := credits_private.stripe_result(
            'parked', 'the account has more than 255 characters', 'operator'
        );
    else
        v_result := credits_private.record_stripe_payment(
            p_event, v_account_id, v_names, p_payment, p_purchase.grants
        );
    end if;
    if v_customer is not null and p_purchase.account_id is not null then
        perform credits_private.wake_stripe_events(array[v_point]);
    end if;
    return v_result;
end
$$;
