-- Tries the events again that wait for something which has come, account by account in the order
-- in which everybody locks accounts, and the oldest first within one. The caller holds
-- the meeting point, so an event that is locked now is being tried by a session that waits for it.
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
    for r_event in
        select e.*
        from credits_private.stripe_events e
        where e.waits_for = p_waits_for
        order by e.account_id, e.created_at, e.event_id
        for update skip locked
    loop
        perform credits_private.try_stripe_event(r_event);
    end loop;
end
$$;
