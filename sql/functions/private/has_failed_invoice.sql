-- Whether an invoice of a subscription at Stripe is open after an attempt to collect it. One that
-- has granted credits was paid, whatever is told of it later.
create or replace function credits_private.has_failed_invoice(
    p_event credits_private.stripe_events,
    p_subscription text
)
returns boolean
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from credits_private.stripe_invoices i
        where i.subscription = p_subscription
            and i.livemode = p_event.livemode
            and i.provider_account = p_event.provider_account
            and i.status = 'open'
            and i.attempts > 0
            and not exists (
                select
                from credits_private.payment_refs r
                where r.object_id = i.invoice
                    and r.provider = 'stripe'
                    and r.livemode = i.livemode
                    and r.provider_account = i.provider_account
            )
    )
$$;
