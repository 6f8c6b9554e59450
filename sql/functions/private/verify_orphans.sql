-- Rows that belong to no account or no payment; of one account, or of all.
create or replace function credits_private.verify_orphans(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select o.account_id, o.violation, null::bigint, null::bigint, 'an account'::text, 'none'::text
    from (
        select distinct l.account_id, 'ledger of an unknown account' as violation
        from credits_private.ledger l
        where p_account_id is null or l.account_id = p_account_id
        union all
        select distinct l.account_id, 'lots of an unknown account'
        from credits_private.lots l
        where p_account_id is null or l.account_id = p_account_id
        union all
        select distinct p.account_id, 'payments of an unknown account'
        from credits_private.payments p
        where p_account_id is null or p.account_id = p_account_id
        union all
        select distinct h.account_id, 'holds of an unknown account'
        from credits_private.holds h
        where p_account_id is null or h.account_id = p_account_id
    ) as o
    where not exists (
        select from credits_private.accounts a where a.account_id = o.account_id
    )
    union all
    select r.account_id, 'name of an unknown payment', r.payment_id, null::bigint,
        'a payment', r.object_id
    from credits_private.payment_refs r
    where (p_account_id is null or r.account_id = p_account_id)
        and not exists (
            select
            from credits_private.payments p
            where p.account_id = r.account_id and p.payment_id = r.payment_id
        )
$$;
