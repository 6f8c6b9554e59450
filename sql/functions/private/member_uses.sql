-- What members used, from an entry of the account on and with the entries that a running command
-- has booked: each spend, hold and over-capture at its time, and each return at the time of the
-- spend or hold that it follows up. Returns about older entries are left out. p_member null: all.
create or replace function credits_private.member_uses(
    p_account_id text,
    p_member text,
    p_first_entry_id bigint,
    p_booked credits_private.ledger[] default '{}'
)
returns setof credits_private.member_use
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with entries as (
        select l.entry_id, l.kind, l.amount, l.about_entry_id, l.member, l.occurred_at
        from credits_private.ledger l
        where l.account_id = p_account_id
            and l.entry_id >= p_first_entry_id
            and l.member is not null
            and (p_member is null or l.member = p_member)
        union all
        select b.entry_id, b.kind, b.amount, b.about_entry_id, b.member, b.occurred_at
        from unnest(p_booked) as b
        where b.member is not null and (p_member is null or b.member = p_member)
    ),
    -- What a capture took of its hold is what the release right before it gave up for it.
    captures as (
        select c.entry_id, c.about_entry_id, c.occurred_at, -c.amount as amount,
            -c.amount - least(-c.amount, coalesce(r.amount, 0)) as over
        from entries c
        left join entries r
            on r.entry_id = c.entry_id - 1
            and r.kind = 'release'
            and r.about_entry_id = c.about_entry_id
        where c.kind = 'capture'
    ),
    -- The end of a capture comes back first, and that is what it took above its hold.
    refunds as (
        select f.about_entry_id, f.amount,
            sum(f.amount) over (partition by f.about_entry_id order by f.entry_id) as until_now
        from entries f
        where f.kind = 'refund'
    )
    select e.member, e.occurred_at, -e.amount
    from entries e
    where e.kind in ('spend', 'hold')
    union all
    select h.member, h.occurred_at, -r.amount
    from entries r
    join entries h on h.entry_id = r.about_entry_id and h.kind = 'hold'
    where r.kind = 'release'
    union all
    select h.member, h.occurred_at, c.amount - c.over
    from captures c
    join entries h on h.entry_id = c.about_entry_id and h.kind = 'hold'
    union all
    select e.member, c.occurred_at, c.over
    from captures c
    join entries e on e.entry_id = c.entry_id
    where c.over > 0
    union all
    select s.member, s.occurred_at, -f.amount
    from refunds f
    join entries s on s.entry_id = f.about_entry_id and s.kind = 'spend'
    union all
    select e.member, c.occurred_at,
        least(c.over, f.until_now - f.amount) - least(c.over, f.until_now)
    from refunds f
    join captures c on c.entry_id = f.about_entry_id
    join entries e on e.entry_id = c.entry_id
    where c.over > 0
    union all
    select h.member, h.occurred_at,
        greatest(c.over, f.until_now - f.amount) - greatest(c.over, f.until_now)
    from refunds f
    join captures c on c.entry_id = f.about_entry_id
    join entries h on h.entry_id = c.about_entry_id and h.kind = 'hold'
$$;
