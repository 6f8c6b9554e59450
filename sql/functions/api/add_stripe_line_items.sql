-- Tells what a checkout session or invoice consists of where its event does not, and applies the
-- event that was waiting for it; outcome none when none was. The first list that comes counts.
-- Locks the list, then what the event is about. Raises invalid_argument.
-- For credits_webhook and credits_service.
create or replace function credits.add_stripe_line_items(
    p_object_id text,
    p_line_items jsonb,
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
    v_event credits_private.stripe_events;
    v_outcome credits.stripe_outcome;
    v_point text;
begin
    perform credits_private.check_argument(
        'p_object_id', length(p_object_id) between 1 and 255,
        'id of a session or invoice, 1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_line_items', jsonb_typeof(p_line_items) = 'array',
        'array of all lines of the object, as Stripe lists them'
    );
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_event.provider_account := coalesce(p_provider_account, '');
    v_event.livemode := coalesce(p_livemode, true);
    v_point := credits_private.stripe_wait_name(v_event, p_object_id, 'lines');
    perform credits_private.lock_meeting_point(v_point);
    insert into credits_private.stripe_line_items (
        provider_account, livemode, object_id, line_items
    )
    values (v_event.provider_account, v_event.livemode, p_object_id, p_line_items)
    on conflict do nothing;

    v_outcome.outcome := 'none';
    for v_event in
        select e.*
        from credits_private.stripe_events e
        where e.waits_for = v_point
        order by e.created_at, e.event_id
        for update skip locked
    loop
        v_outcome := credits_private.describe_stripe_event(
            credits_private.try_stripe_event(v_event)
        );
    end loop;
    return v_outcome;
end
$$;

comment on function credits.add_stripe_line_items(text, jsonb, boolean, text) is
'Tells which lines a checkout session or an invoice has, and applies its event if it was waiting.

p_line_items is the whole list (all pages) as Stripe returns it. An event that waits for it has
lines: and the id of the object in waits_for. The credits follow from the prices.';
