-- When a subscription ends, or has ended, by its cancellation: infinity while it goes on.
create or replace function credits_private.subscription_end(
    p_subscription credits_private.subscriptions
)
returns timestamptz
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_subscription.canceled_at is null then 'infinity'
        when not p_subscription.cancel_at_period_end then p_subscription.canceled_at
        else (
            select max(i.period_end)
            from credits_private.subscription_items i
            where i.account_id = p_subscription.account_id
                and i.subscription = p_subscription.subscription
        )
    end
$$;
