-- Closes an account for good. What is left of its credits refuses the call or is forfeited.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, account_not_found, account_closed, account_not_empty,
-- idempotency_conflict. For credits_admin.
create or replace function credits.close_account(
    p_account_id text,
    p_reason text,
    p_if_credits text default 'refuse',
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
    perform credits_private.check_argument(
        'p_if_credits', coalesce(p_if_credits, 'refuse') in ('refuse', 'forfeit'),
        'refuse or forfeit'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_close(
        p_account_id, p_reason, coalesce(p_if_credits, 'refuse'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.close_account(text, text, text, text, text, jsonb) is
'Closes an account: afterwards it takes no credits and spends none; its history stays.

With p_if_credits refuse an account that has credits, held ones included, is refused with
account_not_empty (409). With forfeit holds are released and everything left is booked as breakage.
Debt stays recorded.';
