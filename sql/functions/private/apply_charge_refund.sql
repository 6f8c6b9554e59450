-- A refund takes back the share of the credits that the refunded money has of the payment. The
-- amount in the event is cumulative; an older event never lowers it. Parked until the payment is
-- known.
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
        array[credits_private.stripe_id(p_charge -> 'payment_intent'), p_charge ->> 'id'], null
    );
    v_refunded bigint := (p_charge ->> 'amount_refunded')::bigint;
    v_ref credits_private.payment_refs;
    v_returned bigint;
    v_name credits_private.payment_order;
begin
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
    select p.amount_returned into v_returned
    from credits_private.payments p
    where p.account_id = v_ref.account_id and p.payment_id = v_ref.payment_id;
    if v_refunded > v_returned then
        v_name.provider := 'stripe';
        v_name.livemode := p_event.livemode;
        v_name.provider_account := p_event.provider_account;
        v_name.object_id := v_ref.object_id;
        v_name.amount_returned := v_refunded;
        perform credits_private.post_clawback(
            v_ref.account_id, v_name, null, p_charge ->> 'id',
            concat_ws(
                ':', 'stripe', nullif(p_event.provider_account, ''),
                'refund', p_charge ->> 'id', v_refunded
            ),
            null
        );
    end if;
    return credits_private.stripe_result(
        'applied', case when v_refunded <= v_returned then 'the money was known to be back' end,
        p_account_id => v_ref.account_id
    );
end
$$;
