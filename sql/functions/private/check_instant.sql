-- Refuses an instant outside the years 1970 to 9999, which no calendar of a client can hold;
-- null passes as "not given".
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
        and p_instant < timestamptz '10000-01-01 00:00:00+00',
        'an instant in the years 1970 to 9999'
    );
end
$$;
