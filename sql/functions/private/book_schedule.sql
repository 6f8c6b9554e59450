-- Books every scheduled grant that is due, in the order of time, each after what was over before
-- it; with p_on_their_own each is a command of its own. One that does not fit into the account
-- waits, so that nothing else is refused because of it.
create or replace function credits_private.book_schedule(
    p_state credits_private.account_state,
    p_on_their_own boolean
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
    v_before timestamptz;
begin
    loop
        select i.* into v_item
        from credits_private.subscription_items i
        where i.account_id = v_state.account_id and i.next_grant_at <= v_state.now
        order by i.next_grant_at, i.subscription, i.item
        limit 1;
        exit when not found
            or v_state.balance + v_state.debt + credits_private.held_by(v_state.account_id)
                + v_item.amount > 9007199254740991;

        v_before := v_item.next_grant_at - interval '0.000001 s';
        v_state := credits_private.book_due(v_state, v_before, null, p_on_their_own);
        v_state := credits_private.grant_scheduled(v_state, v_item);
        v_state := credits_private.note_subscription(v_state, v_item.subscription);
        if p_on_their_own then
            v_state.command_id := null;
        end if;
    end loop;
    return v_state;
end
$$;
