-- Gives p_amount credits back that had been taken for a payment, newest first: shortfall and
-- debt, then what expiry had covered (nothing moves), then its lots in reverse, which live longer
-- by the time that the credits were gone, then what it is still to grant. Debt paid meanwhile comes
-- back as a restoration lot.
create or replace function credits_private.lower_target(
    p_state credits_private.account_state,
    p_payment_id bigint,
    p_amount bigint,
    p_entry credits_private.ledger
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
    v_payment credits_private.payments;
    v_entry credits_private.ledger := p_entry;
    v_returned jsonb := '[]'::jsonb;
    v_left bigint := p_amount;
    v_written_off bigint;
    v_owed bigint;
    v_settled bigint;
    v_covered bigint;
    v_withheld bigint;
    v_back bigint;
    r_lot record;
begin
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = v_state.account_id and p.payment_id = p_payment_id;

    v_written_off := least(v_left, v_payment.written_off);
    v_left := v_left - v_written_off;
    v_owed := least(v_left, v_payment.owed);
    v_left := v_left - v_owed;
    v_settled := least(v_left, v_payment.settled);
    v_left := v_left - v_settled;
    v_covered := least(v_left, v_payment.covered);
    v_left := v_left - v_covered;
    v_withheld := greatest(v_left - v_payment.clawed, 0);
    v_left := v_left - v_withheld;
    update credits_private.payments p
    set target = p.target - p_amount,
        written_off = p.written_off - v_written_off,
        owed = p.owed - v_owed,
        settled = p.settled - v_settled,
        covered = p.covered - v_covered,
        clawed = p.clawed - v_left,
        withheld = p.withheld - v_withheld
    where p.account_id = v_state.account_id and p.payment_id = p_payment_id;

    for r_lot in
        select l.lot_id, l.clawed
        from credits_private.lots l
        where l.account_id = v_state.account_id and l.payment_id = p_payment_id and l.clawed > 0
        order by l.priority desc, l.expires_at desc, l.lot_id desc
    loop
        exit when v_left = 0;
        v_back := least(v_left, r_lot.clawed);
        update credits_private.lots l
        set clawed = l.clawed - v_back,
            clawed_at = case when l.clawed > v_back then v_state.now end,
            expires_at = l.expires_at + credits_private.exact_interval(
                greatest(v_state.now - l.clawed_at, interval '0')
            )
        where l.account_id = v_state.account_id and l.lot_id = r_lot.lot_id;
        v_left := v_left - v_back;
        v_returned := v_returned || credits_private.allocation(r_lot.lot_id, v_back);
    end loop;

    v_entry.kind := 'restore';
    v_entry.allocations := v_returned;
    if v_owed > 0 then
        v_entry.allocations := credits_private.allocation(0, v_owed) || v_returned;
    end if;
    v_state := credits_private.book(v_state, v_entry);
    v_state := credits_private.put_back(v_state, v_returned, 'grace');
    if v_settled > 0 then
        v_state := credits_private.restore_settled(v_state, p_payment_id, v_settled);
    end if;
    return v_state;
end
$$;
