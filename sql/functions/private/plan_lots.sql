-- What is to be written on locked accounts because lots have expired, at most due_limit of each,
-- the earliest first: a lot loses what is in it, by a command of its own, dated at its expiry. Lots
-- that are used up end without an entry. Afterwards all lots are in; with p_checks_out, where there
-- are entries, the first one is out. An account with an overdue hold is named with it, and left;
-- so is, with p_checks_out, one with a scheduled grant that is due.
-- One plan for one account or thousands: it reads by index, and joins nothing of that to itself.
create or replace function credits_private.plan_lots(
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
    v_actor text := credits_private.actor();
    v_plan credits_private.due_plan;
begin
    with account as materialized (
        select s.account_id, s.ordinality, s.now, s.due_limit, s.entry_id, s.balance, s.debt,
            s.open_lot_id, s.open_lot_remaining,
            greatest(s.now, s.created_at) as created_at,
            least(h.expires_at, g.next_grant_at) as later_at,
            coalesce(p_checks_out and g.next_grant_at <= s.now, false) as has_grant,
            case
                when p_checks_out and g.next_grant_at <= s.now then null
                when h.expires_at <= s.now then h.hold_id
            end as hold_id
        from unnest(p_states) with ordinality as s
        left join lateral (
            select y.hold_id, y.expires_at
            from credits_private.holds y
            where y.account_id = s.account_id and y.status = 'open'
            order by y.expires_at, y.hold_id
            limit 1
        ) as h on true
        cross join lateral (
            select min(i.next_grant_at) as next_grant_at
            from credits_private.subscription_items i
            where i.account_id = s.account_id
        ) as g
    ),
    lot as (
        select a.*, l.lot_id, l.priority, l.expires_at,
            case when l.lot_id = a.open_lot_id then a.open_lot_remaining else l.remaining end
                as credits
        from account a
        left join credits_private.lots l on l.account_id = a.account_id and l.is_open
    ),
    in_time as (
        select l.*,
            coalesce(
                l.expires_at <= l.now
                and row_number() over earlier <= l.due_limit
                and not l.has_grant,
                false
            ) as has_ended,
            count(*) filter (where l.credits > 0) over earlier as number,
            sum(l.credits) over earlier as lost
        from lot l
        window earlier as (partition by l.account_id order by l.expires_at, l.lot_id)
    ),
    in_burn_order as (
        select t.*,
            t.has_ended and t.credits > 0 as is_entry,
            not t.has_ended and t.credits > 0 as is_live,
            row_number() over (
                partition by t.account_id
                order by not t.has_ended and t.credits > 0 desc nulls last,
                    t.priority, t.expires_at, t.lot_id
            ) as place
        from in_time t
    ),
    planned as materialized (
        select b.*,
            count(*) filter (where b.has_ended) over whole as events,
            count(*) filter (where b.is_entry) over whole as entries,
            least(
                min(b.expires_at) filter (where b.is_live) over whole, b.later_at, 'infinity'
            ) as next_event_at,
            max(b.lot_id) filter (where b.is_live and b.place = 1 and b.debt = 0) over whole
                as first_lot_id,
            max(b.credits) filter (where b.is_live and b.place = 1 and b.debt = 0) over whole
                as first_credits
        from in_burn_order b
        window whole as (partition by b.account_id)
    )
    select
        array(
            select row(
                p.account_id, p.entry_id + p.number, p.entry_id + p.number,
                'expire', -p.credits, p.balance - p.lost, p.debt,
                case when p_checks_out and p.number = p.entries then p.first_lot_id end,
                case
                    when p_checks_out and p.number = p.entries then coalesce(p.first_credits, 0)
                    else 0
                end,
                p.next_event_at, jsonb_build_array(jsonb_build_array(p.lot_id, -p.credits)), null,
                null, null, null, null, null, null, null, null, v_actor, p.created_at, p.expires_at
            )::credits_private.ledger
            from planned p
            where p.is_entry and p.hold_id is null
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
                case when p.has_ended then p.credits else 0 end,
                p.has_ended
            )::credits_private.lot_change
            from planned p
            where p.hold_id is null
                and case
                    when p.has_ended then true
                    when not p_checks_out then p.lot_id = p.open_lot_id
                    -- What is in the open lot, and stays there, stands in the ledger.
                    when p.entries > 0 then
                        coalesce(p.lot_id = p.open_lot_id, false)
                            <> coalesce(p.lot_id = p.first_lot_id, false)
                end
        ),
        array(
            select row(
                p.account_id,
                case when p.hold_id is null then p.events else 0 end,
                p.due_limit - case when p.hold_id is null then p.events else 0 end,
                p.next_event_at, null, p.hold_id, p.has_grant
            )::credits_private.due_account
            from planned p
            where p.place = 1
            order by p.ordinality
        )
    into v_plan.entries, v_plan.lots, v_plan.accounts;
    v_plan.holds := '{}';
    return v_plan;
end
$$;
