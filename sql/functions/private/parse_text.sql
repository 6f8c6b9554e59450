-- A text out of JSON, a string of 1 to p_most characters; null stays null.
create or replace function credits_private.parse_text(p_path text, p_value jsonb, p_most integer)
returns text
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
        jsonb_typeof(p_value) = 'string' and length(p_value #>> '{}') between 1 and p_most,
        'string of 1 to ' || p_most || ' characters'
    );
    return p_value #>> '{}';
end
$$;
