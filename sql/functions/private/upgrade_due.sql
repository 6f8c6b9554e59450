-- Credits that a change of an item grants at once for the time that is running: none in a trial or
-- with the policy none; difference: what the new amount is above all that has been granted for it;
-- full: the new amount, unless the item was on this plan before in that time. Refused
-- (invalid_state) when that time is over and nobody has paid for the next.
create or replace function credits_private.upgrade_due(
    p_state credits_private.account_state,
    p_item credits_private.subscription_items,
    p_amount bigint,
    p_policy text,
    p_plan text
)
returns bigint
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_start timestamptz := credits_private.grant_instant(p_item, p_item.grants_done - 1);
    v_end timestamptz := credits_private.grant_instant(p_item, p_item.grants_done);
    v_granted bigint;
    v_has_plan boolean;
    v_due bigint;
begin
    if p_policy = 'none' or p_item.is_trial then
        return 0;
    end if;
    select coalesce(sum(l.granted), 0), coalesce(bool_or(l.plan = p_plan), false)
    into v_granted, v_has_plan
    from credits_private.lots l
    left join credits_private.payments p
        on p.account_id = p_state.account_id and p.payment_id = l.payment_id
    where l.account_id = p_state.account_id
        and l.subscription = p_item.subscription
        and l.item = p_item.item
        and l.period_start = v_start
        and l.origin in ('grant', 'schedule', 'upgrade')
        -- An upgrade whose money has all gone back was none.
        and not (l.origin = 'upgrade' and coalesce(p.target = p.granted, false));
    v_due := case
        when p_policy = 'difference' then greatest(p_amount - v_granted, 0)
        when v_has_plan then 0
        else p_amount
    end;
    if v_due > 0 and v_end <= p_state.now then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object(
                'account_id', p_state.account_id, 'subscription', p_item.subscription,
                'item', p_item.item, 'period_end', v_end
            ),
            'The period is over and the next one has not been granted: renew first, or change '
            'with p_policy none.'
        );
    end if;
    return v_due;
end
$$;
