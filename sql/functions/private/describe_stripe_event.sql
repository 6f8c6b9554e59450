-- What callers are told of an event that was tried.
create or replace function credits_private.describe_stripe_event(
    p_event credits_private.stripe_events
)
returns credits.stripe_outcome
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outcome credits.stripe_outcome;
begin
    v_outcome.event_id := p_event.event_id;
    v_outcome.event_type := p_event.event_type;
    v_outcome.outcome := p_event.outcome;
    v_outcome.reason := p_event.reason;
    v_outcome.account_id := p_event.account_id;
    v_outcome.waits_for := p_event.waits_for;
    return v_outcome;
end
$$;
