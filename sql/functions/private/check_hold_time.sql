-- Refuses a duration of a hold that is not above 0 or longer than a day, counted in seconds as it
-- is applied; null passes as "not given".
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
        or extract(epoch from p_expires_in) > 0 and extract(epoch from p_expires_in) <= 86400,
        'an interval above 0, at most 24 hours'
    );
end
$$;
