-- Refuses a duration of a hold that is not above 0 or is longer than a day; null passes as "not
-- given".
create or replace function credits_private.check_hold_time(p_expires_in interval)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        'p_expires_in',
        p_expires_in is null
        or p_expires_in > interval '0' and p_expires_in <= interval '24 hours',
        'an interval above 0, at most 24 hours'
    );
end
$$;
