-- Where lots, holds and the newest entry of an account are not what its entries say. If the entries
-- contradict one another, only that is told.
create or replace function credits_private.differences(
    p_account_id text,
    p_rebuilt credits_private.rebuilt
)
returns setof credits.difference
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with lots as (
        select coalesce(r.lot_id, s.lot_id) as lot_id, r.lot_id as told, s.lot_id as stored,
            r.lot_id is not distinct from p_rebuilt.open_lot_id as is_out,
            r.origin, r.granted, r.credits, r.expired, r.clawed, r.clawed_at, r.granted_at,
            s as lot
        from unnest(p_rebuilt.lots) as r
        full join (
            select l.* from credits_private.lots l where l.account_id = p_account_id
        ) as s on s.lot_id = r.lot_id
    ),
    holds as (
        select coalesce(r.hold_id, s.hold_id) as hold_id, r.hold_id as told, s.hold_id as stored,
            r.amount, r.captured, r.status, s as hold
        from unnest(p_rebuilt.holds) as r
        full join (
            select h.* from credits_private.holds h where h.account_id = p_account_id
        ) as s on s.hold_id = r.hold_id
    ),
    tail as (
        select t.entry_id, t.next_event_at, t.open_lot_id, e.next_event_at as earliest,
            f.lot_id as first_lot_id,
            case
                when p_rebuilt.debt > 0 then t.open_lot_id is null
                when t.open_lot_id is null then f.lot_id is null
                else f.lot_id is null or o.rank <= f.rank
            end as is_first
        from credits_private.ledger t
        cross join lateral (
            select least(
                (select min((l.lot).expires_at) from lots l where l.credits > 0),
                (select min((h.hold).expires_at) from holds h where h.status = 'open'),
                (
                    select min(i.next_grant_at)
                    from credits_private.subscription_items i
                    where i.account_id = p_account_id
                )
            ) as next_event_at
        ) as e
        left join lateral (
            select l.lot_id,
                row((l.lot).priority, (l.lot).expires_at, l.lot_id) as rank
            from lots l
            where l.credits > 0
            order by (l.lot).priority, (l.lot).expires_at, l.lot_id
            limit 1
        ) as f on true
        left join lateral (
            select row((l.lot).priority, (l.lot).expires_at, l.lot_id) as rank
            from lots l
            where l.lot_id = t.open_lot_id
        ) as o on true
        where t.account_id = p_account_id and t.entry_id = p_rebuilt.entry_id
    )
    select b.* from unnest(p_rebuilt.broken) as b
    union all
    (
        select p_account_id, 'lot', l.lot_id, c.field, c.stored, c.rebuilt, c.is_repairable
        from lots l
        cross join lateral (values
            (1, 'lot_id', l.told = l.stored, l.stored::text, l.told::text, l.told is null),
            (2, 'origin', l.origin is null or (l.lot).origin = l.origin,
                (l.lot).origin, l.origin, true),
            (3, 'granted', (l.lot).granted = l.granted,
                (l.lot).granted::text, l.granted::text, true),
            (4, 'remaining', (l.lot).remaining = case when l.is_out then 0 else l.credits end,
                (l.lot).remaining::text, (case when l.is_out then 0 else l.credits end)::text,
                true),
            (5, 'expired', (l.lot).expired = l.expired,
                (l.lot).expired::text, l.expired::text, true),
            (6, 'clawed', (l.lot).clawed = l.clawed, (l.lot).clawed::text, l.clawed::text, true),
            (7, 'clawed_at', ((l.lot).clawed_at is null) = (l.clawed = 0),
                (l.lot).clawed_at::text, l.clawed_at::text, true),
            (8, 'is_open', (l.lot).is_open = (l.credits > 0) or l.is_out and l.credits = 0,
                (l.lot).is_open::text, (l.credits > 0)::text, true),
            (9, 'granted_at', (l.lot).granted_at = l.granted_at,
                (l.lot).granted_at::text, l.granted_at::text, true)
        ) as c (place, field, agrees, stored, rebuilt, is_repairable)
        where cardinality(p_rebuilt.broken) = 0
            and c.agrees is not true
            and (c.place = 1 or l.told = l.stored)
        order by l.lot_id, c.place
    )
    union all
    (
        select p_account_id, 'hold', h.hold_id, c.field, c.stored, c.rebuilt, c.is_repairable
        from holds h
        cross join lateral (values
            (1, 'hold_id', h.told = h.stored, h.stored::text, h.told::text, h.told is null),
            (2, 'amount', (h.hold).amount = h.amount,
                (h.hold).amount::text, h.amount::text, true),
            (3, 'captured', (h.hold).captured = h.captured,
                (h.hold).captured::text, h.captured::text, true),
            (4, 'status',
                (h.hold).status = h.status
                or h.status = 'expired' and (h.hold).status = 'released',
                (h.hold).status, h.status, true)
        ) as c (place, field, agrees, stored, rebuilt, is_repairable)
        where cardinality(p_rebuilt.broken) = 0
            and c.agrees is not true
            and (c.place = 1 or h.told = h.stored)
        order by h.hold_id, c.place
    )
    union all
    select p_account_id, 'tail', t.entry_id, c.field, c.stored, c.rebuilt, true
    from tail t
    cross join lateral (values
        ('next_event_at', t.earliest is null or t.next_event_at <= t.earliest,
            t.next_event_at::text, t.earliest::text),
        ('open_lot_id', t.is_first, t.open_lot_id::text, t.first_lot_id::text)
    ) as c (field, agrees, stored, rebuilt)
    where cardinality(p_rebuilt.broken) = 0 and c.agrees is not true
$$;
