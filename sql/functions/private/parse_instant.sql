-- An instant out of JSON, ISO 8601 text with its offset; null stays null.
create or replace function credits_private.parse_instant(p_path text, p_value jsonb)
returns timestamptz
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
        p_path,
        jsonb_typeof(p_value) = 'string'
        and p_value #>> '{}'
            ~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?'
                || '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'),
        'instant as ISO 8601 text with its offset, such as 2030-01-31T00:00:00Z'
    );
    return (p_value #>> '{}')::timestamptz;
exception
    -- The shape was right and the date or offset was not, such as 30 February.
    when datetime_field_overflow or invalid_time_zone_displacement_value then
        perform credits_private.check_argument(p_path, false, 'an instant that the calendar has');
        return null;
end
$$;
