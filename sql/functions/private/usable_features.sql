-- Names of the features that can be used at an instant, as a JSON array.
create or replace function credits_private.usable_features(p_at timestamptz)
returns jsonb
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(f.feature order by f.feature), '[]')
    from credits_private.features f
    where f.is_active and exists (
        select
        from credits_private.rate_cards c
        where c.feature = f.feature and c.valid_from <= p_at
    )
$$;
