-- Hands an event to the function for its family. Other types are kept and ignored, and so are
-- events of connected accounts that the setting connected_accounts does not name.
create or replace function credits_private.apply_stripe_event(p_event credits_private.stripe_events)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_object jsonb := p_event.body -> 'data' -> 'object';
    v_accounts text := credits_private.setting('connected_accounts');
begin
    if p_event.provider_account <> ''
        and v_accounts <> 'any'
        and p_event.provider_account <> all (string_to_array(v_accounts, ','))
    then
        return credits_private.stripe_result(
            'ignored', 'the setting connected_accounts does not name ' || p_event.provider_account
        );
    end if;
    case
        when p_event.event_type like 'checkout.session.%' then
            return credits_private.apply_checkout(p_event, v_object);
        when p_event.event_type = 'payment_intent.succeeded' then
            return credits_private.apply_payment_intent(p_event, v_object);
        when p_event.event_type like 'invoice.%' then
            return credits_private.apply_invoice_event(p_event, v_object);
        when p_event.event_type = 'invoice_payment.paid' then
            return credits_private.apply_invoice_payment(p_event, v_object);
        when p_event.event_type like 'customer.subscription.%' then
            return credits_private.apply_subscription(p_event, v_object);
        when p_event.event_type like 'subscription_schedule.%' then
            return credits_private.apply_schedule(p_event, v_object);
        when p_event.event_type like 'refund.%'
            or p_event.event_type like 'charge.refund.%'
        then
            return credits_private.apply_refund(p_event, v_object);
        when p_event.event_type like 'charge.dispute.%' then
            return credits_private.apply_dispute(p_event, v_object);
        when p_event.event_type in (
            'charge.succeeded', 'charge.captured', 'charge.updated', 'charge.refunded'
        ) then
            return credits_private.apply_charge(p_event, v_object);
        when p_event.event_type like 'credit_note.%' then
            return credits_private.apply_credit_note(p_event, v_object);
        when p_event.event_type like 'product.%' then
            return credits_private.apply_product(p_event, v_object);
        when p_event.event_type like 'price.%' or p_event.event_type like 'plan.%' then
            return credits_private.apply_price(p_event, v_object);
        when p_event.event_type in ('customer.created', 'customer.updated', 'customer.deleted') then
            return credits_private.apply_customer(p_event, v_object);
        else
            return credits_private.stripe_result('ignored', 'events of this type move no credits');
    end case;
end
$$;
