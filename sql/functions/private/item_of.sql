-- The item of a subscription as a grant for a paid period makes it. It stays on the plan that it
-- was on, or that was scheduled for it, where the grant names none.
create or replace function credits_private.item_of(
    p_account_id text,
    p_grant credits_private.grant_order,
    p_payment credits_private.payments
)
returns credits_private.subscription_items
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_item credits_private.subscription_items;
    v_cost bigint;
begin
    select coalesce(p_grant.plan, i.next_plan, i.plan) into v_item.plan
    from credits_private.subscription_items i
    where i.account_id = p_account_id
        and i.subscription = p_grant.subscription
        and i.item = p_grant.item;
    v_item.plan := coalesce(v_item.plan, p_grant.plan);
    v_item.account_id := p_account_id;
    v_item.subscription := p_grant.subscription;
    v_item.item := p_grant.item;
    v_item.amount := p_grant.amount;
    v_item.rollover_cap := p_grant.rollover_cap;
    v_item.is_trial := false;
    v_item.period_start := p_grant.period_start;
    v_item.period_end := p_grant.period_end;
    v_item.parts := '[]';
    v_item.grants_done := 1;
    if p_grant.grant_months is not null then
        v_item.grant_months := p_grant.grant_months;
        v_item.grant_days := p_grant.grant_days;
        select a.time_zone into v_item.time_zone
        from credits_private.accounts a
        where a.account_id = p_account_id;
        v_cost := coalesce(
            p_grant.cost / (1 + credits_private.grants_to_come(v_item)),
            floor(p_payment.amount_paid::numeric * p_grant.amount / p_payment.granted)
        );
        v_item.parts := jsonb_build_array(
            jsonb_build_array(p_payment.payment_id, p_grant.amount, p_grant.amount, v_cost)
        );
    end if;
    return v_item;
end
$$;
