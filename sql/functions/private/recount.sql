-- Makes the counters of one period anew from the ledger and what the command has booked: for all
-- members that have a cap of it, or for one. Lifetime is counted for all that have any cap.
create or replace function credits_private.recount(
    p_state credits_private.account_state,
    p_period text,
    p_member text default null
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id text := p_state.account_id;
    v_members text[];
    v_now credits_private.usage_window;
    v_first_entry_id bigint;
begin
    delete from credits_private.usage_counters c
    where c.account_id = v_account_id
        and c.feature = ''
        and c.period = p_period
        and (p_member is null or c.member = p_member);
    select array_agg(distinct k.member) into v_members
    from credits_private.member_caps k
    where k.account_id = v_account_id
        and (p_period = 'lifetime' or k.period = p_period)
        and (p_member is null or k.member = p_member);
    if v_members is null then
        return;
    end if;

    v_now := credits_private.cap_window(v_account_id, p_period, p_state.now);
    select credits_private.last_entry_before(
        v_account_id, least(v_now.starts_at, min(b.starts_at))
    ) + 1 into v_first_entry_id
    from credits_private.billing_periods(v_account_id, p_state.now) as b
    where p_period = 'billing_period';

    with uses as (
        select u.member, u.at, u.amount
        from credits_private.member_uses(
            v_account_id, p_member, v_first_entry_id, p_state.entries
        ) as u
        where u.member = any (v_members)
    ),
    windows as (
        select w.starts_at, max(w.ends_at) as ends_at
        from (
            select v_now.starts_at, v_now.ends_at
            union all
            select b.starts_at, b.ends_at
            from credits_private.billing_periods(v_account_id, p_state.now) as b
            where p_period = 'billing_period'
            union all
            -- The clock ran ahead, and has been put back.
            select a.starts_at, a.ends_at
            from (select distinct u.at from uses u where u.at >= v_now.ends_at) as f
            cross join lateral credits_private.cap_window(v_account_id, p_period, f.at) as a
        ) as w
        group by w.starts_at
    )
    insert into credits_private.usage_counters
    select v_account_id, m.member, '', p_period, w.starts_at, w.ends_at, coalesce(
        (
            select sum(u.amount)
            from uses u
            where u.member = m.member and u.at >= w.starts_at and u.at < w.ends_at
        ), 0
    )
    from unnest(v_members) as m (member)
    cross join windows w;
end
$$;
