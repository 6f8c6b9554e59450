-- Says when the next grant of each item of a subscription is due: never while nobody pays for it
-- (past_due, paused), after it was canceled at once, or when all of the period are booked.
create or replace function credits_private.schedule_grants(
    p_state credits_private.account_state,
    p_subscription text
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
    v_goes_on boolean;
    v_due timestamptz;
    r_item credits_private.subscription_items;
begin
    select s.status in ('trialing', 'active') and (s.canceled_at is null or s.cancel_at_period_end)
    into v_goes_on
    from credits_private.subscriptions s
    where s.account_id = p_state.account_id and s.subscription = p_subscription;

    for r_item in
        select i.*
        from credits_private.subscription_items i
        where i.account_id = p_state.account_id
            and i.subscription = p_subscription
            and i.grant_months is not null
    loop
        v_due := case
            when v_goes_on then
                nullif(
                    credits_private.grant_instant(r_item, r_item.grants_done), r_item.period_end
                )
        end;
        update credits_private.subscription_items i
        set next_grant_at = v_due
        where i.account_id = p_state.account_id
            and i.subscription = p_subscription
            and i.item = r_item.item;
        v_state.next_event_at := least(v_state.next_event_at, v_due);
    end loop;
    return v_state;
end
$$;
