-- All that is stored of a subscription but when it was first booked and what follows from the rest.
-- Its newest ledger entry says the same. Instants are seconds since 1970.
create or replace function credits_private.describe_subscription(
    p_account_id text,
    p_subscription text
)
returns jsonb
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'status', s.status,
        'trial_end', extract(epoch from s.trial_end),
        'canceled_at', extract(epoch from s.canceled_at),
        'cancel_at_period_end', s.cancel_at_period_end,
        'items', (
            select jsonb_object_agg(i.item, jsonb_build_object(
                'plan', i.plan,
                'amount', i.amount,
                'rollover_cap', i.rollover_cap,
                'is_trial', i.is_trial,
                'period', jsonb_build_array(
                    extract(epoch from i.period_start), extract(epoch from i.period_end)
                ),
                'grant_months', i.grant_months,
                'grant_days', i.grant_days,
                'time_zone', i.time_zone,
                'parts', i.parts,
                'grants_done', i.grants_done,
                'next_amount', i.next_amount,
                'next_plan', i.next_plan
            ))
            from credits_private.subscription_items i
            where i.account_id = p_account_id and i.subscription = p_subscription
        )
    ))
    from credits_private.subscriptions s
    where s.account_id = p_account_id and s.subscription = p_subscription
$$;
