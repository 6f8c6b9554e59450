-- A charge: its names, and the total that was refunded of it. The newest event counts, within one
-- second the larger total. Refunds that an old API version lists are noted too. Parked while money
-- is back and the payment is not known.
create or replace function credits_private.apply_charge(
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
    v_refunded bigint := (p_charge ->> 'amount_refunded')::bigint;
    v_names text[];
    r_refund record;
begin
    if credits_private.stripe_id(p_charge -> 'id') is null or v_refunded is null then
        return credits_private.stripe_result(
            'parked', 'the charge lacks its id or the amount refunded', 'operator'
        );
    end if;
    v_names := credits_private.lock_stripe_objects(
        p_event, credits_private.stripe_object_ids(p_charge)
    );
    insert into credits_private.stripe_charges as c (
        provider_account, livemode, charge, payment_intent, amount_refunded, event_at
    )
    values (
        p_event.provider_account, p_event.livemode, p_charge ->> 'id',
        credits_private.stripe_id(p_charge -> 'payment_intent'), v_refunded, p_event.created_at
    )
    on conflict (charge, livemode, provider_account) do update
    set payment_intent = coalesce(c.payment_intent, excluded.payment_intent),
        amount_refunded = case
            when excluded.event_at > c.event_at then excluded.amount_refunded
            when excluded.event_at < c.event_at then c.amount_refunded
            else greatest(c.amount_refunded, excluded.amount_refunded)
        end,
        event_at = greatest(c.event_at, excluded.event_at);
    for r_refund in
        select x.refund
        from jsonb_array_elements(
            case jsonb_typeof(p_charge #> '{refunds,data}')
                when 'array' then p_charge #> '{refunds,data}'
                else '[]'
            end
        ) as x (refund)
        where x.refund ->> 'id' is not null and x.refund ->> 'amount' is not null
    loop
        perform credits_private.record_stripe_refund(
            p_event,
            jsonb_build_object(
                'charge', p_charge -> 'id', 'payment_intent', p_charge -> 'payment_intent'
            ) || jsonb_strip_nulls(r_refund.refund)
        );
    end loop;
    return credits_private.settle_stripe_payment(p_event, v_names, p_waits => v_refunded > 0);
end
$$;
