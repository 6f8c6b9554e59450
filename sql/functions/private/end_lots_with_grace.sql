-- Gives the lots of a subscription that goes on after all the grace back which its cancellation had
-- taken: those that end exactly with the paid period of their item.
create or replace function credits_private.end_lots_with_grace(
    p_state credits_private.account_state,
    p_subscription text
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_grace interval := credits_private.setting_interval('renewal_grace');
    v_until timestamptz;
    r_lot credits_private.lots;
begin
    for r_lot in
        select l.*
        from credits_private.lots l
        where l.account_id = p_state.account_id
            and l.subscription = p_subscription
            and l.expires_at > p_state.now
            and l.period_end is not null
            and l.origin not in ('restoration', 'trial')
        order by l.lot_id
    loop
        select coalesce(max(i.period_end), r_lot.period_end) into v_until
        from credits_private.subscription_items i
        where i.account_id = p_state.account_id
            and i.subscription = p_subscription
            and i.item = r_lot.item;
        update credits_private.lots l
        set expires_at = l.period_end + v_grace
        where l.account_id = p_state.account_id
            and l.lot_id = r_lot.lot_id
            and l.expires_at = v_until
            and l.expires_at < l.period_end + v_grace;
    end loop;
    return p_state;
end
$$;
