-- Ends the lots of a subscription that is canceled: all of them now, or with p_when period_end
-- those that would outlive the paid period of their item, at its end. Who cancels in the grace
-- after a period keeps it. What is over by that is booked.
create or replace function credits_private.end_lots_early(
    p_state credits_private.account_state,
    p_subscription text,
    p_when text
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
    v_until timestamptz := p_state.now;
    r_lot credits_private.lots;
begin
    for r_lot in
        select l.*
        from credits_private.lots l
        where l.account_id = p_state.account_id
            and l.subscription = p_subscription
            and l.expires_at > p_state.now
            and (p_when = 'now' or l.period_end is not null and l.origin <> 'restoration')
        order by l.lot_id
    loop
        if p_when = 'period_end' then
            select coalesce(max(i.period_end), r_lot.period_end) into v_until
            from credits_private.subscription_items i
            where i.account_id = p_state.account_id
                and i.subscription = p_subscription
                and i.item = r_lot.item;
        end if;
        update credits_private.lots l
        set expires_at = v_until
        where l.account_id = p_state.account_id
            and l.lot_id = r_lot.lot_id
            and l.expires_at > v_until
            and (p_when = 'now' or v_until > p_state.now);
        v_state.next_event_at := least(v_state.next_event_at, v_until);
    end loop;
    return credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
end
$$;
