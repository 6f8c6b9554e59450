-- Reads the head of an event out of its body. Refuses what is not a snapshot event.
-- jsonb has no NUL character, so the parsed body has U+FFFD in its place.
create or replace function credits_private.parse_stripe_event(p_payload text)
returns credits_private.stripe_events
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event credits_private.stripe_events;
begin
    v_event.payload := p_payload;
    begin
        v_event.body := replace(p_payload, chr(92) || 'u0000', chr(92) || 'ufffd')::jsonb;
    exception
        -- Text that is no JSON, or nested too deeply to be read.
        when data_exception or program_limit_exceeded then
            v_event.body := null;
    end;
    perform credits_private.check_argument(
        'p_payload',
        jsonb_typeof(v_event.body) = 'object'
        and v_event.body ->> 'object' = 'event'
        and length(v_event.body ->> 'id') between 1 and 255
        and length(v_event.body ->> 'type') between 1 and 255
        and jsonb_typeof(v_event.body -> 'livemode') = 'boolean'
        and v_event.body ->> 'created' ~ '^[0-9]{1,12}$'
        and jsonb_typeof(v_event.body -> 'data' -> 'object') = 'object'
        and (
            v_event.body ->> 'account' is null
            or length(v_event.body ->> 'account') between 1 and 255
        ),
        'a Stripe snapshot event: JSON object with object "event", id, type, livemode, created '
        'and data.object'
    );
    v_event.provider_account := coalesce(v_event.body ->> 'account', '');
    v_event.event_id := v_event.body ->> 'id';
    v_event.event_type := v_event.body ->> 'type';
    v_event.livemode := (v_event.body ->> 'livemode')::boolean;
    v_event.api_version := v_event.body ->> 'api_version';
    v_event.created_at := to_timestamp((v_event.body ->> 'created')::bigint);
    return v_event;
end
$$;
