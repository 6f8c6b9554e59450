-- What each lot held right after an entry (0: before the first one), from the entries alone. Lots
-- that held nothing are left out. What was spent from the open lot between two other entries is the
-- difference of their balances, so that those spends need not be read.
create or replace function credits_private.lots_after(p_account_id text, p_entry_id bigint)
returns table (lot_id bigint, credits bigint)
language sql
stable
parallel safe
security invoker
as $$
    with booked as (
        select l.entry_id, l.balance - l.amount as before, l.balance, l.open_lot_id, l.allocations
        from credits_private.ledger l
        where l.account_id = p_account_id
            and l.entry_id <= p_entry_id
            and l.allocations is not null
    )
    select m.lot_id, pg_catalog.sum(m.amount)::bigint
    from (
        select x.lot_id, x.amount
        from booked b
        cross join lateral credits_private.parts_of(b.allocations) as x
        union all
        select b.open_lot_id,
            coalesce(pg_catalog.lead(b.before) over (order by b.entry_id), n.balance) - b.balance
        from booked b
        left join credits_private.ledger n
            on n.account_id = p_account_id and n.entry_id = p_entry_id
    ) as m
    where m.lot_id > 0
    group by m.lot_id
    having pg_catalog.sum(m.amount) <> 0
$$;
