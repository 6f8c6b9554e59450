-- Makes an event an ignored one: nothing tries it any more by itself.
create or replace function credits_private.close_stripe_event(
    p_event credits_private.stripe_events,
    p_reason text
)
returns credits_private.stripe_events
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event credits_private.stripe_events := p_event;
begin
    v_event.outcome := 'ignored';
    v_event.reason := p_reason;
    update credits_private.stripe_events e
    set outcome = v_event.outcome, reason = v_event.reason, waits_for = null, retry_at = null
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id;
    return v_event;
end
$$;
