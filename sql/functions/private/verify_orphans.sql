-- Rows of accounts that do not exist.
create or replace function credits_private.verify_orphans()
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
        union all
        select distinct l.account_id, 'lots of an unknown account' from credits_private.lots l
        union all
        select distinct p.account_id, 'payments of an unknown account'
        from credits_private.payments p
    ) as o
    where not exists (select from credits_private.accounts a where a.account_id = o.account_id)
$$;
