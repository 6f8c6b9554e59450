-- The items of a subscription as list_subscriptions shows them, in the order of their ids.
create or replace function credits_private.list_items(p_account_id text, p_subscription text)
returns jsonb
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_agg(
        jsonb_build_object(
            'item', nullif(i.item, ''),
            'plan', i.plan,
            'amount', i.amount,
            'rollover_cap', i.rollover_cap,
            'period_start', i.period_start,
            'period_end', i.period_end,
            'grant_every', nullif(concat_ws(
                ' ',
                nullif(i.grant_months, 0)
                    || case i.grant_months when 1 then ' month' else ' months' end,
                nullif(i.grant_days, 0) || case i.grant_days when 1 then ' day' else ' days' end
            ), ''),
            'next_grant_at', i.next_grant_at,
            'next_amount', i.next_amount,
            'next_plan', i.next_plan
        )
        order by i.item
    )
    from credits_private.subscription_items i
    where i.account_id = p_account_id and i.subscription = p_subscription
$$;
