-- Violations between the lots of one account and its ledger: what is left of each lot, the
-- balance, the open lot, debt, expiry.
create or replace function credits_private.verify_lots(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with tail as (
        select t.*
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    moved as (
        select m.lot_id,
            sum(m.amount) as net,
            coalesce(
                max((m.moved ->> 'granted')::bigint),
                sum(m.amount) filter (where m.entry_id = m.lot_id)
            ) as granted,
            coalesce(max((m.moved ->> 'expired')::bigint), 0)
                - coalesce(sum(m.amount) filter (where m.kind = 'expire'), 0) as expired,
            coalesce(max((m.moved ->> 'clawed')::bigint), 0) - coalesce(sum(m.amount) filter (
                where m.kind = 'clawback'
                or m.kind = 'restore' and m.amount > 0 and m.entry_id <> m.lot_id
            ), 0) as clawed
        from (
            select x.lot_id, x.amount, l.entry_id, l.kind,
                case when l.kind = 'merge' and l.entry_id = x.lot_id then l.request -> 'moved' end
                    as moved
            from credits_private.ledger l
            cross join lateral credits_private.parts_of(credits_private.allocations_of(l)) as x
            where l.account_id = p_account_id
        ) as m
        where m.lot_id <> 0
        group by m.lot_id
    ),
    held as (
        select l.lot_id, l.pool, l.priority, l.expires_at,
            l.granted, l.expired, l.clawed, l.is_open,
            coalesce(l.lot_id = t.open_lot_id, false) as is_out,
            l.remaining as in_lot,
            l.remaining
                + case when l.lot_id = t.open_lot_id then t.open_lot_remaining else 0 end as credits
        from credits_private.lots l
        left join tail t on true
        where l.account_id = p_account_id
    ),
    per_lot as (
        select coalesce(h.lot_id, m.lot_id) as lot_id, c.violation, c.expected, c.actual
        from held h
        full join moved m on m.lot_id = h.lot_id
        cross join lateral (values
            ('lot and ledger do not know each other',
                h.lot_id is not null and m.granted is not null,
                m.granted::text, h.granted::text),
            ('granted is not what the ledger says', h.granted is not distinct from m.granted,
                m.granted::text, h.granted::text),
            ('what is left of the lot is not what the ledger says',
                h.credits is not distinct from m.net,
                m.net::text, h.credits::text),
            ('what the lot lost to expiry is not what the ledger says',
                h.expired is not distinct from m.expired,
                m.expired::text, h.expired::text),
            ('what is clawed of the lot is not what the ledger says',
                h.clawed is not distinct from m.clawed,
                m.clawed::text, h.clawed::text),
            ('lot is open and empty', not h.is_open or h.is_out or h.in_lot > 0, 'closed', 'open'),
            ('lot holds more than it granted', h.credits between 0 and h.granted,
                h.granted::text, h.credits::text),
            ('open lot has credits in its row', not (h.is_out and h.in_lot <> 0),
                '0', h.in_lot::text),
            ('lot with credits is closed', h.is_open or h.credits = 0, 'open', 'closed')
        ) as c (violation, holds, expected, actual)
        where c.holds is not true
    ),
    overall as (
        select c.violation, t.entry_id, c.expected, c.actual
        from tail t
        cross join lateral (
            select coalesce(sum(h.credits), 0) as credits,
                credits_private.held_by(p_account_id) as held,
                coalesce(sum(h.credits) filter (where p.pays_debt), 0) as paying,
                coalesce(min(h.expires_at) filter (where h.credits > 0), 'infinity')
                    as next_event_at
            from held h
            left join credits_private.pools p on p.pool = h.pool
        ) as s
        left join held o on o.is_out
        left join lateral (
            select b.lot_id
            from held b
            where b.credits > 0
            order by b.priority, b.expires_at, b.lot_id
            limit 1
        ) as b on true
        cross join lateral (values
            ('balance is not lots less debt', t.balance = s.credits - t.debt,
                (s.credits - t.debt)::text, t.balance::text),
            ('debt while a paying pool holds credits', t.debt = 0 or s.paying = 0,
                '0', s.paying::text),
            ('debt while a lot is open', t.debt = 0 or t.open_lot_id is null,
                'none', t.open_lot_id::text),
            ('open lot is unknown', t.open_lot_id is null or o.lot_id is not null,
                'a lot', t.open_lot_id::text),
            ('open lot is not the first in burn order',
                t.debt > 0 or b.lot_id is null or t.open_lot_id is not distinct from b.lot_id
                or (t.open_lot_remaining = 0 and (o.priority, o.expires_at, o.lot_id) <= (
                    select f.priority, f.expires_at, f.lot_id from held f where f.lot_id = b.lot_id
                )),
                b.lot_id::text, t.open_lot_id::text),
            ('next event is later than the earliest expiry', t.next_event_at <= s.next_event_at,
                s.next_event_at::text, t.next_event_at::text),
            ('account holds more than the limit',
                s.credits + s.held <= 9007199254740991 and t.debt <= 9007199254740991,
                '9007199254740991', greatest(s.credits + s.held, t.debt)::text)
        ) as c (violation, holds, expected, actual)
        where c.holds is not true
    )
    select p_account_id, v.violation, null::bigint, v.lot_id, v.expected, v.actual from per_lot v
    union all
    select p_account_id, v.violation, v.entry_id, null::bigint, v.expected, v.actual from overall v
$$;
