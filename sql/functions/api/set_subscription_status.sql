-- Notes what the provider says about a subscription: active, past_due or paused.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, account_not_found, subscription_not_found, subscription_ended,
-- idempotency_conflict, account_closed. For credits_service.
create or replace function credits.set_subscription_status(
    p_account_id text,
    p_subscription text,
    p_status text,
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
        'p_status', p_status in ('active', 'past_due', 'paused'), 'active, past_due or paused'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_subscription_status(
        p_account_id, p_subscription, p_status, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.set_subscription_status(text, text, text, text, text, jsonb) is
'Notes the status of a subscription. past_due and paused leave its credits alone and hold its
scheduled grants up; active books those that were held up as they should have been. It never
grants anything else.';
