-- Violations between an account that was merged and the one that took it over: each lot and payment
-- goes on there as it was.
create or replace function credits_private.verify_moved(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with merged as (
        select a.merged_into
        from credits_private.accounts a
        where a.account_id = p_account_id and a.merged_into is not null
    ),
    gone as (
        select l.entry_id, x.lot_id, x.amount
        from credits_private.ledger l
        cross join lateral credits_private.parts_of(l.allocations) as x
        where l.account_id = p_account_id
            and l.other_account_id is not null
            and l.kind = 'merge'
            and l.request ? 'into_account_id'
    ),
    moved as (
        select null::bigint as entry_id, l.lot_id,
            concat_ws(
                ' ', l.lot_id, l.granted, l.expired, l.clawed, l.cost_moved,
                -coalesce(g.amount, 0), l.pool, l.priority, l.origin, l.cost_amount,
                l.cost_currency
            ) as expected,
            (
                select concat_ws(
                    ' ', e.request -> 'moved' ->> 'entry_id', e.request -> 'moved' ->> 'granted',
                    e.request -> 'moved' ->> 'expired', e.request -> 'moved' ->> 'clawed',
                    e.request -> 'moved' ->> 'cost_moved', e.amount, n.pool, n.priority, n.origin,
                    n.cost_amount, n.cost_currency
                )
                from credits_private.ledger e
                join credits_private.lots n
                    on n.account_id = e.account_id and n.lot_id = e.entry_id
                where e.account_id = m.merged_into
                    and e.entry_id = l.moved_to_lot_id
                    and e.kind = 'merge'
                    and e.other_account_id = p_account_id
            ) as actual
        from merged m
        join credits_private.lots l
            on l.account_id = p_account_id and l.moved_to_lot_id is not null
        left join gone g on g.lot_id = l.lot_id
        union all
        select p.payment_id, null,
            concat_ws(
                ' ', p.payment_id, p.owed, p.settled, p.debt_paid, p.granted, p.amount_paid,
                p.currency, p.provider, p.object_id
            ),
            (
                select concat_ws(
                    ' ', e.request -> 'moved' ->> 'entry_id', -e.amount,
                    e.request -> 'moved' ->> 'settled', e.request -> 'moved' ->> 'debt_paid',
                    n.granted, n.amount_paid, n.currency, n.provider, n.object_id
                )
                from credits_private.ledger e
                join credits_private.payments n
                    on n.account_id = e.account_id and n.payment_id = e.entry_id
                where e.account_id = m.merged_into
                    and e.entry_id = p.moved_to_payment_id
                    and e.kind = 'merge'
                    and e.other_account_id = p_account_id
            )
        from merged m
        join credits_private.payments p
            on p.account_id = p_account_id and p.moved_to_payment_id is not null
    )
    select p_account_id, 'what went on in another account is not what it was here',
        v.entry_id, v.lot_id, v.expected, v.actual
    from moved v
    where v.actual is distinct from v.expected
$$;
