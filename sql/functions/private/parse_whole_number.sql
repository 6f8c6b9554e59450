-- A whole number from 0 to 2^53-1 out of JSON, a number or a string of digits; null stays null.
create or replace function credits_private.parse_whole_number(p_path text, p_value jsonb)
returns bigint
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
        case
            when jsonb_typeof(p_value) in ('number', 'string')
                and p_value #>> '{}' ~ '^[0-9]{1,16}$'
                then (p_value #>> '{}')::bigint <= 9007199254740991
        end,
        'whole number from 0 to 9007199254740991'
    );
    return (p_value #>> '{}')::bigint;
end
$$;
