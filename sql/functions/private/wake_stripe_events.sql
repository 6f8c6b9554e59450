-- Tries the events again that wait for something which has come, oldest first. The row in
-- stripe_waits makes an event that is parking at this moment visible here, or this to it.
create or replace function credits_private.wake_stripe_events(p_waits_for text)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    r_event credits_private.stripe_events;
begin
    insert into credits_private.stripe_waits (waits_for) values (p_waits_for) on conflict do nothing;
    for r_event in
        select e.*
        from credits_private.stripe_events e
        where e.waits_for = p_waits_for
        order by e.created_at, e.event_id
        for update
    loop
        perform credits_private.try_stripe_event(r_event);
    end loop;
end
$$;
