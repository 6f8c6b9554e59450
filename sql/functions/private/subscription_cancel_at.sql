-- When a subscription is going to end, in any API version; null while that is open.
create or replace function credits_private.subscription_cancel_at(p_subscription jsonb)
returns timestamptz
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        to_timestamp((p_subscription ->> 'cancel_at')::bigint),
        case when p_subscription ->> 'cancel_at_period_end' = 'true' then
            credits_private.subscription_period(p_subscription, 'end')
        end
    )
$$;
