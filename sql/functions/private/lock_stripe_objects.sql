-- Locks the meeting points of a payment under all its names, and of those of the events that wait
-- for p_points, and notes that p_ids belong together. Returns the names. Everybody locks in the
-- same order: the catalogue, then these, then accounts.
create or replace function credits_private.lock_stripe_objects(
    p_event credits_private.stripe_events,
    p_ids text[],
    p_points text[] default '{}'
)
returns text[]
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_locked text[] := array[]::text[];
    v_points text[];
    v_names text[];
    v_point text;
begin
    loop
        -- What was written while we waited may have brought more names.
        v_names := credits_private.stripe_names(p_event, p_ids);
        select array_agg(distinct x.point order by x.point) into v_points
        from (
            select p.point from unnest(p_points) as p (point)
            union all
            select credits_private.stripe_wait_name(p_event, n.id) from unnest(v_names) as n (id)
            union all
            select credits_private.stripe_wait_name(p_event, n.id)
            from credits_private.stripe_events e
            cross join lateral unnest(credits_private.stripe_names(
                e, credits_private.stripe_object_ids(e.body #> '{data,object}')
            )) as n (id)
            where e.waits_for = any (p_points) and e.waits_for is not null
        ) as x (point)
        where x.point <> all (v_locked);
        exit when v_points is null;
        foreach v_point in array v_points loop
            perform credits_private.lock_meeting_point(v_point);
        end loop;
        v_locked := v_locked || v_points;
    end loop;

    insert into credits_private.stripe_links (
        provider_account, livemode, object_id, other_id
    )
    select p_event.provider_account, p_event.livemode, a.id, b.id
    from unnest(p_ids[1:1]) as o (id)
    cross join unnest(p_ids[2:]) as t (id)
    cross join lateral (values (o.id, t.id), (t.id, o.id)) as x (a, b)
    cross join lateral (select x.a) as a (id)
    cross join lateral (select x.b) as b (id)
    where o.id <> t.id
    on conflict do nothing;
    return v_names;
end
$$;
