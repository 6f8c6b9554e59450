-- Records a payment of provider "manual" and grants one purchased lot for it. Locks the account
-- row; opens an unknown account. The same payment again is a replay. Raises invalid_argument,
-- idempotency_conflict, account_closed, balance_limit. For credits_service.
create or replace function credits.add_purchased_credits(
    p_account_id text,
    p_amount bigint,
    p_expires_at timestamptz default null,
    p_amount_paid bigint default null,
    p_currency text default null,
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
    v_payment credits_private.payment_order;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_instant('p_expires_at', nullif(p_expires_at, 'infinity'));
    perform credits_private.check_money(p_amount_paid, p_currency);
    perform credits_private.check_argument(
        'p_reference', p_reference is not null, 'id of the payment, 1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_grant.pool := 'purchased';
    v_grant.amount := p_amount;
    v_grant.expires_at := p_expires_at;
    v_payment.provider := 'manual';
    v_payment.livemode := true;
    v_payment.provider_account := '';
    v_payment.object_id := p_reference;
    v_payment.amount_paid := p_amount_paid;
    v_payment.currency := p_currency;
    return credits_private.post_grants(
        p_account_id, array[v_grant], v_payment, false, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.add_purchased_credits(
    text, bigint, timestamptz, bigint, text, text, text, jsonb
) is
'Grants purchased credits for one payment, whose id is p_reference; a payment grants once.

p_amount_paid is in the smallest unit of p_currency (ISO 4217, lower case). clawback_credits
takes the credits back under the same id.';
