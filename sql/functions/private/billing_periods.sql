-- Periods that subscription credits of an account were granted for and that end after an instant.
-- Without a start of its own a period began with its grant. What was granted within a period, or
-- carried over, makes none.
create or replace function credits_private.billing_periods(
    p_account_id text,
    p_after timestamptz
)
returns setof credits_private.usage_window
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select p.starts_at, max(p.ends_at), null::bigint
    from (
        select coalesce(l.period_start, l.granted_at) as starts_at, l.period_end as ends_at
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.period_end > p_after
            and l.origin not in ('rollover', 'restoration', 'upgrade')
    ) as p
    where p.starts_at < p.ends_at
    group by p.starts_at
$$;
