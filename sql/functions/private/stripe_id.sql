-- Id of an object that may be expanded: the string itself, or the id of the object.
create or replace function credits_private.stripe_id(p_value jsonb)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select case pg_catalog.jsonb_typeof(p_value)
        when 'string' then p_value #>> '{}'
        when 'object' then p_value ->> 'id'
    end
$$;
