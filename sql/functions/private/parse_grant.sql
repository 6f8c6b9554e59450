-- Reads one object of p_grants. Refuses unknown names and illegal values with their path.
create or replace function credits_private.parse_grant(p_path text, p_grant jsonb)
returns credits_private.grant_order
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_order credits_private.grant_order;
    v_every interval;
    v_unknown text;
begin
    perform credits_private.check_argument(p_path, jsonb_typeof(p_grant) = 'object', 'object');
    select k.name into v_unknown
    from jsonb_object_keys(p_grant) as k (name)
    where k.name not in (
        'amount', 'pool', 'expires_at', 'subscription', 'item', 'period_start', 'period_end',
        'rollover_cap', 'cost', 'plan', 'grant_every'
    )
    limit 1;
    perform credits_private.check_argument(
        p_path || '.' || v_unknown, v_unknown is null,
        'amount, pool, expires_at, subscription, item, period_start, period_end, rollover_cap, '
        'cost, plan, grant_every'
    );

    v_order.amount := credits_private.parse_whole_number(p_path || '.amount', p_grant -> 'amount');
    perform credits_private.check_amount(p_path || '.amount', v_order.amount);
    v_order.rollover_cap := credits_private.parse_whole_number(
        p_path || '.rollover_cap',
        case when p_grant ? 'rollover_cap' then p_grant -> 'rollover_cap' else '0' end
    );
    v_order.cost := credits_private.parse_whole_number(p_path || '.cost', p_grant -> 'cost');
    v_order.expires_at := credits_private.parse_instant(
        p_path || '.expires_at', p_grant -> 'expires_at'
    );
    v_order.period_start := credits_private.parse_instant(
        p_path || '.period_start', p_grant -> 'period_start'
    );
    v_order.period_end := credits_private.parse_instant(
        p_path || '.period_end', p_grant -> 'period_end'
    );
    v_order.subscription := credits_private.parse_text(
        p_path || '.subscription', p_grant -> 'subscription', 127
    );
    v_order.pool := coalesce(
        credits_private.parse_text(p_path || '.pool', p_grant -> 'pool', 63),
        case when v_order.subscription is null then 'purchased' else 'subscription' end
    );
    v_order.item := credits_private.parse_text(p_path || '.item', p_grant -> 'item', 127);

    perform credits_private.check_pool(p_path || '.pool', v_order.pool);
    perform credits_private.check_argument(
        p_path || '.subscription',
        v_order.subscription is not null
        or (v_order.item is null and v_order.period_start is null and v_order.period_end is null),
        'id of the subscription when there is an item or a period'
    );
    perform credits_private.check_argument(
        p_path || '.period_end',
        v_order.subscription is null or (v_order.period_end is not null)
        and (v_order.period_start is null or v_order.period_end > v_order.period_start),
        'an instant after period_start, when there is a subscription'
    );
    if v_order.period_start is not null then
        v_order.item := coalesce(v_order.item, '');
    end if;
    perform credits_private.check_argument(
        p_path || '.period_start', v_order.item is null or v_order.period_start is not null,
        'an instant, when there is an item'
    );
    v_order.plan := credits_private.parse_text(p_path || '.plan', p_grant -> 'plan', 127);
    v_every := credits_private.parse_interval(p_path || '.grant_every', p_grant -> 'grant_every');
    perform credits_private.check_argument(
        p_path || '.plan', v_order.plan is null or v_order.item is not null,
        'null without a period of a subscription'
    );
    perform credits_private.check_argument(
        p_path || '.grant_every',
        v_every is null
        or v_order.item is not null and v_order.pool = 'subscription'
        and v_order.expires_at is null,
        'null without a period of a subscription, with another pool or with expires_at'
    );
    perform credits_private.check_grant_every(
        p_path || '.grant_every', v_every, v_order.period_start, v_order.period_end
    );
    v_order.grant_months := credits_private.months_of(v_every);
    v_order.grant_days := extract(day from v_every);
    return v_order;
end
$$;
