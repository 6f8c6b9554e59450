-- Grants one lot of credits of any pool.
-- Locks the account row; opens an unknown account. A replay returns the recorded receipt.
-- Raises invalid_argument, idempotency_conflict, account_closed, balance_limit.
-- For credits_service and credits_admin.
create or replace function credits.grant_credits(
    p_account_id text,
    p_amount bigint,
    p_pool text default 'promotional',
    p_expires_at timestamptz default null,
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
    perform credits_private.check_pool('p_pool', coalesce(p_pool, 'promotional'));
    perform credits_private.check_instant('p_expires_at', nullif(p_expires_at, 'infinity'));
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_grant.pool := coalesce(p_pool, 'promotional');
    v_grant.amount := p_amount;
    v_grant.expires_at := p_expires_at;
    return credits_private.post_grants(
        p_account_id, array[v_grant], null, false, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.grant_credits(text, bigint, text, timestamptz, text, text, jsonb) is
'Grants whole credits of a pool (subscription, promotional or purchased), for ever or until
p_expires_at.

Opens an unknown account. Credits of a paying pool settle debt first. For credits that somebody
paid for use add_purchased_credits or record_payment, so that a refund can take them back.';
