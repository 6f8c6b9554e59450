-- Credits that expire within a time from now, across all accounts: one row for each account and
-- instant, soonest first, one page. Counts what is left, that of open lots included. Locks nothing.
-- The two cursor arguments are expires_at and account_id of the last row seen.
-- Raises invalid_argument. For credits_service, credits_admin and credits_reader.
create or replace function credits.list_expiring(
    p_within interval,
    p_limit integer default 100,
    p_after_expires_at timestamptz default null,
    p_after_account_id text default null
)
returns setof credits.expiring
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
    v_until timestamptz;
    v_after_at timestamptz;
    v_after_account_id text collate "C" := coalesce(p_after_account_id, '');
begin
    perform credits_private.check_argument(
        'p_within',
        extract(epoch from p_within) > 0 and extract(epoch from p_within) <= 3155760000,
        'an interval above 0, at most 100 years'
    );
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_instant('p_after_expires_at', p_after_expires_at);
    perform credits_private.check_argument(
        'p_after_account_id',
        (p_after_account_id is null) = (p_after_expires_at is null)
        and (p_after_account_id is null or length(p_after_account_id) between 1 and 255),
        '1 to 255 characters, given together with p_after_expires_at'
    );
    v_until := v_now + credits_private.exact_interval(p_within);
    v_after_at := coalesce(p_after_expires_at, v_now);

    return query
    with due as (
        select l.expires_at, l.account_id, sum(c.credits)::bigint as credits, count(*) as lots
        from credits_private.lots l
        cross join lateral (
            select case
                when l.remaining > 0 then l.remaining
                else credits_private.checked_out(l.account_id, l.lot_id)
            end
        ) as c (credits)
        where l.is_open
            and (l.expires_at, l.account_id) > (v_after_at, v_after_account_id)
            and l.expires_at > v_now
            and l.expires_at <= v_until
            and c.credits > 0
        group by l.expires_at, l.account_id
        order by l.expires_at, l.account_id
        limit coalesce(p_limit, 100)
    )
    select d.account_id, a.status, d.expires_at, d.credits, d.lots, o.pools
    from due d
    left join credits_private.accounts a on a.account_id = d.account_id
    cross join lateral (
        select jsonb_object_agg(s.pool, s.credits) as pools
        from (
            select l.pool, sum(
                case
                    when l.remaining > 0 then l.remaining
                    else credits_private.checked_out(l.account_id, l.lot_id)
                end
            )::bigint as credits
            from credits_private.lots l
            where l.account_id = d.account_id and l.expires_at = d.expires_at and l.is_open
            group by l.pool
        ) as s
        where s.credits > 0
    ) as o
    order by d.expires_at, d.account_id;
end
$$;

comment on function credits.list_expiring(interval, integer, timestamptz, text) is
'Credits that expire within p_within from now, across all accounts, soonest first: one row for each
account and instant, with what is left in all its lots together and by pool. At most 1000 a page.

For the next page give expires_at and account_id of the last row as p_after_expires_at and
p_after_account_id. Credits that are held or used up are not in it. Days are counted as 24 hours.';
