-- Grants one subscription lot that ends renewal_grace after p_period_end. Locks the account row;
-- opens an unknown account. A replay returns the recorded receipt. Raises invalid_argument,
-- idempotency_conflict, account_closed, balance_limit. For credits_service.
create or replace function credits.add_subscription_credits(
    p_account_id text,
    p_amount bigint,
    p_period_end timestamptz,
    p_subscription text default 'default',
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
declare
    v_grant credits_private.grant_order;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_argument(
        'p_period_end', p_period_end is not null, 'an instant in the years 1970 to 8999'
    );
    perform credits_private.check_instant('p_period_end', p_period_end);
    perform credits_private.check_text('p_subscription', p_subscription, 127);
    perform credits_private.check_argument(
        'p_idempotency_key', p_idempotency_key is not null or p_reference is not null,
        'a key, or else p_reference, so that the period is granted once'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_grant.pool := 'subscription';
    v_grant.amount := p_amount;
    v_grant.subscription := coalesce(p_subscription, 'default');
    v_grant.period_end := p_period_end;
    return credits_private.post_grants(
        p_account_id, array[v_grant], null, false, p_reference,
        coalesce(p_idempotency_key, 'ref:subscription:' || p_reference), p_metadata
    );
end
$$;

comment on function credits.add_subscription_credits(
    text, bigint, timestamptz, text, text, text, jsonb
) is
'Grants credits of a subscription until its period ends; they outlive it by the setting
renewal_grace.

p_idempotency_key or p_reference is required. It touches no other lot: renew_subscription ends
the old period and carries its credits over.';
