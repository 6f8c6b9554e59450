-- Hands an event to the function for its type; other types are kept and ignored.
create or replace function credits_private.apply_stripe_event(p_event credits_private.stripe_events)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    case p_event.event_type
        when 'checkout.session.completed' then
            return credits_private.apply_checkout_session(
                p_event, p_event.body -> 'data' -> 'object'
            );
        when 'invoice.paid' then
            return credits_private.apply_invoice(p_event, p_event.body -> 'data' -> 'object');
        when 'charge.refunded' then
            return credits_private.apply_charge_refund(p_event, p_event.body -> 'data' -> 'object');
        else
            return credits_private.stripe_result('ignored', 'events of this type move no credits');
    end case;
end
$$;
