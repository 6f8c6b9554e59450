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
            ~ '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)$',
        'instant as ISO 8601 text with its offset, such as 2030-01-31T00:00:00Z'
    );
    return (p_value #>> '{}')::timestamptz;
exception
    -- The shape was right and the date was not, such as 30 February.
    when datetime_field_overflow then
        perform credits_private.check_argument(p_path, false, 'an instant that the calendar has');
        return null;
end
$$;
