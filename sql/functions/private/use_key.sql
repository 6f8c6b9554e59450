-- Idempotency key of a use: the one given, else one made of feature and reference, else none.
create or replace function credits_private.use_key(
    p_feature text,
    p_reference text,
    p_idempotency_key text
)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select coalesce(p_idempotency_key, 'ref:' || p_feature || ':' || p_reference)
$$;
