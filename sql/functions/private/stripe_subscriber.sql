-- Account that has got the credits of a subscription at Stripe, by its newest invoice that granted
-- any; null if none has.
create or replace function credits_private.stripe_subscriber(
    p_event credits_private.stripe_events,
    p_subscription text
)
returns text
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select r.account_id
    from credits_private.stripe_invoices i
    join credits_private.payment_refs r
        on r.object_id = i.invoice
            and r.provider = 'stripe'
            and r.livemode = i.livemode
            and r.provider_account = i.provider_account
    where i.subscription = p_subscription
        and i.livemode = p_event.livemode
        and i.provider_account = p_event.provider_account
    order by i.event_at desc, i.invoice desc
    limit 1
$$;
