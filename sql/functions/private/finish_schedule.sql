-- Before an item gets a new paid period: books, as commands of their own, the grants that its
-- period until now still has to give for the time before the new one, early or held up until now.
create or replace function credits_private.finish_schedule(
    p_state credits_private.account_state,
    p_grant credits_private.grant_order
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
    v_item credits_private.subscription_items;
    v_due timestamptz;
begin
    loop
        select i.* into v_item
        from credits_private.subscription_items i
        join credits_private.subscriptions s
            on s.account_id = p_state.account_id and s.subscription = p_grant.subscription
        where i.account_id = p_state.account_id
            and i.subscription = p_grant.subscription
            and i.item = p_grant.item
            and i.grant_months is not null
            and (s.canceled_at is null or s.cancel_at_period_end);
        v_due := credits_private.grant_instant(v_item, v_item.grants_done);
        exit when (v_due < least(v_item.period_end, p_grant.period_start)) is not true;

        v_state := credits_private.book_due(
            v_state,
            least(v_due - interval '0.000001 s', v_state.now),
            p_limit => null,
            p_on_their_own => true
        );
        v_state := credits_private.grant_scheduled(v_state, v_item);
        v_state := credits_private.note_subscription(v_state, p_grant.subscription);
        v_state.command_id := null;
    end loop;
    return credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => true
    );
end
$$;
