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
    perform credits_private.check_text('p_idempotency_key', p_idempotency_key);
    perform credits_private.check_argument(
        'p_idempotency_key',
        p_idempotency_key is null
        or not (
            starts_with(p_idempotency_key, 'stripe:')
            or starts_with(p_idempotency_key, 'ref:')
            or starts_with(p_idempotency_key, 'pgcredits:')
        ),
        'a key that does not begin with stripe:, ref: or pgcredits:'
    );
    perform credits_private.check_argument(
        'p_metadata',
        p_metadata is null or (
            jsonb_typeof(p_metadata) = 'object' and octet_length(p_metadata::text) <= 16384
        ),
        'null or a JSON object of at most 16384 bytes'
    );
end
$$;
