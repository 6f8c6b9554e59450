-- Meeting point of the subscription that an invoice bills, if any: who grants for it and who tells
-- of its state wait for each other there.
create or replace function credits_private.stripe_subscription_points(
    p_event credits_private.stripe_events,
    p_invoice jsonb
)
returns text[]
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(
        credits_private.stripe_wait_name(p_event, s.subscription, 'subscription')
    ), '{}')
    from (
        select credits_private.invoice_subscription(
            p_invoice, p_invoice #> '{lines,data,0}'
        ) as subscription
    ) as s
    where s.subscription is not null
$$;
