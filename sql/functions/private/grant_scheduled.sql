-- Books the next grant of an item's paid period as of the instant at which it was due, or now if
-- that is still to come: it grants, rolls over what older grants left, and settles debt. Rollover
-- happens once for each period of a subscription, by the first item that is granted.
create or replace function credits_private.grant_scheduled(
    p_state credits_private.account_state,
    p_item credits_private.subscription_items
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger;
    v_grant credits_private.grant_order;
    v_expires_at timestamptz;
    v_is_first boolean;
begin
    v_grant.subscription := p_item.subscription;
    v_grant.period_start := credits_private.grant_instant(p_item, p_item.grants_done);
    v_grant.period_end := credits_private.grant_instant(p_item, p_item.grants_done + 1);
    v_grant.rollover_cap := p_item.rollover_cap;
    v_expires_at := least(
        v_grant.period_end + credits_private.setting_interval('renewal_grace'),
        credits_private.canceled_until(
            p_state.account_id, p_item.subscription, null, p_item.period_end
        )
    );
    select not exists (
        select
        from credits_private.lots l
        where l.account_id = p_state.account_id
            and l.subscription = p_item.subscription
            and l.period_start = v_grant.period_start
            and l.origin in ('grant', 'schedule')
    ) into v_is_first;

    v_entry.request := jsonb_build_object(
        'subscription', p_item.subscription, 'item', p_item.item,
        'period_start', extract(epoch from v_grant.period_start)
    );
    v_state.effective_at := case
        when v_grant.period_start <= v_state.now then v_grant.period_start
    end;
    v_state := credits_private.grant_parts(v_state, p_item, v_expires_at, v_entry);
    if v_is_first then
        v_state := credits_private.roll_over(v_state, v_grant, v_expires_at);
    end if;
    update credits_private.subscription_items i
    set grants_done = p_item.grants_done + 1
    where i.account_id = p_state.account_id
        and i.subscription = p_item.subscription
        and i.item = p_item.item;
    v_state := credits_private.schedule_grants(v_state, p_item.subscription);
    v_state := credits_private.settle_debt(v_state);
    v_state.effective_at := null;
    return v_state;
end
$$;
