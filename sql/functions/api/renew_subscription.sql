-- Starts a paid period: grants its credits, carries leftovers of older periods over up to a cap,
-- ends the rest. Locks the account row; opens an unknown account. Once per subscription, item and
-- period: again is a replay. A late period is booked as it should have been, never refused. Raises
-- invalid_argument, idempotency_conflict, account_closed, balance_limit. For credits_service.
create or replace function credits.renew_subscription(
    p_account_id text,
    p_subscription text,
    p_amount bigint,
    p_period_start timestamptz,
    p_period_end timestamptz,
    p_rollover_cap bigint default 0,
    p_item text default null,
    p_plan text default null,
    p_grant_every interval default null,
    p_payment text default null,
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
    perform credits_private.check_argument(
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_argument(
        'p_period_start', p_period_start is not null, 'an instant in the years 1970 to 8999'
    );
    perform credits_private.check_instant('p_period_start', p_period_start);
    perform credits_private.check_argument(
        'p_period_end', p_period_end > p_period_start, 'an instant after p_period_start'
    );
    perform credits_private.check_instant('p_period_end', p_period_end);
    perform credits_private.check_argument(
        'p_rollover_cap', p_rollover_cap is null or p_rollover_cap between 0 and 9007199254740991,
        'null for no cap, or whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_text('p_item', p_item, 127);
    perform credits_private.check_text('p_plan', p_plan, 127);
    perform credits_private.check_grant_every(
        'p_grant_every', p_grant_every, p_period_start, p_period_end
    );
    perform credits_private.check_text('p_payment', p_payment);
    perform credits_private.check_money(p_amount_paid, p_currency);
    perform credits_private.check_argument(
        'p_payment', p_payment is not null or p_amount_paid is null,
        'id of the payment when p_amount_paid is given'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_grant.pool := 'subscription';
    v_grant.amount := p_amount;
    v_grant.subscription := p_subscription;
    v_grant.item := coalesce(p_item, '');
    v_grant.period_start := p_period_start;
    v_grant.period_end := p_period_end;
    v_grant.rollover_cap := p_rollover_cap;
    v_grant.plan := p_plan;
    v_grant.grant_months := credits_private.months_of(p_grant_every);
    v_grant.grant_days := extract(day from p_grant_every);
    if p_payment is not null then
        v_payment.provider := 'manual';
        v_payment.livemode := true;
        v_payment.provider_account := '';
        v_payment.object_id := p_payment;
        v_payment.amount_paid := p_amount_paid;
        v_payment.currency := p_currency;
    end if;
    return credits_private.post_grants(
        p_account_id, array[v_grant], v_payment, true, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.renew_subscription(
    text, text, bigint, timestamptz, timestamptz, bigint, text, text, interval, text, bigint, text,
    text, text, jsonb
) is
'Grants the credits of a subscription period and ends the periods before it that are over.

What they left carries over up to p_rollover_cap (0: nothing, null: all of it); the rest is
booked as breakage; no other lot is touched. A trial ends with the first paid period. Granted once
per p_subscription, p_item and p_period_start.

With p_grant_every (such as 1 month in a period of a year) p_amount is granted at the start and
again after each interval, counted in the account''s time zone; grant_due, or whoever comes first,
books what is due. The payment then pays for all of it.';
