-- Lines of a session or invoice: those that the event shows, if it shows them all, else those that
-- were told. Null if they are unknown even after their meeting point is taken, so that whoever
-- tells them sees the event that parks now.
create or replace function credits_private.find_line_items(
    p_event credits_private.stripe_events,
    p_object_id text,
    p_shown jsonb,
    p_wait boolean
)
returns jsonb
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_items jsonb;
begin
    if p_shown ->> 'has_more' = 'false' and jsonb_typeof(p_shown -> 'data') = 'array' then
        return p_shown -> 'data';
    end if;
    select l.line_items into v_items
    from credits_private.stripe_line_items l
    where l.object_id = p_object_id
        and l.livemode = p_event.livemode
        and l.provider_account = p_event.provider_account;
    if not found and p_wait then
        perform credits_private.lock_meeting_point(
            credits_private.stripe_wait_name(p_event, p_object_id, 'lines')
        );
        select l.line_items into v_items
        from credits_private.stripe_line_items l
        where l.object_id = p_object_id
            and l.livemode = p_event.livemode
            and l.provider_account = p_event.provider_account;
    end if;
    return v_items;
end
$$;
