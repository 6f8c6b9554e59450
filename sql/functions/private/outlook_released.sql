-- An outlook after a hold has ended at its deadline: what end_hold would put back into the lots,
-- after what their payments still lack. What lapses is left out. A lot that would be made on the
-- way has a number above 2^53, since it has none yet.
create or replace function credits_private.outlook_released(
    p_outlook credits_private.outlook,
    p_hold credits_private.holds
)
returns credits_private.outlook
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outlook credits_private.outlook := p_outlook;
    v_lot credits_private.lots;
    v_restored credits_private.lots;
    v_payment credits_private.payments;
    v_left bigint;
    v_here bigint;
    r_part record;
begin
    for r_part in
        select x.lot_id, x.amount
        from credits_private.parts_of(credits_private.reverse_allocations(
            credits_private.hold_allocations(p_hold.account_id, p_hold.hold_id),
            0,
            p_hold.amount - p_hold.captured
        )) as x
        order by x.ordinal
    loop
        v_left := r_part.amount;
        select l.* into v_lot
        from credits_private.lots l
        where l.account_id = p_hold.account_id and l.lot_id = r_part.lot_id;

        for v_index in 1 .. cardinality(v_outlook.payments) loop
            v_payment := v_outlook.payments[v_index];
            continue when v_payment.payment_id is distinct from v_lot.payment_id;
            v_here := least(v_left, v_payment.written_off);
            v_payment.written_off := v_payment.written_off - v_here;
            v_left := v_left - v_here;
            v_here := least(v_left, v_payment.owed);
            v_payment.owed := v_payment.owed - v_here;
            v_outlook.debt := v_outlook.debt - v_here;
            v_left := v_left - v_here;
            if v_lot.expires_at <= p_hold.expires_at
                and credits_private.setting_interval('refund_grace') > interval '0'
            then
                v_here := least(v_left, v_payment.settled);
                v_payment.settled := v_payment.settled - v_here;
                if v_here > 0 then
                    v_restored := credits_private.restoration_of(
                        p_hold.account_id, v_payment.payment_id, v_here, p_hold.expires_at
                    );
                    v_restored.lot_id := 9007199254740992 + cardinality(v_outlook.lots);
                    v_restored.remaining := v_here;
                    v_outlook.lots := v_outlook.lots || v_restored;
                end if;
            end if;
            v_outlook.payments[v_index] := v_payment;
        end loop;

        continue when v_left = 0 or v_lot.expires_at <= p_hold.expires_at;
        select i.ordinality into v_here
        from unnest(v_outlook.lots) with ordinality as i
        where i.lot_id = v_lot.lot_id;
        if found then
            v_outlook.lots[v_here].remaining := v_outlook.lots[v_here].remaining + v_left;
        else
            v_lot.remaining := v_left;
            v_outlook.lots := v_outlook.lots || v_lot;
        end if;
    end loop;
    return v_outlook;
end
$$;
