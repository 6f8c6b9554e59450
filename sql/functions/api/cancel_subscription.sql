-- Cancels a subscription at the end of its paid period or now, or takes that back.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, account_not_found, subscription_not_found, subscription_ended,
-- idempotency_conflict, account_closed. For credits_service.
create or replace function credits.cancel_subscription(
    p_account_id text,
    p_subscription text,
    p_when text default 'period_end',
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
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_argument(
        'p_when', coalesce(p_when, 'period_end') in ('period_end', 'now', 'never'),
        'period_end, now or never'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_cancel(
        p_account_id, p_subscription, coalesce(p_when, 'period_end'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.cancel_subscription(text, text, text, text, text, jsonb) is
'Cancels a subscription. At the end of the paid period (the default) its credits stay until then,
and end without grace; now, they end now and nothing more is granted. Purchased and promotional
credits are not touched.

p_when never takes a cancellation back before the subscription has ended; afterwards a new paid
period (renew_subscription) begins it again.';
