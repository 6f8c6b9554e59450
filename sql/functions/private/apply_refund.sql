-- A refund: its row is noted and the target of its payment moves. Parked until the payment is
-- known.
create or replace function credits_private.apply_refund(
    p_event credits_private.stripe_events,
    p_refund jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids text[] := credits_private.stripe_object_ids(p_refund);
    v_names text[];
begin
    if credits_private.stripe_id(p_refund -> 'id') is null or p_refund ->> 'amount' is null then
        return credits_private.stripe_result(
            'parked', 'the refund lacks its id or amount', 'operator'
        );
    end if;
    v_names := credits_private.lock_stripe_objects(p_event, v_ids);
    perform credits_private.record_stripe_refund(p_event, p_refund);
    if cardinality(v_ids) = 0 then
        return credits_private.stripe_result('applied', 'the refund is of no charge');
    end if;
    return credits_private.settle_stripe_payment(p_event, v_names, p_waits => true);
end
$$;
