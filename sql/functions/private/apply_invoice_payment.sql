-- Ties an invoice to the payment intent or charge that paid it, which the invoice itself does not
-- name in newer API versions. Refunds that waited for it count from now on.
create or replace function credits_private.apply_invoice_payment(
    p_event credits_private.stripe_events,
    p_invoice_payment jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids text[] := credits_private.stripe_object_ids(p_invoice_payment);
begin
    if cardinality(v_ids) < 2 then
        return credits_private.stripe_result(
            'applied', 'the invoice was paid outside of Stripe or names no payment'
        );
    end if;
    return credits_private.settle_stripe_payment(
        p_event, credits_private.lock_stripe_objects(p_event, v_ids), p_waits => false
    );
end
$$;
