-- Violations of these accounts, each one by itself. One statement, so that the checks are planned
-- once for all of them and not once for each.
create or replace function credits_private.verify_accounts(p_account_ids text[])
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select f.account_id, f.violation, f.entry_id, f.lot_id, f.expected, f.actual
    from unnest(p_account_ids) as a (account_id)
    cross join lateral (
        select 1 as part, o.* from credits_private.verify_opening(a.account_id) as o
        union all
        select 2, e.* from credits_private.verify_entries(a.account_id) as e
        union all
        select 3, l.* from credits_private.verify_lots(a.account_id) as l
        union all
        select 4, p.* from credits_private.verify_payments(a.account_id) as p
        union all
        select 5, h.* from credits_private.verify_holds(a.account_id) as h
        union all
        select 6, s.* from credits_private.verify_chain(a.account_id) as s
        union all
        select 7, m.* from credits_private.verify_members(a.account_id) as m
        union all
        select 8, c.* from credits_private.verify_closing(a.account_id) as c
        union all
        select 9, x.* from credits_private.verify_pairs(a.account_id) as x
        union all
        select 10, m.* from credits_private.verify_moved(a.account_id) as m
        union all
        select 11, s.* from credits_private.verify_subscriptions(a.account_id) as s
    ) as f
    order by f.account_id collate "C", f.part, f.entry_id, f.lot_id, f.violation
$$;
