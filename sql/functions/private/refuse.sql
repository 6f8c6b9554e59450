-- A refusal as data: what DETAIL says, a code of the registry and values. raise_refusal raises it.
create or replace function credits_private.refuse(p_code text, p_values jsonb)
returns jsonb
language sql
immutable
parallel safe
security invoker
as $$
    select pg_catalog.jsonb_build_object('code', p_code) || p_values
$$;
