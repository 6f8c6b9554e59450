-- Records a payment of any provider and grants the lots that it bought. Locks the account row;
-- opens an unknown account. A payment grants once: again is a replay, with other figures or for
-- another account a conflict. A late expiry is booked, not refused. Raises invalid_argument,
-- idempotency_conflict, account_closed, balance_limit. For credits_service.
create or replace function credits.record_payment(
    p_account_id text,
    p_payment text,
    p_amount_paid bigint,
    p_currency text,
    p_grants jsonb,
    p_provider text default 'manual',
    p_amount_returned bigint default null,
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
    v_payment credits_private.payment_order;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_payment', length(p_payment) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_amount_paid', p_amount_paid is not null,
        'whole number of the smallest currency unit, 0 or more'
    );
    perform credits_private.check_money(p_amount_paid, p_currency);
    perform credits_private.check_text('p_provider', p_provider, 63);
    perform credits_private.check_argument(
        'p_provider', p_provider is distinct from 'stripe',
        'any provider but stripe, whose payments come in with its events'
    );
    perform credits_private.check_argument(
        'p_amount_returned',
        p_amount_returned is null or p_amount_returned between 0 and 9007199254740991,
        'null or whole number of the smallest currency unit, 0 or more'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_payment.provider := coalesce(p_provider, 'manual');
    v_payment.livemode := true;
    v_payment.provider_account := '';
    v_payment.object_id := p_payment;
    v_payment.amount_paid := p_amount_paid;
    v_payment.currency := p_currency;
    v_payment.amount_returned := p_amount_returned;
    return credits_private.post_grants(
        p_account_id, credits_private.parse_grants(p_grants), v_payment, true,
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.record_payment(
    text, text, bigint, text, jsonb, text, bigint, text, text, jsonb
) is
'Records what was paid at a provider and grants what it bought, once per payment.

p_grants is an array of objects: amount, and optionally pool (default purchased), expires_at,
subscription, item, period_start, period_end, rollover_cap, cost (money of this lot). With
subscription and period_start it renews the subscription. p_amount_returned is money that has
gone back already; later refunds are told to clawback_credits. Amounts of money are in the
smallest unit of p_currency.';
