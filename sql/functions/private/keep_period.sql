-- Makes a paid period the newest one of its item: its schedule follows from it, changes that were
-- scheduled for it are made, a period that runs makes the subscription active, and one that begins
-- after a cancellation takes it back. An older period changes none of that: what it had to grant
-- until the newest one began is booked now, each grant with the end of its own time.
create or replace function credits_private.keep_period(
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
    v_item credits_private.subscription_items := p_item;
    v_newest credits_private.subscription_items;
    v_start timestamptz;
    v_ends_at timestamptz;
begin
    select i.* into v_newest
    from credits_private.subscription_items i
    where i.account_id = p_state.account_id
        and i.subscription = p_item.subscription
        and i.item = p_item.item;
    if v_newest.period_start >= p_item.period_end
        or not v_newest.is_trial and v_newest.period_start >= p_item.period_start
    then
        for v_number in 1 .. credits_private.grants_to_come(p_item) loop
            v_start := credits_private.grant_instant(p_item, v_number);
            exit when v_start >= v_newest.period_start;
            continue when exists (
                select
                from credits_private.lots l
                where l.account_id = p_state.account_id
                    and l.subscription = p_item.subscription
                    and l.item = p_item.item
                    and l.period_start = v_start
                    and l.origin = 'schedule'
            );
            v_item.grants_done := v_number;
            v_ends_at := least(
                credits_private.grant_instant(v_item, v_number + 1),
                credits_private.canceled_until(
                    p_state.account_id, p_item.subscription, p_item.period_start, p_item.period_end
                )
            );
            v_state := credits_private.grant_parts(v_state, v_item, v_ends_at, null);
        end loop;
        return v_state;
    end if;

    insert into credits_private.subscriptions (account_id, subscription, status, created_at)
    values (p_state.account_id, p_item.subscription, 'active', p_state.created_at)
    on conflict (account_id, subscription) do nothing;
    update credits_private.subscriptions s
    set status = case
            when s.status = 'trialing' or p_item.period_end > p_state.now then 'active'
            else s.status
        end,
        canceled_at = case when s.canceled_at > p_item.period_start then s.canceled_at end,
        cancel_at_period_end = s.cancel_at_period_end and s.canceled_at > p_item.period_start
    where s.account_id = p_state.account_id and s.subscription = p_item.subscription;
    delete from credits_private.subscription_items i
    where i.account_id = p_state.account_id
        and i.subscription = p_item.subscription
        and i.item = p_item.item;
    insert into credits_private.subscription_items values (v_item.*);
    return credits_private.schedule_grants(v_state, p_item.subscription);
end
$$;
