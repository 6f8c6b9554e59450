-- Versions of what a feature costs, newest first, one page. Locks nothing. p_before is the
-- rate_card of the last row seen. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_rate_cards(
    p_feature text,
    p_limit integer default 100,
    p_before integer default null
)
returns setof credits.rate_card
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        'p_feature', p_feature is not null, 'name of a feature; list_features shows them'
    );
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    select r.*
    from credits_private.rate_cards c
    cross join lateral credits_private.rate_card_row(c) as r
    where c.feature = p_feature and (p_before is null or c.version < p_before)
    order by c.version desc
    limit coalesce(p_limit, 100);
end
$$;

comment on function credits.list_rate_cards(text, integer, integer) is
'What a feature has cost and will cost, newest version first, at most 1000 a page. For the next page
give the rate_card of the last row as p_before.';
