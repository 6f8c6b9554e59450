-- Erases the metadata of an account and of all entries of its ledger, for good.
-- Locks the account row. A replay by key returns the recorded receipt and erases nothing.
-- Raises invalid_argument, account_not_found, idempotency_conflict. For credits_admin.
create or replace function credits.erase_metadata(
    p_account_id text,
    p_reason text,
    p_reference text default null,
    p_idempotency_key text default null
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
    perform credits_private.check_tail(p_reference, p_idempotency_key, null);
    return credits_private.post_erasure(p_account_id, p_reason, p_reference, p_idempotency_key);
end
$$;

comment on function credits.erase_metadata(text, text, text, text) is
'Erases the metadata of an account and of all its entries, because a person asked for it, whatever
the status of the account. The ledger says when, by whom and why, with an entry of amount 0.

Everything else stays: amounts, dates, features, references, keys and reasons. So write nothing
into those that would have to be erased. Accounts that were merged into this one have ledgers of
their own.';
