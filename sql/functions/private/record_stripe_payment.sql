-- Records a payment at Stripe with what it grants. Money that went back before the payment was
-- known is taken into account at once; the events that told of it are then tried again.
create or replace function credits_private.record_stripe_payment(
    p_event credits_private.stripe_events,
    p_account_id text,
    p_object_ids text[],
    p_amount_paid bigint,
    p_currency text,
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
    v_ids text[] := array_remove(p_object_ids, null);
    v_names text[];
    v_name text;
    v_payment credits_private.payment_order;
    v_receipt credits.receipt;
begin
    select array_agg(n.name order by n.name) into v_names
    from (
        select credits_private.stripe_wait_name(p_event, i.id) as name from unnest(v_ids) as i (id)
    ) as n;
    foreach v_name in array v_names loop
        perform credits_private.lock_meeting_point(v_name);
    end loop;

    v_payment.provider := 'stripe';
    v_payment.livemode := p_event.livemode;
    v_payment.provider_account := p_event.provider_account;
    v_payment.object_id := v_ids[1];
    v_payment.other_ids := v_ids[2:];
    v_payment.amount_paid := p_amount_paid;
    v_payment.currency := lower(p_currency);
    select max((e.body #>> '{data,object,amount_refunded}')::bigint) into v_payment.amount_returned
    from credits_private.stripe_events e
    where e.waits_for = any (v_names) and e.event_type = 'charge.refunded';

    v_receipt := credits_private.post_grants(
        p_account_id, p_grants, v_payment, true, v_ids[1],
        concat_ws(
            ':', 'stripe', case when not p_event.livemode then 'test' end,
            nullif(p_event.provider_account, ''), v_ids[1]
        ),
        null
    );
    foreach v_name in array v_names loop
        perform credits_private.wake_stripe_events(v_name);
    end loop;
    return credits_private.stripe_result(
        'applied',
        case when v_receipt.is_replay then 'the payment had granted its credits before' end,
        p_account_id => p_account_id
    );
end
$$;
