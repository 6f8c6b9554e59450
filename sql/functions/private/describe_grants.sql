-- What a grant asks for, as a replay must ask it again: amounts, pools, periods, payment.
-- Expiries are left out, since callers compute them from the time of the call.
create or replace function credits_private.describe_grants(
    p_grants credits_private.grant_order[],
    p_payment credits_private.payment_order
)
returns jsonb
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'payment', p_payment.object_id,
        'provider', p_payment.provider,
        'amount_paid', p_payment.amount_paid,
        'currency', p_payment.currency,
        'grants', jsonb_agg(
            jsonb_build_object(
                'amount', g.amount,
                'pool', g.pool,
                'subscription', g.subscription,
                'item', g.item,
                'period_start', extract(epoch from g.period_start),
                'plan', g.plan,
                'grant_months', g.grant_months,
                'grant_days', g.grant_days
            )
            order by g.position
        )
    ))
    from unnest(p_grants) with ordinality as g (
        pool, amount, expires_at, subscription, item,
        period_start, period_end, rollover_cap, cost, plan, grant_months, grant_days, position
    )
$$;
