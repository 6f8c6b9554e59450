-- Mirrors a product or price as it was read from Stripe at p_seen_at, by the rules of its events:
-- the newest state counts from its instant on. What nobody told of before counts from its creation.
-- Outcome applied, or duplicate when it is no news; events that waited for it are tried again.
-- Locks the catalogue, then what those events are about. Raises invalid_argument.
-- For credits_service and credits_admin.
create or replace function credits.mirror_stripe_object(
    p_object jsonb,
    p_seen_at timestamptz,
    p_livemode boolean default true,
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
    v_kind text;
    v_created_at timestamptz;
    v_newest record;
    v_oldest_at timestamptz;
    v_event credits_private.stripe_events;
    v_outcome credits.stripe_outcome;
begin
    perform credits_private.check_argument(
        'p_object',
        jsonb_typeof(p_object) = 'object'
        and p_object ->> 'object' in ('product', 'price', 'plan')
        and length(p_object ->> 'id') between 1 and 255
        and p_object ->> 'created' ~ '^[0-9]{1,10}$'
        and coalesce(p_object ->> 'livemode', coalesce(p_livemode, true)::text)
            = coalesce(p_livemode, true)::text,
        'a product, price or plan of Stripe with id, created and the livemode of p_livemode'
    );
    perform credits_private.check_argument('p_seen_at', p_seen_at is not null, 'an instant');
    perform credits_private.check_instant('p_seen_at', p_seen_at);
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_kind := case p_object ->> 'object' when 'product' then 'product' else 'price' end;
    v_created_at := to_timestamp((p_object ->> 'created')::bigint);
    v_event.provider_account := coalesce(p_provider_account, '');
    v_event.livemode := coalesce(p_livemode, true);

    perform credits_private.lock_stripe_catalogue(v_kind || ':' || (p_object ->> 'id'));
    select m.* into v_newest
    from credits_private.mirrored_states(v_event, v_kind, p_object ->> 'id') as m
    order by m.valid_from desc
    limit 1;
    select min(m.valid_from) into v_oldest_at
    from credits_private.mirrored_states(v_event, v_kind, p_object ->> 'id') as m;

    v_outcome.outcome := 'applied';
    if v_newest.valid_from >= p_seen_at then
        v_outcome.outcome := 'duplicate';
        v_outcome.reason := 'something newer is known';
    elsif v_newest.is_unsure then
        v_event.created_at := v_newest.valid_from;
    elsif v_newest.object = p_object and v_oldest_at <= v_created_at then
        v_outcome.outcome := 'duplicate';
        v_outcome.reason := 'it is as it is known';
    else
        v_event.created_at := p_seen_at;
    end if;
    if v_outcome.outcome = 'applied' then
        perform credits_private.mirror_state(v_event, v_kind, p_object, false);
        if coalesce(v_oldest_at, p_seen_at) > v_created_at then
            v_event.created_at := v_created_at;
            perform credits_private.mirror_state(v_event, v_kind, p_object, true);
        end if;
        perform credits_private.wake_stripe_events(array[v_kind || ':' || (p_object ->> 'id')]);
    end if;
    return v_outcome;
end
$$;

comment on function credits.mirror_stripe_object(jsonb, timestamptz, boolean, text) is
'Mirrors a product or price as it was read from Stripe''s API at p_seen_at.

It counts from that instant on, and where nothing is known of the time before, from its creation.
Events that were parked because it was unknown are applied. outcome is applied, or duplicate when
it was known.';
