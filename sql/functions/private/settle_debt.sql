-- Pays debt out of the lots of paying pools, in burn order, and notes which payments it paid:
-- the oldest debt first. Does nothing while there is no debt or nothing to pay it with.
create or replace function credits_private.settle_debt(p_state credits_private.account_state)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pools text[];
    v_entry credits_private.ledger;
    v_allocations jsonb;
    v_left bigint;
    v_payment_id bigint;
    r_part record;
begin
    if p_state.debt = 0 then
        return p_state;
    end if;
    select array_agg(p.pool) into v_pools from credits_private.pools p where p.pays_debt;
    v_allocations := credits_private.take_credits(
        p_state.account_id, p_state.debt, v_pools
    );
    v_left := -credits_private.sum_allocations(v_allocations);
    if v_left = 0 then
        return p_state;
    end if;
    v_entry.kind := 'settle';
    v_entry.allocations := v_allocations || credits_private.allocation(0, v_left);

    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(v_allocations) as x
        order by x.ordinal
    loop
        select l.payment_id into v_payment_id
        from credits_private.lots l
        where l.account_id = p_state.account_id and l.lot_id = r_part.lot_id;
        update credits_private.payments p
        set debt_paid = p.debt_paid + r_part.amount
        where p.account_id = p_state.account_id and p.payment_id = v_payment_id;
    end loop;

    for r_part in
        select p.payment_id, p.owed
        from credits_private.payments p
        where p.account_id = p_state.account_id and p.owed > 0
        order by p.payment_id
    loop
        exit when v_left = 0;
        update credits_private.payments p
        set owed = p.owed - least(v_left, r_part.owed),
            settled = p.settled + least(v_left, r_part.owed)
        where p.account_id = p_state.account_id and p.payment_id = r_part.payment_id;
        v_left := v_left - least(v_left, r_part.owed);
    end loop;
    return credits_private.book(p_state, v_entry);
end
$$;
