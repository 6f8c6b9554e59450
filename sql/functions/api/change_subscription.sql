-- Changes the plan of a subscription's item and the credits of its grants, now or from the next
-- paid period on. Locks the account row. A replay by key or payment returns the recorded receipt.
-- Raises invalid_argument, account_not_found, subscription_not_found, subscription_ended,
-- invalid_state, idempotency_conflict, account_closed, balance_limit. For credits_service.
create or replace function credits.change_subscription(
    p_account_id text,
    p_subscription text,
    p_amount bigint,
    p_policy text default null,
    p_when text default 'now',
    p_item text default null,
    p_plan text default null,
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
    v_payment credits_private.payment_order;
    v_when text := coalesce(p_when, 'now');
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_argument(
        'p_amount', p_amount between 0 and 9007199254740991,
        'whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_argument(
        'p_when', v_when in ('now', 'period_end'), 'now or period_end'
    );
    perform credits_private.check_argument(
        'p_policy',
        coalesce(p_policy, 'none') = 'none'
        or v_when = 'now' and p_policy in ('difference', 'full'),
        'difference (the default), full or none; at the period''s end none'
    );
    perform credits_private.check_text('p_item', p_item, 127);
    perform credits_private.check_text('p_plan', p_plan, 127);
    perform credits_private.check_argument(
        'p_plan', p_plan is not null or p_policy is distinct from 'full',
        'a plan, which p_policy full grants once in a period'
    );
    perform credits_private.check_text('p_payment', p_payment);
    perform credits_private.check_money(p_amount_paid, p_currency);
    perform credits_private.check_argument(
        'p_payment',
        p_payment is null and p_amount_paid is null or p_payment is not null and v_when = 'now',
        'id of the payment when p_amount_paid is given; null at the period''s end'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    if p_payment is not null then
        v_payment.provider := 'manual';
        v_payment.livemode := true;
        v_payment.provider_account := '';
        v_payment.object_id := p_payment;
        v_payment.amount_paid := p_amount_paid;
        v_payment.currency := p_currency;
    end if;
    return credits_private.post_change(
        p_account_id, p_subscription, coalesce(p_item, ''), p_amount,
        coalesce(p_policy, case v_when when 'now' then 'difference' else 'none' end),
        v_when, p_plan, v_payment, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.change_subscription(
    text, text, bigint, text, text, text, text, text, bigint, text, text, text, jsonb
) is
'Puts an item of a subscription on another plan: p_amount credits in each grant, p_plan as its name.

Now (the default) p_policy says what is granted at once for the time that is running: difference
(what p_amount is above all that was granted for it), full (p_amount, once per plan) or none;
nothing is taken back, and nothing is granted in a trial. With p_when period_end nothing is granted:
the change is noted for the next paid period, and a change that comes now releases it. p_payment is
the proration that pays for what the change grants; when that is nothing it is refused.';
