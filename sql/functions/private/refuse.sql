-- A refusal as data: a code of the registry and the values for DETAIL. raise_refusal raises it.
create or replace function credits_private.refuse(p_code text, p_values jsonb)
returns credits_private.refusal
language sql
immutable
parallel safe
security invoker
as $$
    select row(p_code, p_values)::credits_private.refusal
$$;
