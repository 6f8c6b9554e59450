-- Refuses a text that is not the name of a time zone by region and city, known to the server.
create or replace function credits_private.check_time_zone(p_argument text, p_time_zone text)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_known boolean;
begin
    begin
        -- Names of regions, and of fixed offsets; the server would take POSIX rules as well.
        v_is_known := (
                p_time_zone in ('UTC', 'GMT')
                or p_time_zone ~ '^Etc/GMT[+-]([0-9]|1[0-4])$'
                or p_time_zone ~ '^[A-Z][A-Za-z_]*(/[A-Z][A-Za-z_-]*)+$'
            )
            and isfinite(timestamptz '2000-01-01 00:00:00+00' at time zone p_time_zone);
    exception
        -- The server does not know the zone.
        when invalid_parameter_value then
            v_is_known := false;
    end;
    perform credits_private.check_argument(
        p_argument, v_is_known, 'IANA time zone by region and city, such as Europe/Berlin, or UTC'
    );
end
$$;
