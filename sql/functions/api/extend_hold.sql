-- Moves the deadline of an open hold to p_expires_in from now, never to an earlier one.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, hold_not_found, hold_closed, hold_expired, in_debt, account_frozen,
-- idempotency_conflict. For credits_service.
create or replace function credits.extend_hold(
    p_account_id text,
    p_hold_id bigint,
    p_expires_in interval default null,
    p_reference text default null,
    p_idempotency_key text default null,
    p_metadata jsonb default null
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_hold_id', p_hold_id > 0, 'the entry_id of a hold_credits receipt'
    );
    perform credits_private.check_hold_time(p_expires_in);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_extension(
        p_account_id, p_hold_id, p_expires_in, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.extend_hold(text, bigint, interval, text, text, jsonb) is
'Keeps an open hold alive for p_expires_in from now (at most 24 hours; null: the setting hold_time);
a later deadline stays as it is. Call it now and then while long work goes on.';
