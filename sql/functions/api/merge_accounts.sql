-- Merges an account, a guest's mostly, into another one, once and for good; either is opened if
-- nobody knows it. Locks both account rows, in the order of their ids. A replay by key returns the
-- recorded receipt, which is that of the account that was merged. Raises invalid_argument,
-- same_account, account_frozen, account_closed, account_merged, holds_open, invalid_state,
-- balance_limit, idempotency_conflict. For credits_service and credits_admin.
create or replace function credits.merge_accounts(
    p_account_id text,
    p_into_account_id text,
    p_if_holds text default 'refuse',
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
    perform credits_private.check_other_account(
        'p_into_account_id', p_into_account_id, p_account_id
    );
    perform credits_private.check_argument(
        'p_if_holds', coalesce(p_if_holds, 'refuse') in ('refuse', 'release'), 'refuse or release'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_merge(
        p_account_id, p_into_account_id, coalesce(p_if_holds, 'refuse'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.merge_accounts(text, text, text, text, text, jsonb) is
'Merges the account p_account_id, a guest''s mostly, into p_into_account_id, for good: lots with
their expiry and cost, payments with everything that has gone back of them, subscriptions with what
they are still to grant, debt, and caps of members who have none of that period there go on there.

Afterwards the old account is closed. Its ledger stays, its keys still answer with their receipts,
and a refund of one of its spends or of the money for its credits finds the credits where they are
now. Any other call is refused with account_merged (409), which names the account to call. With
open holds the merge is refused with holds_open (409), or they are released first (p_if_holds
release). A subscription that both know stays as it is in p_into_account_id; when the other one has
grants to come, the merge is refused with invalid_state (409).';
