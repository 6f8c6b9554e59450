-- Brings a subscription in line with what Stripe tells of it: whether it is paid for and whether it
-- is canceled. It follows from the mirrors alone, so the order of the events does not matter.
-- Nothing happens before an invoice has granted credits for it, after it has ended, and on a closed
-- account. Credits stay until the paid period ends. The caller holds the meeting point of the
-- subscription.
create or replace function credits_private.follow_stripe_subscription(
    p_event credits_private.stripe_events,
    p_subscription text
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chain text[];
    v_account_id text;
    v_account_status text;
    v_known credits_private.subscriptions;
    v_told credits_private.stripe_subscriptions;
    v_status text;
    v_is_canceled boolean;
begin
    v_account_id := credits_private.stripe_subscriber(p_event, p_subscription);
    if v_account_id is null then
        return;
    end if;
    v_chain := credits_private.lock_chain(v_account_id);
    v_account_id := v_chain[cardinality(v_chain)];
    select a.status into v_account_status
    from credits_private.accounts a
    where a.account_id = v_account_id;
    select s.* into v_known
    from credits_private.subscriptions s
    where s.account_id = v_account_id and s.subscription = p_subscription;
    if v_known.subscription is null
        or v_account_status not in ('active', 'frozen')
        or credits_private.subscription_end(v_known) <= credits_private.clock()
    then
        return;
    end if;

    select s.* into v_told
    from credits_private.stripe_subscriptions s
    where s.subscription = p_subscription
        and s.livemode = p_event.livemode
        and s.provider_account = p_event.provider_account;
    v_status := case
        when v_told.status in ('past_due', 'unpaid') then 'past_due'
        when v_told.status = 'paused' then 'paused'
        when v_told.status in ('active', 'trialing', 'canceled') then 'active'
        when v_told.status is not null then v_known.status
        when credits_private.has_failed_invoice(p_event, p_subscription) then 'past_due'
        else 'active'
    end;
    v_is_canceled := v_told.status = 'canceled' or v_told.cancel_at <= v_told.period_end;
    if v_status <> v_known.status then
        perform credits_private.post_subscription_status(
            v_account_id, p_subscription, v_status, null, null, null
        );
    end if;
    if v_is_canceled is true and v_known.canceled_at is null then
        perform credits_private.post_cancel(
            v_account_id, p_subscription, 'period_end', null, null, null
        );
    elsif v_is_canceled is not true and v_known.canceled_at is not null then
        perform credits_private.post_cancel(
            v_account_id, p_subscription, 'never', null, null, null
        );
    end if;
end
$$;
