-- Subscriptions of an account in the order of their ids, one page. Locks nothing.
-- p_after is the subscription of the last row seen. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_subscriptions(
    p_account_id text,
    p_limit integer default 100,
    p_after text default null
)
returns setof credits.subscription
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_text('p_after', p_after, 127);
    return query
    select s.account_id, s.subscription,
        case
            when credits_private.subscription_end(s) <= v_now then 'canceled'
            when s.status = 'trialing' and s.trial_end <= v_now then 'past_due'
            else s.status
        end,
        s.trial_end, p.period_start, p.period_end, s.cancel_at_period_end, s.canceled_at,
        credits_private.list_items(s.account_id, s.subscription), s.created_at
    from credits_private.subscriptions s
    cross join lateral (
        select i.period_start, i.period_end
        from credits_private.subscription_items i
        where i.account_id = p_account_id and i.subscription = s.subscription
        order by i.period_end desc, i.period_start desc
        limit 1
    ) as p
    where s.account_id = p_account_id and s.subscription > coalesce(p_after, '')
    order by s.subscription
    limit coalesce(p_limit, 100);
end
$$;

comment on function credits.list_subscriptions(text, integer, text) is
'Subscriptions of an account, at most 1000 a page, each with its items: item, plan, amount,
rollover_cap, period_start, period_end, grant_every, next_grant_at, next_amount, next_plan.

status is what was told last, and past_due once a trial is over that nobody has paid for, and
canceled from the end of a cancellation on. For the next page give the subscription of the last row
as p_after.';
