-- An interval out of JSON, text that the server reads as one; null stays null.
create or replace function credits_private.parse_interval(p_path text, p_value jsonb)
returns interval
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_value is null or p_value = 'null' then
        return null;
    end if;
    perform credits_private.check_argument(
        p_path, jsonb_typeof(p_value) = 'string', 'interval as text, such as 1 month or P1M'
    );
    return (p_value #>> '{}')::interval;
exception
    when invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
        perform credits_private.check_argument(
            p_path, false, 'interval as text, such as 1 month or P1M'
        );
        return null;
end
$$;
