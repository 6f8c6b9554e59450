-- Tells what a checkout session consists of, which its event does not, and applies the event that
-- was waiting for it; outcome none when none was. The first list that comes counts. Locks the
-- session, then what its event is about. Raises invalid_argument.
-- For credits_webhook and credits_service.
create or replace function credits.add_stripe_line_items(
    p_session text,
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
        'p_session', length(p_session) between 1 and 255, 'id of a session, 1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_line_items', jsonb_typeof(p_line_items) = 'array',
        'array of all line items of the session, as Stripe lists them'
    );
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_event.provider_account := coalesce(p_provider_account, '');
    v_event.livemode := coalesce(p_livemode, true);
    v_point := credits_private.stripe_wait_name(v_event, p_session, 'lines');
    perform credits_private.note_checkout(v_event, p_session, 'pending', p_line_items);
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
'Tells which line items a checkout session has, and applies its event if it was waiting for them.

p_line_items is the whole list (all pages) as Stripe returns it: price (id or object), quantity and
amount_total of each. The credits follow from the prices.';
