-- Tries one event of the inbox again: the one named, whatever its outcome unless it was applied,
-- with its attempts counted anew; or else the failed one that is due longest and that nobody else
-- is trying (none: outcome none). One event a call, so that no two calls wait for each other.
-- Locks the event, then what it is about. Raises invalid_argument, stripe_event_not_found,
-- invalid_state (the body was purged). For credits_service and credits_admin.
create or replace function credits.retry_stripe_event(
    p_event_id text default null,
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
    v_now timestamptz := credits_private.clock();
    v_event credits_private.stripe_events;
begin
    if p_event_id is null then
        select e.* into v_event
        from credits_private.stripe_events e
        where e.retry_at <= v_now
        order by e.retry_at
        limit 1
        for update skip locked;
        if not found then
            v_event.outcome := 'none';
            return credits_private.describe_stripe_event(v_event);
        end if;
    else
        v_event := credits_private.lock_stripe_event(p_event_id, p_provider_account);
        if v_event.outcome = 'applied' then
            v_event.outcome := 'duplicate';
            return credits_private.describe_stripe_event(v_event);
        end if;
        if v_event.body is null then
            perform credits_private.fail(
                'invalid_state',
                jsonb_build_object('event_id', v_event.event_id, 'outcome', v_event.outcome),
                'Its body was purged: let Stripe send the event again.'
            );
        end if;
        v_event.attempts := 0;
    end if;
    return credits_private.describe_stripe_event(credits_private.try_stripe_event(v_event));
end
$$;

comment on function credits.retry_stripe_event(text, text) is
'Tries an event of the inbox again: the one that is named, or the failed one that is due longest.

Call it without arguments until outcome is none: each call is one event, in a transaction of its
own. A failed event is due with growing gaps until the setting stripe_attempts is reached; naming
it counts its attempts anew, and also tries one that was parked or ignored.';
