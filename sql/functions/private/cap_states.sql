-- Caps of a member and what is used of each in the period that an instant lies in. is_counted is
-- false where that period has no counter yet.
create or replace function credits_private.cap_states(
    p_account_id text,
    p_member text,
    p_at timestamptz
)
returns table (
    period text,
    cap bigint,
    starts_at timestamptz,
    ends_at timestamptz,
    used bigint,
    is_counted boolean
)
language sql
stable
parallel safe
security invoker
as $$
    select k.period, k.cap,
        coalesce(c.starts_at, w.starts_at),
        coalesce(c.ends_at, w.ends_at),
        coalesce(c.used, w.used),
        c.used is not null
    from credits_private.member_caps k
    left join lateral (
        select u.starts_at, u.ends_at, u.used
        from credits_private.usage_counters u
        where u.account_id = p_account_id
            and u.member = p_member
            and u.feature = ''
            and u.period = k.period
            and u.starts_at <= p_at
            and u.ends_at > p_at
        order by u.starts_at desc
        limit 1
    ) as c on true
    left join lateral (
        select n.starts_at, n.ends_at, n.used
        from credits_private.uncounted_window(p_account_id, p_member, k.period, p_at) as n
        where c.used is null
    ) as w on true
    where k.account_id = p_account_id and k.member = p_member
$$;
