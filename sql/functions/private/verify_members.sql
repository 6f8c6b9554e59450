-- Violations between the ledger of one account and the caps and counters of its members.
create or replace function credits_private.verify_members(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with caps as (
        select k.member, k.period, k.cap
        from credits_private.member_caps k
        where k.account_id = p_account_id
    ),
    told as (
        select distinct on (l.member, l.request ->> 'period')
            l.entry_id, l.member, l.request ->> 'period' as period,
            (l.request ->> 'cap')::bigint as cap
        from credits_private.ledger l
        where l.account_id = p_account_id and l.kind = 'cap'
        order by l.member, l.request ->> 'period', l.entry_id desc
    ),
    counters as (
        select c.member, c.period, c.starts_at, c.ends_at, c.used
        from credits_private.usage_counters c
        where c.account_id = p_account_id and c.feature = ''
    ),
    uses as (
        select u.member, u.at, u.amount
        from credits_private.member_uses(p_account_id, null, 1) as u
        where exists (select from caps) or exists (select from counters)
    ),
    counted as (
        select k.member, k.period from caps k
        union
        select k.member, 'lifetime' from caps k
    )
    select p_account_id, v.violation, v.entry_id, null::bigint, v.expected, v.actual
    from (
        select 'member is not that of the entry that is followed up' as violation, f.entry_id,
            coalesce(e.member, 'nobody') as expected, coalesce(f.member, 'nobody') as actual
        from credits_private.ledger f
        join credits_private.ledger e
            on e.account_id = p_account_id and e.entry_id = f.about_entry_id
        where f.account_id = p_account_id and f.member is distinct from e.member
        union all
        select 'cap is not what the ledger says', t.entry_id,
            concat_ws(' ', coalesce(t.member, k.member), coalesce(t.period, k.period), t.cap),
            concat_ws(' ', coalesce(t.member, k.member), coalesce(t.period, k.period), k.cap)
        from told t
        full join caps k on k.member = t.member and k.period = t.period
        where t.cap is distinct from k.cap
        union all
        select 'counter is not what the ledger says', null,
            concat_ws(' ', c.member, c.period, c.starts_at, s.used),
            concat_ws(' ', c.member, c.period, c.starts_at, c.used)
        from counters c
        cross join lateral (
            select coalesce(sum(u.amount), 0) as used
            from uses u
            where u.member = c.member and u.at >= c.starts_at and u.at < c.ends_at
        ) as s
        where c.used <> s.used
        union all
        select 'counter belongs to no cap', null,
            'none', concat_ws(' ', c.member, c.period, c.starts_at)
        from counters c
        where not exists (
            select from counted k where k.member = c.member and k.period = c.period
        )
        union all
        select 'cap is not counted', null,
            concat_ws(' ', k.member, k.period), 'no counter of its newest period'
        from counted k
        cross join lateral (
            select max(c.ends_at) as ends_at
            from counters c
            where c.member = k.member and c.period = k.period
        ) as n
        where n.ends_at is null
            or exists (
                select
                from uses u
                where u.member = k.member and u.amount <> 0 and u.at >= n.ends_at
            )
    ) as v
$$;
