-- Idempotency key of what an event or object of Stripe books.
create or replace function credits_private.stripe_key(
    p_event credits_private.stripe_events,
    p_id text
)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select pg_catalog.concat_ws(
        ':', 'stripe', case when not p_event.livemode then 'test' end,
        nullif(p_event.provider_account, ''), p_id
    )
$$;
