-- Lets every payment of an account that is merged into this one go on here, with all its figures
-- and names; what it owes is owed here. Entry p_from_entry_id over there gives it away. The request
-- is that of the purchase, so that a repeated one is known, and the figures that came with it.
create or replace function credits_private.move_payments(
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
    r_payment credits_private.payments;
begin
    for r_payment in
        select p.*
        from credits_private.payments p
        where p.account_id = p_from_account_id
        order by p.payment_id
    loop
        v_entry := null;
        v_entry.kind := 'merge';
        v_entry.other_account_id := p_from_account_id;
        v_entry.other_entry_id := p_from_entry_id;
        select coalesce(l.request - 'after', '{}') || jsonb_build_object(
            'moved', jsonb_build_object(
                'entry_id', r_payment.payment_id,
                'settled', r_payment.settled,
                'debt_paid', r_payment.debt_paid
            )
        )
        into v_entry.request
        from credits_private.ledger l
        where l.account_id = p_from_account_id and l.entry_id = r_payment.payment_id;
        if r_payment.owed > 0 then
            v_entry.allocations := credits_private.allocation(0, -r_payment.owed);
        end if;
        v_state := credits_private.book(v_state, v_entry);

        update credits_private.payments p
        set moved_to_payment_id = v_state.entry_id
        where p.account_id = p_from_account_id and p.payment_id = r_payment.payment_id;
        update credits_private.payment_refs r
        set account_id = v_state.account_id, payment_id = v_state.entry_id
        where r.account_id = p_from_account_id and r.payment_id = r_payment.payment_id;
        r_payment.account_id := v_state.account_id;
        r_payment.payment_id := v_state.entry_id;
        insert into credits_private.payments values (r_payment.*) on conflict do nothing;
        perform credits_private.check_inserted(found, v_state.account_id, v_state.entry_id);
    end loop;
    return v_state;
end
$$;
