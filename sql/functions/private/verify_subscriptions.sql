-- Violations between the subscriptions of one account and its ledger: each is as its newest entry
-- says, has items, and grants when its schedule says.
create or replace function credits_private.verify_subscriptions(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with told as (
        select distinct on (x.subscription) x.subscription, l.entry_id,
            nullif(x.state, 'null') as state
        from credits_private.ledger l
        cross join lateral jsonb_each(l.request -> 'after') as x (subscription, state)
        where l.account_id = p_account_id and l.request ? 'after'
        order by x.subscription, l.entry_id desc
    ),
    known as (
        select s.subscription,
            credits_private.describe_subscription(p_account_id, s.subscription) as state
        from credits_private.subscriptions s
        where s.account_id = p_account_id
    ),
    tail as (
        select t.entry_id, t.next_event_at
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    items as (
        select i.subscription, i.item, i.next_grant_at, s.subscription is not null as is_known,
            case
                when i.grant_months is not null
                    and a.status <> 'closed'
                    and s.status in ('trialing', 'active')
                    and (s.canceled_at is null or s.cancel_at_period_end)
                    then nullif(credits_private.grant_instant(i, i.grants_done), i.period_end)
            end as due_at,
            (
                select max(l.period_start)
                from credits_private.lots l
                where l.account_id = p_account_id
                    and l.subscription = i.subscription
                    and l.item = i.item
                    and l.origin = 'schedule'
                    and l.period_start >= i.period_start
                    -- A period that this one replaced may have granted beyond its start.
                    and l.lot_id > (
                        select b.lot_id
                        from credits_private.lots b
                        where b.account_id = p_account_id
                            and b.subscription = i.subscription
                            and b.item = i.item
                            and b.period_start = i.period_start
                            and b.origin = 'grant'
                    )
            ) as granted_at,
            credits_private.grant_instant(i, i.grants_done - 1) as done_at
        from credits_private.subscription_items i
        left join credits_private.subscriptions s
            on s.account_id = p_account_id and s.subscription = i.subscription
        left join credits_private.accounts a on a.account_id = p_account_id
        where i.account_id = p_account_id
    )
    select p_account_id, 'subscription is not what the ledger says', t.entry_id, null::bigint,
        t.state::text, k.state::text
    from told t
    full join known k on k.subscription = t.subscription
    where t.state is distinct from k.state
    union all
    select p_account_id, c.violation, t.entry_id, null::bigint, c.expected, c.actual
    from items i
    cross join tail t
    cross join lateral (values
        ('item of an unknown subscription', i.is_known, 'a subscription', i.subscription),
        ('next grant is not when the schedule says',
            i.next_grant_at is not distinct from i.due_at,
            i.due_at::text, i.next_grant_at::text),
        ('scheduled grant is booked and not counted', coalesce(i.granted_at <= i.done_at, true),
            i.done_at::text, i.granted_at::text),
        ('next event is later than a scheduled grant',
            coalesce(t.next_event_at <= i.next_grant_at, true),
            i.next_grant_at::text, t.next_event_at::text)
    ) as c (violation, holds, expected, actual)
    where c.holds is not true
$$;
