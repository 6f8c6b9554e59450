-- Names under which events wait for a payment with these names.
create or replace function credits_private.stripe_wait_names(
    p_event credits_private.stripe_events,
    p_names text[]
)
returns text[]
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(credits_private.stripe_wait_name(p_event, n.id)), '{}')
    from unnest(p_names) as n (id)
$$;
