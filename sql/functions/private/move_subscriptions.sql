-- Lets every subscription of an account that is merged into this one go on here, with its items and
-- what their payments are still to grant. One that is known here under the same id stays as it is
-- here; refused (invalid_state) when grants of the other one would be lost by that. Payments and
-- lots must have moved before. note_subscription of the other account is left to the caller.
create or replace function credits_private.move_subscriptions(
    p_state credits_private.account_state,
    p_from_account_id text
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
    r_subscription credits_private.subscriptions;
    r_item credits_private.subscription_items;
begin
    for r_subscription in
        select s.*
        from credits_private.subscriptions s
        where s.account_id = p_from_account_id
        order by s.subscription
    loop
        r_subscription.account_id := v_state.account_id;
        insert into credits_private.subscriptions values (r_subscription.*) on conflict do nothing;
        if found then
            for r_item in
                select i.*
                from credits_private.subscription_items i
                where i.account_id = p_from_account_id
                    and i.subscription = r_subscription.subscription
                order by i.item
            loop
                r_item.account_id := v_state.account_id;
                r_item.parts := credits_private.moved_parts(p_from_account_id, r_item.parts);
                insert into credits_private.subscription_items values (r_item.*);
            end loop;
            v_state := credits_private.schedule_grants(v_state, r_subscription.subscription);
            v_state := credits_private.note_subscription(v_state, r_subscription.subscription);
        elsif (r_subscription.canceled_at is null or r_subscription.cancel_at_period_end)
            and exists (
                select
                from credits_private.subscription_items i
                where i.account_id = p_from_account_id
                    and i.subscription = r_subscription.subscription
                    and credits_private.grants_to_come(i) > 0
            )
        then
            perform credits_private.fail(
                'invalid_state',
                jsonb_build_object(
                    'account_id', p_from_account_id, 'subscription', r_subscription.subscription,
                    'status', r_subscription.status
                ),
                'Both accounts know this subscription, and the one to be merged has grants to '
                'come. Cancel it there first (cancel_subscription, p_when now).'
            );
        end if;
    end loop;
    delete from credits_private.subscription_items i
    where i.account_id = p_from_account_id;
    delete from credits_private.subscriptions s
    where s.account_id = p_from_account_id;
    return v_state;
end
$$;
