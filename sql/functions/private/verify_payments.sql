-- Violations between the payments of one account, its lots and its debt.
create or replace function credits_private.verify_payments(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with tail as (
        select t.entry_id, t.debt
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    bought as (
        select l.payment_id,
            sum(l.granted) filter (where l.origin not in ('rollover', 'restoration')) as granted,
            sum(l.clawed) as clawed,
            sum(l.expired) as expired
        from credits_private.lots l
        where l.account_id = p_account_id and l.payment_id is not null
        group by l.payment_id
    ),
    settlements as (
        select l.entry_id, l.kind, l.amount as moved, x.lot_id, x.amount
        from credits_private.ledger l
        cross join lateral credits_private.parts_of(l.allocations) as x
        where l.account_id = p_account_id and l.kind in ('settle', 'restore')
    ),
    paid_debt as (
        select l.payment_id, -sum(s.amount) as debt_paid
        from settlements s
        join credits_private.lots l on l.account_id = p_account_id and l.lot_id = s.lot_id
        where s.kind = 'settle' and l.payment_id is not null
        group by l.payment_id
    ),
    brought as (
        select l.entry_id as payment_id,
            (l.request -> 'moved' ->> 'settled')::bigint as settled,
            (l.request -> 'moved' ->> 'debt_paid')::bigint as debt_paid
        from credits_private.ledger l
        where l.account_id = p_account_id
            and l.other_account_id is not null
            and l.kind = 'merge'
            and l.request -> 'moved' ? 'settled'
    ),
    scheduled as (
        select (x.part ->> 0)::bigint as payment_id,
            sum((x.part ->> 1)::numeric * credits_private.grants_to_come(i)) as credits
        from credits_private.subscription_items i
        cross join lateral jsonb_array_elements(i.parts) as x (part)
        where i.account_id = p_account_id
        group by (x.part ->> 0)::bigint
    ),
    per_payment as (
        select coalesce(p.payment_id, b.payment_id) as payment_id, c.violation, c.expected, c.actual
        from (select q.* from credits_private.payments q where q.account_id = p_account_id) as p
        full join bought b on b.payment_id = p.payment_id
        left join (
            select coalesce(x.payment_id, m.payment_id) as payment_id,
                coalesce(x.debt_paid, 0) + coalesce(m.debt_paid, 0) as debt_paid
            from paid_debt x
            full join brought m on m.payment_id = x.payment_id
        ) as d on d.payment_id = p.payment_id
        left join scheduled s on s.payment_id = p.payment_id
        cross join lateral (values
            ('granted of the payment is not that of its lots',
                p.granted = coalesce(b.granted, 0) + p.pending,
                (coalesce(b.granted, 0) + coalesce(p.pending, 0))::text, p.granted::text),
            ('clawed of the payment is not that of its lots',
                p.clawed = coalesce(b.clawed, 0),
                coalesce(b.clawed, 0)::text, p.clawed::text),
            ('covered exceeds what expired', p.covered <= coalesce(b.expired, 0),
                coalesce(b.expired, 0)::text, p.covered::text),
            ('withheld exceeds what is pending', p.withheld between 0 and p.pending,
                p.pending::text, p.withheld::text),
            ('pending is less than what is still scheduled', p.pending >= coalesce(s.credits, 0),
                s.credits::text, p.pending::text),
            ('debt paid by its lots is not what the ledger says',
                p.debt_paid = coalesce(d.debt_paid, 0),
                coalesce(d.debt_paid, 0)::text, p.debt_paid::text),
            ('parts of the target do not add up',
                p.withheld + p.clawed + p.covered + p.owed + p.settled + p.written_off = p.target,
                (p.withheld + p.clawed + p.covered + p.owed + p.settled + p.written_off)::text,
                p.target::text),
            ('target is out of range', p.target between 0 and p.granted,
                p.granted::text, p.target::text),
            ('less is taken back than was demanded', p.target >= p.demanded,
                p.demanded::text, p.target::text),
            ('payment has no name', p.moved_to_payment_id is not null or exists (
                select
                from credits_private.payment_refs r
                where r.object_id = p.object_id and r.account_id = p_account_id
                    and r.payment_id = p.payment_id
            ), p.object_id, null)
        ) as c (violation, holds, expected, actual)
        where c.holds is not true
    )
    select p_account_id, v.violation, v.payment_id, null::bigint, v.expected, v.actual
    from per_payment v
    union all
    select p_account_id, 'debt is not what the payments owe', t.entry_id, null::bigint,
        o.owed::text, t.debt::text
    from tail t
    cross join lateral (
        select coalesce(sum(p.owed), 0) as owed
        from credits_private.payments p
        where p.account_id = p_account_id and p.moved_to_payment_id is null
    ) as o
    where o.owed <> t.debt
    union all
    select p_account_id, 'debt settled is not what the ledger says', t.entry_id, null::bigint,
        o.expected::text, o.actual::text
    from tail t
    cross join lateral (
        select (
            select coalesce(sum(
                case when s.kind = 'settle' and s.lot_id = 0 then s.amount
                    when s.kind = 'restore' and s.lot_id = s.entry_id and s.moved > 0 then -s.amount
                end
            ), 0)
            from settlements s
        ) + (select coalesce(sum(m.settled), 0) from brought m) as expected,
        (
            select coalesce(sum(p.settled), 0)
            from credits_private.payments p
            where p.account_id = p_account_id
        ) as actual
    ) as o
    where o.expected <> o.actual
$$;
