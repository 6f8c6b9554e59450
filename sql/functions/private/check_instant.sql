-- Refuses an instant outside the years 1970 to 8999; null passes as "not given". With what is added
-- to it (graces, the time that credits were gone) it stays in the calendar of every client.
create or replace function credits_private.check_instant(p_argument text, p_instant timestamptz)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        p_argument,
        p_instant is null
        or p_instant >= timestamptz '1970-01-01 00:00:00+00'
        and p_instant < timestamptz '9000-01-01 00:00:00+00',
        'an instant in the years 1970 to 8999'
    );
end
$$;
