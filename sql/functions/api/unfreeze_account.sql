-- Lets a frozen account spend again.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, account_not_found, account_closed, idempotency_conflict.
-- For credits_admin.
create or replace function credits.unfreeze_account(
    p_account_id text,
    p_reason text,
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
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_status(
        p_account_id, 'unfreeze', p_reason, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.unfreeze_account(text, text, text, text, jsonb) is
'Lets a frozen account spend again; of an active account it is recorded and changes nothing.';
