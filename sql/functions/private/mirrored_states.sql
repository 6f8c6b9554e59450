-- All states that are known of a product or price (p_kind), each with the instant from which it
-- counts.
create or replace function credits_private.mirrored_states(
    p_event credits_private.stripe_events,
    p_kind text,
    p_object_id text
)
returns table (valid_from timestamptz, object jsonb, is_unsure boolean)
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select p.valid_from, p.object, p.is_unsure
    from credits_private.stripe_products p
    where p_kind = 'product'
        and p.product = p_object_id
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
    union all
    select p.valid_from, p.object, p.is_unsure
    from credits_private.stripe_prices p
    where p_kind = 'price'
        and p.price = p_object_id
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
$$;
