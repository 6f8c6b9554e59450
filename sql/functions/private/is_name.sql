-- Whether a value out of JSON is a string of 1 to 255 characters.
create or replace function credits_private.is_name(p_value jsonb)
returns boolean
language sql
immutable
parallel safe
security invoker
as $$
    select pg_catalog.jsonb_typeof(p_value) = 'string'
        and pg_catalog.length(p_value #>> '{}') between 1 and 255
$$;
