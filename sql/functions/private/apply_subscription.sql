-- A subscription: its state is kept and followed, and its customer is tied to its account. Never a
-- grant. Once it has ended it stays ended, whatever older or repeated events say.
create or replace function credits_private.apply_subscription(
    p_event credits_private.stripe_events,
    p_subscription jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kept credits_private.stripe_subscriptions;
    v_new credits_private.stripe_subscriptions;
    v_order text := 'newer';
begin
    if credits_private.stripe_id(p_subscription -> 'id') is null
        or p_subscription ->> 'status' is null
    then
        return credits_private.stripe_result(
            'parked', 'the subscription lacks its id or status', 'operator'
        );
    end if;
    v_new.provider_account := p_event.provider_account;
    v_new.livemode := p_event.livemode;
    v_new.subscription := p_subscription ->> 'id';
    v_new.customer := credits_private.stripe_id(p_subscription -> 'customer');
    v_new.named_account_id := nullif(p_subscription #>> '{metadata,account}', '');
    v_new.status := case
        when p_event.event_type = 'customer.subscription.deleted' then 'canceled'
        else p_subscription ->> 'status'
    end;
    v_new.period_start := credits_private.subscription_period(p_subscription, 'start');
    v_new.period_end := credits_private.subscription_period(p_subscription, 'end');
    v_new.cancel_at := credits_private.subscription_cancel_at(p_subscription);
    v_new.ended_at := to_timestamp((p_subscription ->> 'ended_at')::bigint);
    v_new.event_at := p_event.created_at;
    v_new.object := p_subscription;
    v_new.previous := p_event.body #> '{data,previous_attributes}';
    v_new.is_unsure := false;

    insert into credits_private.stripe_subscriptions values (v_new.*) on conflict do nothing;
    if not found then
        select s.* into v_kept
        from credits_private.stripe_subscriptions s
        where s.subscription = v_new.subscription
            and s.livemode = v_new.livemode
            and s.provider_account = v_new.provider_account
        for update;
        v_order := credits_private.stripe_order(
            p_event, v_kept.event_at, v_kept.object, v_kept.previous
        );
        if (v_kept.status in ('canceled', 'incomplete_expired'))
            <> (v_new.status in ('canceled', 'incomplete_expired'))
        then
            v_order := case
                when v_new.status in ('canceled', 'incomplete_expired') then 'newer' else 'older'
            end;
        end if;
        if v_order = 'newer' then
            update credits_private.stripe_subscriptions s
            set customer = v_new.customer, named_account_id = v_new.named_account_id,
                status = v_new.status,
                period_start = v_new.period_start, period_end = v_new.period_end,
                cancel_at = v_new.cancel_at, ended_at = v_new.ended_at,
                event_at = v_new.event_at, object = v_new.object, previous = v_new.previous,
                is_unsure = false
            where s.subscription = v_new.subscription
                and s.livemode = v_new.livemode
                and s.provider_account = v_new.provider_account;
        elsif v_order = 'unsure' then
            update credits_private.stripe_subscriptions s
            set is_unsure = true
            where s.subscription = v_new.subscription
                and s.livemode = v_new.livemode
                and s.provider_account = v_new.provider_account;
        end if;
    end if;
    perform credits_private.lock_stripe_objects(
        p_event, '{}',
        array_remove(
            array[
                credits_private.stripe_wait_name(p_event, v_new.subscription, 'subscription'),
                case when v_new.customer is not null then
                    credits_private.stripe_wait_name(p_event, v_new.customer, 'customer')
                end
            ],
            null
        )
    );
    perform credits_private.link_stripe_customer(p_event, p_subscription, v_new.named_account_id);
    perform credits_private.follow_stripe_subscription(p_event, v_new.subscription);
    return credits_private.stripe_result(
        'applied',
        case v_order
            when 'older' then 'a newer state is known'
            when 'unsure' then 'another event of the same second cannot be put in order'
        end,
        p_account_id => v_new.named_account_id
    );
end
$$;
