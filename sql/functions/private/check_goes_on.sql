-- Refuses a subscription that has ended: subscription_ended.
create or replace function credits_private.check_goes_on(
    p_state credits_private.account_state,
    p_subscription credits_private.subscriptions
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_end timestamptz := credits_private.subscription_end(p_subscription);
begin
    if v_end <= p_state.now then
        perform credits_private.fail(
            'subscription_ended',
            jsonb_build_object(
                'account_id', p_state.account_id,
                'subscription', p_subscription.subscription,
                'ended_at', v_end
            )
        );
    end if;
end
$$;
