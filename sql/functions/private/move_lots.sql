-- Lets every lot of an account that is merged into this one go on here with all its figures, used
-- up or not: credits may still come back to it. Entry p_from_entry_id over there gives it away. Its
-- payment must have moved before. Periods that come along are periods of the caps here.
create or replace function credits_private.move_lots(
    p_state credits_private.account_state,
    p_from_account_id text,
    p_from_entry_id bigint
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
    v_entry credits_private.ledger;
    v_payment_id bigint;
    r_lot credits_private.lots;
begin
    for r_lot in
        select l.*
        from credits_private.lots l
        where l.account_id = p_from_account_id
        order by l.lot_id
    loop
        v_entry := null;
        v_entry.kind := 'merge';
        v_entry.other_account_id := p_from_account_id;
        v_entry.other_entry_id := p_from_entry_id;
        v_entry.request := jsonb_build_object('moved', jsonb_build_object(
            'entry_id', r_lot.lot_id,
            'granted', r_lot.granted,
            'expired', r_lot.expired,
            'clawed', r_lot.clawed,
            'cost_moved', r_lot.cost_moved
        ));
        v_entry.allocations := credits_private.allocation(v_state.entry_id + 1, r_lot.remaining);
        v_state := credits_private.book(v_state, v_entry);

        update credits_private.lots l
        set remaining = 0, is_open = false, moved_to_lot_id = v_state.entry_id
        where l.account_id = p_from_account_id and l.lot_id = r_lot.lot_id;
        select p.moved_to_payment_id into v_payment_id
        from credits_private.payments p
        where p.account_id = p_from_account_id and p.payment_id = r_lot.payment_id;
        -- Both accounts may have had this period, or item, under names that are not the provider's.
        if r_lot.origin = 'grant' and exists (
            select
            from credits_private.lots l
            where l.account_id = v_state.account_id
                and l.subscription = r_lot.subscription
                and l.item = r_lot.item
                and l.period_start = r_lot.period_start
                and l.origin = 'grant'
        ) or r_lot.origin in ('schedule', 'upgrade') and exists (
            select
            from credits_private.subscriptions s
            where s.account_id = v_state.account_id and s.subscription = r_lot.subscription
        ) then
            r_lot.item := null;
        end if;
        r_lot.account_id := v_state.account_id;
        r_lot.lot_id := v_state.entry_id;
        r_lot.payment_id := v_payment_id;
        r_lot.granted_at := v_state.created_at;
        insert into credits_private.lots values (r_lot.*) on conflict do nothing;
        perform credits_private.check_inserted(found, v_state.account_id, v_state.entry_id);
        if r_lot.remaining > 0 then
            v_state.next_event_at := least(v_state.next_event_at, r_lot.expires_at);
        end if;
    end loop;
    if exists (
        select
        from credits_private.member_caps k
        where k.account_id = v_state.account_id and k.period = 'billing_period'
    ) then
        perform credits_private.recount(v_state, 'billing_period');
    end if;
    return v_state;
end
$$;
