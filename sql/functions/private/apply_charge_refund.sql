-- A refund takes back the share of the credits that the refunded money has of the payment. The
-- amount in the event is cumulative; neither an older event nor a smaller share lowers what has
-- been taken. Parked until the payment is known.
create or replace function credits_private.apply_charge_refund(
    p_event credits_private.stripe_events,
    p_charge jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids text[] := array_remove(
        array[
            credits_private.stripe_id(p_charge -> 'payment_intent'),
            credits_private.stripe_id(p_charge -> 'id')
        ],
        null
    );
    v_refunded bigint := (p_charge ->> 'amount_refunded')::bigint;
    v_ref credits_private.payment_refs;
    v_payment credits_private.payments;
    v_name credits_private.payment_order;
begin
    if cardinality(v_ids) = 0 or v_refunded is null then
        return credits_private.stripe_result(
            'parked', 'the charge lacks its id or the amount refunded', 'operator'
        );
    end if;
    v_ref := credits_private.find_stripe_payment(p_event, v_ids);
    if v_ref.account_id is null then
        perform credits_private.lock_meeting_point(
            credits_private.stripe_wait_name(p_event, v_ids[1])
        );
        v_ref := credits_private.find_stripe_payment(p_event, v_ids);
    end if;
    if v_ref.account_id is null then
        return credits_private.stripe_result(
            'parked', 'payment ' || v_ids[1] || ' has granted no credits yet',
            credits_private.stripe_wait_name(p_event, v_ids[1])
        );
    end if;

    perform credits_private.lock_account(v_ref.account_id, p_create => false);
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = v_ref.account_id and p.payment_id = v_ref.payment_id;
    if v_refunded <= v_payment.amount_returned then
        return credits_private.stripe_result(
            'applied', 'the money was known to be back', p_account_id => v_ref.account_id
        );
    end if;
    v_name.provider := 'stripe';
    v_name.livemode := p_event.livemode;
    v_name.provider_account := p_event.provider_account;
    v_name.object_id := v_ref.object_id;
    v_name.amount_returned := v_refunded;
    perform credits_private.post_clawback(
        v_ref.account_id,
        v_name,
        greatest(
            v_payment.target,
            credits_private.share_of(v_payment.granted, v_payment.amount_paid, v_refunded)
        ),
        p_charge ->> 'id',
        concat_ws(
            ':', 'stripe', case when not p_event.livemode then 'test' end,
            nullif(p_event.provider_account, ''), p_event.event_id
        ),
        null
    );
    return credits_private.stripe_result('applied', p_account_id => v_ref.account_id);
end
$$;
