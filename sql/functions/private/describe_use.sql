-- What a replay of a use has to ask again: the quantity, and modifiers if there are any.
create or replace function credits_private.describe_use(
    p_quantity bigint,
    p_modifiers jsonb
)
returns jsonb
language sql
immutable
parallel safe
security invoker
as $$
    select pg_catalog.jsonb_strip_nulls(
        pg_catalog.jsonb_build_object(
            'quantity', p_quantity, 'modifiers', nullif(p_modifiers, '{}')
        )
    )
$$;
