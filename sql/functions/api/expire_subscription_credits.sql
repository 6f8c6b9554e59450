-- Ends live subscription lots now: of one subscription, or of all when none is named.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, account_not_found, idempotency_conflict. For credits_service.
create or replace function credits.expire_subscription_credits(
    p_account_id text,
    p_subscription text default null,
    p_reason text default 'cycle_end',
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
    perform credits_private.check_text('p_subscription', p_subscription, 127);
    perform credits_private.check_text('p_reason', p_reason);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_end_subscription(
        p_account_id, p_subscription, coalesce(p_reason, 'cycle_end'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.expire_subscription_credits(text, text, text, text, text, jsonb) is
'Ends the live lots of a subscription now, or of all subscriptions, and books what is left as
breakage.

Purchased and promotional credits are not touched. Books an entry of amount 0 when nothing is
left.';
