-- Refuses an idempotency key that a caller may not choose; null passes as "not given".
create or replace function credits_private.check_key(p_argument text, p_idempotency_key text)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_text(p_argument, p_idempotency_key);
    perform credits_private.check_argument(
        p_argument,
        p_idempotency_key is null
        or not (
            starts_with(p_idempotency_key, 'stripe:')
            or starts_with(p_idempotency_key, 'ref:')
            or starts_with(p_idempotency_key, 'pgcredits:')
        ),
        'a key that does not begin with stripe:, ref: or pgcredits:'
    );
end
$$;
