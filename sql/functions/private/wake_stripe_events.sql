-- Tries the events again that wait for something which has come, account by account in the order
-- in which everybody locks accounts, and the oldest first within one. The caller holds
-- the meeting points, so an event that is locked now is being tried by a session that waits for
-- them. More than two hundred are left to retry_stripe_event, to keep the transaction short.
create or replace function credits_private.wake_stripe_events(p_waits_for text[])
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
    v_number integer := 0;
    r_event credits_private.stripe_events;
begin
    for r_event in
        select e.*
        from credits_private.stripe_events e
        where e.waits_for = any (p_waits_for) and e.waits_for is not null
        order by e.account_id, e.created_at, e.event_id
        for update skip locked
    loop
        v_number := v_number + 1;
        -- What one event brings may wake others, so none may be found waiting while it is tried.
        update credits_private.stripe_events e
        set outcome = 'received', waits_for = null, retry_at = v_now
        where e.provider_account = r_event.provider_account
            and e.event_id = r_event.event_id
            and e.waits_for is not null;
        if found and v_number <= 200 then
            perform credits_private.try_stripe_event(r_event);
        end if;
    end loop;
end
$$;
