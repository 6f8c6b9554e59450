-- Violations between this account and those that it gave credits to or got them from: entries name
-- each other, what one gave the other got, and transferred lots are what they were.
create or replace function credits_private.verify_pairs(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with named as (
        select l.entry_id, l.command_id, l.kind, l.amount, l.other_account_id, l.other_entry_id,
            o.command_id as other_command_id,
            o.kind = l.kind
                and o.other_account_id = p_account_id
                and o.other_entry_id in (l.entry_id, l.command_id) as is_answered
        from credits_private.ledger l
        left join credits_private.ledger o
            on o.account_id = l.other_account_id and o.entry_id = l.other_entry_id
        where l.account_id = p_account_id and l.other_account_id is not null
    ),
    commands as (
        select n.command_id, n.other_account_id, n.kind, min(n.entry_id) as entry_id,
            sum(n.amount) as moved, min(n.other_command_id) as other_command_id
        from named n
        group by n.command_id, n.other_account_id, n.kind
    ),
    received as (
        select n.entry_id, n.amount, l.lot_id, l.pool, l.priority, l.granted, l.cost_currency,
            l.from_lot_id, n.other_account_id, n.other_entry_id
        from named n
        join credits_private.lots l
            on l.account_id = p_account_id and l.lot_id = n.entry_id
        where n.kind = 'transfer'
    ),
    cost as (
        select l.from_lot_id as lot_id, sum(l.cost_amount) as moved
        from commands c
        join credits_private.ledger o
            on o.account_id = c.other_account_id
            and o.other_account_id = p_account_id
            and o.command_id = c.other_command_id
        join credits_private.lots l on l.account_id = o.account_id and l.lot_id = o.entry_id
        where c.kind = 'transfer' and l.from_account_id = p_account_id
        group by l.from_lot_id
    )
    select p_account_id, 'entry is not answered by that of the other account', n.entry_id,
        null::bigint, n.other_account_id || ': ' || n.other_entry_id, null::text
    from named n
    where n.is_answered is not true
    union all
    select p_account_id, 'what one account gave is not what the other one got', c.entry_id, null,
        (-c.moved)::text, o.moved::text
    from commands c
    cross join lateral (
        select coalesce(sum(e.amount), 0) as moved
        from credits_private.ledger e
        where e.account_id = c.other_account_id
            and e.other_account_id = p_account_id
            and e.command_id = c.other_command_id
            and e.kind = c.kind
    ) as o
    where o.moved <> -c.moved
    union all
    select p_account_id, 'transferred lot is not what the other account gave', null, r.lot_id,
        g.given, concat_ws(' ', r.granted, r.pool, r.priority, r.cost_currency)
    from received r
    left join lateral (
        select concat_ws(' ', -x.amount, l.pool, l.priority, l.cost_currency) as given
        from credits_private.ledger e
        cross join lateral credits_private.parts_of(e.allocations) as x
        join credits_private.lots l on l.account_id = e.account_id and l.lot_id = x.lot_id
        where e.account_id = r.other_account_id
            and e.entry_id = r.other_entry_id
            and x.lot_id = r.from_lot_id
    ) as g on true
    where g.given is distinct from concat_ws(' ', r.granted, r.pool, r.priority, r.cost_currency)
    union all
    select p_account_id, 'cost that left with transfers is not that of their lots', null, l.lot_id,
        (coalesce(c.moved, 0) + b.brought)::text, l.cost_moved::text
    from credits_private.lots l
    left join cost c on c.lot_id = l.lot_id
    cross join lateral (
        select coalesce(max((e.request -> 'moved' ->> 'cost_moved')::bigint), 0) as brought
        from credits_private.ledger e
        where e.account_id = p_account_id and e.entry_id = l.lot_id and e.kind = 'merge'
    ) as b
    where l.account_id = p_account_id and l.cost_moved <> coalesce(c.moved, 0) + b.brought
$$;
