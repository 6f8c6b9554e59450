-- Id of an object that may be expanded: the string itself, or the id of the object. Null for
-- whatever is no id of 1 to 255 characters.
create or replace function credits_private.stripe_id(p_value jsonb)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select i.id
    from (
        select case pg_catalog.jsonb_typeof(p_value)
            when 'string' then p_value #>> '{}'
            when 'object' then p_value ->> 'id'
        end
    ) as i (id)
    where pg_catalog.length(i.id) between 1 and 255
$$;
