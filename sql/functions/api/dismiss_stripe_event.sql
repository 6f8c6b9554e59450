-- Closes an event that is parked or failed: somebody has looked, and nothing is to come of it. Its
-- reason is kept. Locks the event. A closed one that is dismissed again stays as it is.
-- Raises invalid_argument, stripe_event_not_found, invalid_state. For credits_admin.
create or replace function credits.dismiss_stripe_event(
    p_event_id text,
    p_reason text,
    p_provider_account text default ''
)
returns credits.stripe_outcome
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event credits_private.stripe_events;
begin
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    v_event := credits_private.lock_stripe_event(p_event_id, p_provider_account);
    if v_event.outcome in ('received', 'parked', 'failed') then
        v_event := credits_private.close_stripe_event(
            v_event, 'dismissed: ' || p_reason
        );
    elsif v_event.outcome = 'applied' then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object('event_id', v_event.event_id, 'outcome', v_event.outcome)
        );
    end if;
    return credits_private.describe_stripe_event(v_event);
end
$$;

comment on function credits.dismiss_stripe_event(text, text, text) is
'Closes an event that is parked or failed and from which nothing is to come, with the reason.

It is ignored from then on; retry_stripe_event tries it all the same. What it told about money
that went back stays known.';
