-- What the overdue holds of locked accounts give back, and to which lots: of each account the
-- due_limit earliest holds, and one more. Where there is debt, or a payment that lacks credits or
-- had them paid by others, what comes back moves on: there the first hold has to be ended alone.
create or replace function credits_private.overdue_parts(
    p_states credits_private.account_state[]
)
returns credits_private.due_part[]
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_holds credits_private.due_part[];
begin
    select array_agg(
        row(
            s.account_id, h.hold_id, h.expires_at, 0, null, h.held, null, null, null, null, null,
            null, m.moves_on
        )::credits_private.due_part
    ) into v_holds
    from unnest(p_states) as s
    cross join lateral (
        select s.debt > 0 or exists (
            select
            from credits_private.payments p
            where p.account_id = s.account_id and p.owed + p.settled + p.written_off > 0
        ) as moves_on
    ) as m
    cross join lateral (
        select o.hold_id, o.expires_at, o.amount - o.captured as held
        from credits_private.holds o
        where o.account_id = s.account_id and o.status = 'open' and o.expires_at <= s.now
        order by o.expires_at, o.hold_id
        limit case when m.moves_on then 1 else s.due_limit + 1 end
    ) as h;

    return array(
        with ended as materialized (
            select h.*, l.member as holder, l.occurred_at as taken_at,
                credits_private.reverse_allocations(l.allocations, 0, h.amount) as returned
            from unnest(v_holds) as h
            join credits_private.ledger l
                on l.account_id = h.account_id and l.entry_id = h.hold_id
            where not h.is_alone
        )
        select row(
            p.account_id, p.hold_id, p.deadline, p.ordinal, p.lot_id, p.amount, p.returned,
            p.holder, p.taken_at, p.priority, p.ends_at, p.is_open, false
        )::credits_private.due_part
        from (
            select e.account_id, e.hold_id, e.deadline, 0 as ordinal, null::bigint as lot_id,
                e.amount, e.returned, e.holder, e.taken_at, null::integer as priority,
                null::timestamptz as ends_at, null::boolean as is_open
            from ended e
            union all
            select e.account_id, e.hold_id, e.deadline, x.ordinal, x.lot_id, x.amount, null, null,
                null, l.priority, l.expires_at, l.is_open
            from ended e
            cross join lateral credits_private.parts_of(e.returned) as x
            join credits_private.lots l
                on l.account_id = e.account_id and l.lot_id = x.lot_id
        ) as p
        union all
        select h from unnest(v_holds) as h where h.is_alone
    );
end
$$;
