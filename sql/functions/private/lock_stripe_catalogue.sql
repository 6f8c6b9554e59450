-- Locks what prices are worth, and everything that the events are about which wait for p_waits_for.
-- One lock for the whole catalogue: two changes at once would meet in the events that they wake.
create or replace function credits_private.lock_stripe_catalogue(p_waits_for text)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_point text;
begin
    perform credits_private.lock_meeting_point('catalogue');
    for v_point in
        select distinct x.point
        from credits_private.stripe_events e
        cross join lateral (
            select credits_private.stripe_wait_name(e, n.id)
            from unnest(credits_private.stripe_names(
                e, credits_private.stripe_object_ids(e.body #> '{data,object}')
            )) as n (id)
            union all
            select credits_private.stripe_wait_name(
                e, credits_private.stripe_id(e.body #> '{data,object,customer}'), 'customer'
            )
            where credits_private.stripe_id(e.body #> '{data,object,customer}') is not null
        ) as x (point)
        where e.waits_for = p_waits_for
        order by x.point
    loop
        perform credits_private.lock_meeting_point(v_point);
    end loop;
end
$$;
