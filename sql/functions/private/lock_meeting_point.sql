-- Locks the row at which an event that waits and the event that brings it meet. Whoever comes
-- second waits for the first to commit, and then sees what it did. Taken before the lock of the
-- account that the event is about.
create or replace function credits_private.lock_meeting_point(p_waits_for text)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into credits_private.stripe_waits (waits_for)
    values (p_waits_for)
    on conflict (waits_for) do update
    set waits_for = excluded.waits_for;
end
$$;
