-- Features by name, one page, each with the rate card that counts now. Locks nothing. p_after is
-- the feature of the last row seen. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_features(
    p_limit integer default 100,
    p_after text default null,
    p_active_only boolean default false
)
returns setof credits.feature
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
begin
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_text('p_after', p_after);
    return query
    select r.*
    from (
        select f.*
        from credits_private.features f
        where (p_after is null or f.feature > p_after)
            and (f.is_active or not coalesce(p_active_only, false))
        order by f.feature
        limit coalesce(p_limit, 100)
    ) as p
    cross join lateral credits_private.feature_row(
        row(p.*)::credits_private.features, v_now
    ) as r
    order by p.feature;
end
$$;

comment on function credits.list_features(integer, text, boolean) is
'Features by name with what they cost now, at most 1000 a page. For the next page give the feature
of the last row as p_after.';
