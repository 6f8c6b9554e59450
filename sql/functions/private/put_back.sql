-- Puts credits, whose return is booked already ([[lot, amount], ...]), into their lots. First
-- they make good what the lot's payment still owes. What then lies in an expired lot moves to a
-- restoration lot (p_if_expired grace: until refund_grace after the expiry, once) or is breakage;
-- but what other lots paid for the payment's debt meanwhile is given back first.
create or replace function credits_private.put_back(
    p_state credits_private.account_state,
    p_returned jsonb,
    p_if_expired text
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
    v_lot credits_private.lots;
    v_entry credits_private.ledger;
    v_left bigint;
    v_ends_at timestamptz;
    r_part record;
begin
    for r_part in
        select x.lot_id, x.amount
        from credits_private.parts_of(p_returned) as x
        order by x.ordinal
    loop
        select l.* into v_lot
        from credits_private.lots l
        where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
        v_left := r_part.amount;
        if v_lot.payment_id is not null then
            v_state := credits_private.make_good(v_state, v_lot, r_part.amount);
            select r_part.amount - (l.clawed - v_lot.clawed) into v_left
            from credits_private.lots l
            where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
        end if;
        continue when v_left = 0;

        if v_lot.expires_at > coalesce(v_state.effective_at, v_state.now) then
            update credits_private.lots l
            set remaining = l.remaining + v_left, is_open = true
            where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
            v_state.next_event_at := least(v_state.next_event_at, v_lot.expires_at);
            continue;
        end if;

        v_entry := null;
        v_entry.allocations := credits_private.allocation(r_part.lot_id, -v_left);
        v_ends_at := v_lot.expires_at + credits_private.setting_interval('refund_grace');
        if p_if_expired = 'grace' and v_lot.origin <> 'restoration' and v_ends_at > v_state.now then
            v_entry.kind := 'restore';
            v_lot := credits_private.derive_lot(v_lot, 'restoration', v_left);
            v_lot.expires_at := v_ends_at;
            v_state := credits_private.book_lot(v_state, v_lot, v_entry);
            continue;
        end if;

        if v_lot.payment_id is not null then
            v_state := credits_private.reclaim_settled(v_state, v_lot, v_left);
            select r_part.amount - (l.clawed - v_lot.clawed) into v_left
            from credits_private.lots l
            where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
        end if;
        if v_left > 0 then
            v_entry := null;
            v_entry.kind := 'expire';
            v_entry.allocations := credits_private.allocation(r_part.lot_id, -v_left);
            v_state := credits_private.book(v_state, v_entry);
            update credits_private.lots l
            set expired = l.expired + v_left
            where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
        end if;
    end loop;
    return v_state;
end
$$;
