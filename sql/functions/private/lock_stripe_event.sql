-- Locks an event of the inbox; stripe_event_not_found if there is none.
create or replace function credits_private.lock_stripe_event(
    p_event_id text,
    p_provider_account text
)
returns credits_private.stripe_events
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event credits_private.stripe_events;
begin
    perform credits_private.check_argument(
        'p_event_id', length(p_event_id) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    select e.* into v_event
    from credits_private.stripe_events e
    where e.provider_account = coalesce(p_provider_account, '') and e.event_id = p_event_id
    for update;
    if not found then
        perform credits_private.fail(
            'stripe_event_not_found',
            jsonb_build_object(
                'event_id', p_event_id, 'provider_account', coalesce(p_provider_account, '')
            )
        );
    end if;
    return v_event;
end
$$;
