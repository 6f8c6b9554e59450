-- Rows that belong to no account or no payment, of the account ids from p_from to p_until, both
-- included; null means up to the last one that any table has.
create or replace function credits_private.verify_orphans(p_from text, p_until text)
returns setof credits.finding
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Two bounds in every case: a condition that may be null would read the whole index.
    v_until text collate "C" := coalesce(p_until, greatest(
        (select max(l.account_id) from credits_private.ledger l),
        (select max(l.account_id) from credits_private.lots l),
        (select max(p.account_id) from credits_private.payments p),
        (select max(h.account_id) from credits_private.holds h),
        (select max(k.account_id) from credits_private.member_caps k),
        (select max(c.account_id) from credits_private.usage_counters c),
        (select max(r.account_id) from credits_private.payment_refs r),
        (select max(s.account_id) from credits_private.seals s),
        (select max(s.account_id) from credits_private.subscriptions s),
        (select max(i.account_id) from credits_private.subscription_items i)
    ));
begin
    return query
    select o.account_id, o.violation, null::bigint, null::bigint, 'an account'::text, 'none'::text
    from (
        select distinct l.account_id, 'ledger of an unknown account' as violation
        from credits_private.ledger l
        where l.account_id >= p_from and l.account_id <= v_until
        union all
        select distinct l.account_id, 'lots of an unknown account'
        from credits_private.lots l
        where l.account_id >= p_from and l.account_id <= v_until
        union all
        select distinct p.account_id, 'payments of an unknown account'
        from credits_private.payments p
        where p.account_id >= p_from and p.account_id <= v_until
        union all
        select distinct h.account_id, 'holds of an unknown account'
        from credits_private.holds h
        where h.account_id >= p_from and h.account_id <= v_until
        union all
        select distinct s.account_id, 'seals of an unknown account'
        from credits_private.seals s
        where s.account_id >= p_from and s.account_id <= v_until
        union all
        select distinct k.account_id, 'caps of an unknown account'
        from credits_private.member_caps k
        where k.account_id >= p_from and k.account_id <= v_until
        union all
        select distinct c.account_id, 'counters of an unknown account'
        from credits_private.usage_counters c
        where c.account_id >= p_from and c.account_id <= v_until
        union all
        select distinct s.account_id, 'subscriptions of an unknown account'
        from credits_private.subscriptions s
        where s.account_id >= p_from and s.account_id <= v_until
        union all
        select distinct i.account_id, 'items of an unknown account'
        from credits_private.subscription_items i
        where i.account_id >= p_from and i.account_id <= v_until
    ) as o
    where not exists (
        select from credits_private.accounts a where a.account_id = o.account_id
    )
    union all
    select r.account_id, 'name of an unknown payment', r.payment_id, null::bigint,
        'a payment', r.object_id
    from credits_private.payment_refs r
    where r.account_id >= p_from and r.account_id <= v_until
        and not exists (
            select
            from credits_private.payments p
            where p.account_id = r.account_id and p.payment_id = r.payment_id
        )
    order by 1, 2, 3, 6;
end
$$;
