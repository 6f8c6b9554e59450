-- Violations between the holds of one account and its ledger.
create or replace function credits_private.verify_holds(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with tail as (
        select t.entry_id, t.next_event_at
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    about as (
        select l.about_entry_id as hold_id,
            coalesce(sum(l.amount) filter (where l.kind = 'release'), 0) as released,
            coalesce(-sum(l.amount) filter (where l.kind = 'capture'), 0) as captured
        from credits_private.ledger l
        where l.account_id = p_account_id and l.kind in ('capture', 'release', 'extend')
        group by l.about_entry_id
    ),
    taken as (
        select m.hold_id, m.lot_id, sum(m.amount) as net
        from (
            select coalesce(l.about_entry_id, l.entry_id) as hold_id, x.lot_id, x.amount
            from credits_private.ledger l
            cross join lateral credits_private.parts_of(l.allocations) as x
            where l.account_id = p_account_id and l.kind in ('hold', 'release')
        ) as m
        group by m.hold_id, m.lot_id
    ),
    per_hold as (
        select coalesce(h.hold_id, l.entry_id, b.hold_id) as hold_id,
            c.violation, c.expected, c.actual
        from (select q.* from credits_private.holds q where q.account_id = p_account_id) as h
        full join (
            select e.entry_id, e.amount
            from credits_private.ledger e
            where e.account_id = p_account_id and e.kind = 'hold'
        ) as l on l.entry_id = h.hold_id
        full join about b on b.hold_id = coalesce(h.hold_id, l.entry_id)
        cross join lateral (values
            ('hold and ledger do not know each other',
                h.hold_id is not null and l.entry_id is not null,
                l.entry_id::text, h.hold_id::text),
            ('amount of the hold is not what the ledger says',
                h.amount is not distinct from -l.amount,
                (-l.amount)::text, h.amount::text),
            ('captured of the hold is not what the ledger says',
                h.captured is not distinct from least(h.amount, coalesce(b.captured, 0)),
                least(h.amount, coalesce(b.captured, 0))::text, h.captured::text),
            ('what the hold gave up is not what the ledger says',
                case h.status when 'open' then h.captured else h.amount end
                    is not distinct from coalesce(b.released, 0),
                case h.status when 'open' then h.captured else h.amount end::text,
                coalesce(b.released, 0)::text),
            ('hold gave a lot more than it took from it', not exists (
                select from taken t where t.hold_id = h.hold_id and t.net > 0
            ), null, null),
            ('next event is later than the deadline of a hold',
                h.status <> 'open' or h.expires_at >= (select t.next_event_at from tail t),
                h.expires_at::text, (select t.next_event_at::text from tail t))
        ) as c (violation, holds, expected, actual)
        where c.holds is not true
    )
    select p_account_id, v.violation, v.hold_id, null::bigint, v.expected, v.actual from per_hold v
$$;
