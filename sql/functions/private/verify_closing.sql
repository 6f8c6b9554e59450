-- Violations of an account that is closed: it holds no credits and no holds, and if it was merged,
-- it owes nothing and nothing of it has stayed behind.
create or replace function credits_private.verify_closing(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select p_account_id, c.violation, c.entry_id, c.lot_id, c.expected, c.actual
    from credits_private.accounts a
    cross join lateral (
        select coalesce(sum(l.remaining), 0) + coalesce(max(t.open_lot_remaining), 0) as credits
        from (
            select e.open_lot_remaining
            from credits_private.ledger e
            where e.account_id = p_account_id
            order by e.entry_id desc
            limit 1
        ) as t
        left join credits_private.lots l on l.account_id = p_account_id
    ) as s
    cross join lateral (
        select null::bigint as entry_id, null::bigint as lot_id, 'closed account has credits',
            s.credits = 0, '0', s.credits::text
        union all
        select h.hold_id, null, 'closed account has an open hold', h.status <> 'open', 'closed',
            'open'
        from credits_private.holds h
        where h.account_id = p_account_id
        union all
        select null, l.lot_id, 'lot has stayed in a merged account',
            a.merged_into is null or l.moved_to_lot_id is not null, a.merged_into, null
        from credits_private.lots l
        where l.account_id = p_account_id
        union all
        select p.payment_id, null, 'payment has stayed in a merged account',
            a.merged_into is null or p.moved_to_payment_id is not null, a.merged_into, null
        from credits_private.payments p
        where p.account_id = p_account_id
        union all
        select r.payment_id, null, 'name of a payment has stayed in a merged account',
            a.merged_into is null, a.merged_into, r.object_id
        from credits_private.payment_refs r
        where r.account_id = p_account_id
        union all
        select null, null, 'subscription has stayed in a merged account',
            a.merged_into is null, a.merged_into, s.subscription
        from (
            select o.subscription
            from credits_private.subscriptions o
            where o.account_id = p_account_id
            union
            select i.subscription
            from credits_private.subscription_items i
            where i.account_id = p_account_id
        ) as s
        union all
        select null, null, 'account was merged into an unknown one',
            a.merged_into is null or exists (
                select from credits_private.accounts o where o.account_id = a.merged_into
            ), a.merged_into, null
    ) as c (entry_id, lot_id, violation, holds, expected, actual)
    where a.account_id = p_account_id and a.status = 'closed' and c.holds is not true
$$;
