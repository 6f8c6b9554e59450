-- The subscription, with subscription_not_found if nothing was ever booked about it, or about
-- p_item of it (null: whatever its items are).
create or replace function credits_private.find_subscription(
    p_account_id text,
    p_subscription text,
    p_item text
)
returns credits_private.subscriptions
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_subscription credits_private.subscriptions;
begin
    select s.* into v_subscription
    from credits_private.subscriptions s
    where s.account_id = p_account_id and s.subscription = p_subscription;
    if not found
        or p_item is not null
        and not exists (
            select
            from credits_private.subscription_items i
            where i.account_id = p_account_id
                and i.subscription = p_subscription
                and i.item = p_item
        )
    then
        perform credits_private.fail(
            'subscription_not_found',
            jsonb_build_object(
                'account_id', p_account_id, 'subscription', p_subscription, 'item', p_item
            )
        );
    end if;
    return v_subscription;
end
$$;
