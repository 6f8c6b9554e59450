-- Name under which events wait for a payment.
create or replace function credits_private.stripe_wait_name(
    p_event credits_private.stripe_events,
    p_object_id text
)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select pg_catalog.concat_ws(
        ':', 'payment', p_event.provider_account, p_event.livemode, p_object_id
    )
$$;
