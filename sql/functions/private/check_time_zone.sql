-- Refuses a text that is not the name of an IANA time zone known to the server.
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
        v_is_known := p_time_zone ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$'
            and isfinite(timestamptz '2000-01-01 00:00:00+00' at time zone p_time_zone);
    exception
        -- The server does not know the zone.
        when invalid_parameter_value then
            v_is_known := false;
    end;
    perform credits_private.check_argument(
        p_argument, v_is_known, 'name of an IANA time zone, such as Europe/Berlin'
    );
end
$$;
