-- Account that a customer of Stripe stands for: as it was linked here, else as the metadata of the
-- customer names it, else as the newest purchase did. Null if none is known.
create or replace function credits_private.customer_account(
    p_event credits_private.stripe_events,
    p_customer text
)
returns text
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(c.linked_account_id, c.named_account_id, c.seen_account_id)
    from credits_private.stripe_customers c
    where c.customer = p_customer
        and c.livemode = p_event.livemode
        and c.provider_account = p_event.provider_account
$$;
