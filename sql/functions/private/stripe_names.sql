-- All names of the payment that has one of these, as far as they are known, in order.
create or replace function credits_private.stripe_names(
    p_event credits_private.stripe_events,
    p_ids text[]
)
returns text[]
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        with recursive names (id) as (
            select x.id collate "C" from unnest(p_ids) as x (id) where x.id is not null
            union
            select l.other_id
            from names n
            join credits_private.stripe_links l on l.object_id = n.id
            where l.livemode = p_event.livemode and l.provider_account = p_event.provider_account
        )
        select coalesce(array_agg(n.id order by n.id), '{}') from names n
    );
end
$$;
