-- Ends a hold because the work was not done: everything that it still holds goes back to the lots.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, hold_not_found, hold_closed, hold_expired, idempotency_conflict.
-- For credits_service.
create or replace function credits.release_hold(
    p_account_id text,
    p_hold_id bigint,
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
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_release(
        p_account_id, p_hold_id, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.release_hold(text, bigint, text, text, jsonb) is
'Gives everything that a hold still holds back to the lots it came from, and closes the hold.

What lies in a lot that has expired meanwhile is breakage. A hold that was captured or released
before is refused with hold_closed (409), one past its deadline with hold_expired (410): its credits
are back already.';
