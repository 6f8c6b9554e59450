-- Refuses a reference, key or metadata that a command may not carry.
create or replace function credits_private.check_tail(
    p_reference text,
    p_idempotency_key text,
    p_metadata jsonb
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_text('p_reference', p_reference);
    perform credits_private.check_key('p_idempotency_key', p_idempotency_key);
    perform credits_private.check_metadata('p_metadata', p_metadata);
end
$$;
