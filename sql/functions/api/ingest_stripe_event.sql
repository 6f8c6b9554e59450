-- Stores a verified event of Stripe and applies it, each event once.
-- Locks the event, then what it is about. An event that was applied or ignored before is a
-- duplicate; one that was parked or failed is tried again. An error of the effect undoes the effect
-- alone and is stored with the event; lock and server errors pass through: deliver again.
-- Raises invalid_argument. For credits_webhook and credits_admin.
create or replace function credits.ingest_stripe_event(p_payload text, p_livemode boolean)
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
    v_event := credits_private.parse_stripe_event(p_payload);
    perform credits_private.check_argument(
        'p_livemode', v_event.livemode = p_livemode, 'the mode of the event: ' || v_event.livemode
    );
    v_event.received_at := credits_private.clock();
    insert into credits_private.stripe_events (
        provider_account, event_id, event_type, livemode, api_version, created_at, payload, body,
        received_at
    )
    values (
        v_event.provider_account, v_event.event_id, v_event.event_type, v_event.livemode,
        v_event.api_version, v_event.created_at, v_event.payload, v_event.body, v_event.received_at
    )
    on conflict do nothing;

    select e.* into v_event
    from credits_private.stripe_events e
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id
    for update;

    if v_event.outcome in ('applied', 'ignored') then
        v_event.outcome := 'duplicate';
    else
        v_event := credits_private.try_stripe_event(v_event);
    end if;
    return credits_private.describe_stripe_event(v_event);
end
$$;

comment on function credits.ingest_stripe_event(text, boolean) is
'Stores one event of Stripe, whose signature the caller has verified, and applies it once.

p_payload is the body as received; p_livemode is the mode that the caller accepts, and an event
of the other mode is refused. outcome is applied, duplicate, ignored, parked (waits for something
that reason names) or failed (reason has the error; deliver it again to retry).';
