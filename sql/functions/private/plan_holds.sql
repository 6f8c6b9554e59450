-- What plan_lots says, for locked accounts with overdue holds: at most due_limit lots and holds of
-- each, in the order of time, lots before holds and then by number. A hold gives back, by a command
-- dated at its deadline, what it holds still; what that finds in an ended lot is breakage. A hold
-- that has to be ended alone is named where it is the next one.
-- Lots and holds are put below one another, so that windows can see both, and joined to nothing.
create or replace function credits_private.plan_holds(
    p_states credits_private.account_state[],
    p_checks_out boolean
)
returns credits_private.due_plan
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_parts credits_private.due_part[] := credits_private.overdue_parts(p_states);
    v_actor text := credits_private.actor();
    v_plan credits_private.due_plan;
begin
    with account as materialized (
        select s.account_id, s.ordinality, s.now, s.due_limit, s.entry_id, s.balance, s.debt,
            s.open_lot_id, s.open_lot_remaining,
            greatest(s.now, s.created_at) as created_at,
            least(h.expires_at, g.next_grant_at) as later_at
        from unnest(p_states) with ordinality as s
        left join lateral (
            select y.expires_at
            from credits_private.holds y
            where y.account_id = s.account_id and y.status = 'open' and y.expires_at > s.now
            order by y.expires_at, y.hold_id
            limit 1
        ) as h on true
        cross join lateral (
            select min(i.next_grant_at) as next_grant_at
            from credits_private.subscription_items i
            where i.account_id = s.account_id
        ) as g
    ),
    -- Step 0 is the end of a lot, step 1 that of a hold: the whole of it (part 0), then its parts.
    event as (
        select a.account_id, a.ordinality, a.now, a.due_limit, a.entry_id, a.balance, a.debt,
            a.open_lot_id, a.created_at, a.later_at,
            l.expires_at as at, 0 as step, l.lot_id as id, 0::bigint as part, l.lot_id,
            case when l.lot_id = a.open_lot_id then a.open_lot_remaining else l.remaining end
                as amount,
            l.priority, l.expires_at as ends_at,
            null::jsonb as allocations, null::text as member, null::timestamptz as held_at,
            l.lot_id is not null as was_open, false as is_alone
        from account a
        left join credits_private.lots l on l.account_id = a.account_id and l.is_open
        union all
        select distinct p.account_id, null::bigint, null::timestamptz, null::bigint, null::bigint,
            null::bigint, null::bigint, null::bigint, null::timestamptz, null::timestamptz,
            p.ends_at, 0, p.lot_id, 0::bigint, p.lot_id, 0::bigint, p.priority, p.ends_at,
            null::jsonb, null::text, null::timestamptz, false, false
        from unnest(v_parts) as p
        where not p.was_open
        union all
        select p.account_id, null, null, null, null, null, null, null, null, null,
            p.deadline, 1, p.hold_id, p.ordinal, p.lot_id, p.amount, p.priority, p.ends_at,
            p.allocations, p.member, p.held_at, false, p.is_alone
        from unnest(v_parts) as p
    ),
    of_account as (
        select e.at, e.step, e.id, e.part, e.lot_id, e.amount, e.priority, e.ends_at,
            e.allocations, e.member, e.held_at, e.is_alone, e.account_id,
            max(e.ordinality) over whole as ordinality,
            max(e.due_limit) over whole as due_limit,
            max(e.entry_id) over whole as entry_id,
            max(e.balance) over whole as balance,
            max(e.debt) over whole as debt,
            max(e.open_lot_id) over whole as open_lot_id,
            max(e.created_at) over whole as created_at,
            max(e.later_at) over whole as later_at,
            max(e.id) filter (where e.is_alone) over whole as alone_id,
            least(max(e.now) over whole, min(e.at) filter (where e.is_alone) over whole) as until,
            (sum(e.amount) over in_lot)::bigint as in_lot,
            -- A lot that was used up before ends only if something has come back to it by then.
            e.part = 0 and (e.step = 1 or e.was_open or sum(e.amount) over in_lot > 0) as counts
        from event e
        window whole as (partition by e.account_id),
            in_lot as (
                partition by e.account_id, e.lot_id order by e.at, e.step, e.id, e.part
            )
    ),
    in_time as (
        select o.*,
            count(*) filter (where o.counts) over in_order as event_number,
            coalesce(
                o.at <= o.until
                and count(*) filter (where o.counts) over in_order <= o.due_limit,
                false
            ) as is_taken
        from of_account o
        where not o.is_alone
        window in_order as (partition by o.account_id order by o.at, o.step, o.id)
    ),
    of_lot as (
        select t.*,
            t.is_taken and case
                when t.step = 0 then t.in_lot > 0
                else t.part = 0 or t.ends_at <= t.at
            end as is_entry,
            case
                when t.step = 0 then -t.in_lot
                when t.part = 0 then t.amount
                else -t.amount
            end as moved,
            bool_or(t.is_taken and (t.step = 1 or t.counts)) over same_lot as is_touched,
            bool_or(t.is_taken and t.step = 0 and t.counts) over same_lot as has_ended,
            (sum(t.amount) filter (where t.step = 0 or t.is_taken and t.at < t.ends_at)
                over same_lot)::bigint as credits,
            coalesce(sum(t.amount) filter (where t.step = 1 and t.is_taken and t.at >= t.ends_at)
                over same_lot, 0)::bigint as lapsed
        from in_time t
        window same_lot as (partition by t.account_id, t.lot_id)
    ),
    numbered as (
        select o.*,
            o.step = 0 and o.lot_id is not null and not o.has_ended and o.credits > 0 as is_live,
            count(*) filter (where o.is_entry) over in_account as number,
            count(*) filter (where o.is_entry) over in_command as place,
            sum(o.moved) filter (where o.is_entry) over in_account as change
        from of_lot o
        window in_account as (partition by o.account_id order by o.at, o.step, o.id, o.part),
            in_command as (partition by o.account_id, o.at, o.step, o.id order by o.part)
    ),
    in_burn_order as (
        select n.*,
            row_number() over (
                partition by n.account_id
                order by n.is_live desc, n.priority, n.ends_at, n.lot_id
            ) as burn_place
        from numbered n
    ),
    planned as materialized (
        select b.*,
            coalesce(max(b.event_number) filter (where b.is_taken) over whole, 0) as events,
            count(*) filter (where b.is_entry) over whole as entries,
            min(b.ends_at) filter (where b.is_live) over whole as next_lot_at,
            least(
                min(b.at) filter (where b.step = 1 and not b.is_taken) over whole,
                case when b.alone_id is not null then b.until end,
                b.later_at,
                'infinity'
            ) as next_hold_at,
            max(b.lot_id) filter (where b.is_live and b.burn_place = 1 and b.debt = 0) over whole
                as first_lot_id,
            max(b.credits) filter (where b.is_live and b.burn_place = 1 and b.debt = 0) over whole
                as first_credits
        from in_burn_order b
        window whole as (partition by b.account_id)
    )
    select
        array(
            select row(
                p.account_id, p.entry_id + p.number, p.entry_id + p.number - p.place + 1,
                case when p.step = 1 and p.part = 0 then 'release' else 'expire' end,
                p.moved, p.balance + p.change, p.debt,
                case when p_checks_out and p.number = p.entries then p.first_lot_id end,
                case
                    when p_checks_out and p.number = p.entries then coalesce(p.first_credits, 0)
                    else 0
                end,
                least(p.next_lot_at, p.next_hold_at),
                coalesce(
                    p.allocations, jsonb_build_array(jsonb_build_array(p.lot_id, p.moved))
                ),
                case when p.step = 1 and p.part = 0 then p.id end,
                null, null, null, p.member, null, null, null, null, v_actor, p.created_at, p.at
            )::credits_private.ledger
            from planned p
            where p.is_entry
            order by p.ordinality, p.number
        ),
        array(
            select row(
                p.account_id, p.lot_id,
                case
                    when p.has_ended or p_checks_out and p.lot_id = p.first_lot_id then 0
                    else p.credits
                end,
                p.is_live,
                case when p.has_ended then p.credits else 0 end + p.lapsed,
                p.has_ended or p.lapsed > 0
            )::credits_private.lot_change
            from planned p
            where p.step = 0
                and case
                    when p.has_ended then true
                    when not p_checks_out then p.is_touched or p.lot_id = p.open_lot_id
                    -- What is in the open lot, and stays there, stands in the ledger.
                    when p.entries > 0 then
                        (p.is_touched or p.lot_id in (p.open_lot_id, p.first_lot_id))
                        and (p.lot_id = p.open_lot_id and p.lot_id = p.first_lot_id) is not true
                end
        ),
        array(
            select row(
                p.account_id, p.id, p.at, 0, null, p.amount, p.allocations, p.member, p.held_at,
                null, null, null, false
            )::credits_private.due_part
            from planned p
            where p.is_taken and p.step = 1 and p.part = 0
        ),
        array(
            select row(
                p.account_id, p.events, p.due_limit - p.events,
                least(p.next_lot_at, p.next_hold_at), coalesce(p.next_lot_at, 'infinity'),
                p.alone_id, false
            )::credits_private.due_account
            from planned p
            where p.burn_place = 1
            order by p.ordinality
        )
    into v_plan.entries, v_plan.lots, v_plan.holds, v_plan.accounts;
    return v_plan;
end
$$;
