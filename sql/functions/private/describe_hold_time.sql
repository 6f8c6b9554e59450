-- A duration as a replay compares it: in seconds, whatever the session's style of intervals.
create or replace function credits_private.describe_hold_time(p_expires_in interval)
returns jsonb
language sql
immutable
parallel safe
security invoker
as $$
    select case
        when p_expires_in is not null then
            pg_catalog.jsonb_build_object('expires_in_seconds', extract(epoch from p_expires_in))
    end
$$;
