-- Name under which events wait for an object: kind is payment, customer, lines, price or
-- product; it is also the name of a meeting point, of a subscription too.
create or replace function credits_private.stripe_wait_name(
    p_event credits_private.stripe_events,
    p_object_id text,
    p_kind text default 'payment'
)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select pg_catalog.concat_ws(
        ':', p_kind, p_event.provider_account, case when p_event.livemode then 't' else 'f' end,
        p_object_id
    )
$$;
