-- Books what another account's entry gave ([[lot, -amount], ...]), one lot for each lot over there,
-- and notes there how much of the cost went with it.
create or replace function credits_private.receive_lots(
    p_state credits_private.account_state,
    p_from_account_id text,
    p_from_entry_id bigint,
    p_given jsonb,
    p_reference text
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
    v_source credits_private.lots;
    v_lot credits_private.lots;
    r_part record;
begin
    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(p_given) as x
        order by x.ordinal
    loop
        select l.* into v_source
        from credits_private.lots l
        where l.account_id = p_from_account_id and l.lot_id = r_part.lot_id;
        -- A restoration has had its grace; as a plain lot it would get another one.
        v_lot := credits_private.derive_lot(
            v_source,
            case v_source.origin when 'restoration' then 'restoration' else 'transfer' end,
            r_part.amount
        );
        v_lot.from_account_id := p_from_account_id;
        v_lot.from_lot_id := r_part.lot_id;
        v_lot.payment_id := null;
        v_lot.subscription := null;
        v_lot.item := null;
        v_lot.period_start := null;
        v_lot.period_end := null;
        v_lot.reference := p_reference;
        update credits_private.lots l
        set cost_moved = l.cost_moved + coalesce(v_lot.cost_amount, 0)
        where l.account_id = p_from_account_id and l.lot_id = r_part.lot_id;

        v_entry := null;
        v_entry.kind := 'transfer';
        v_entry.other_account_id := p_from_account_id;
        v_entry.other_entry_id := p_from_entry_id;
        v_entry.reference := p_reference;
        v_state := credits_private.book_lot(v_state, v_lot, v_entry);
    end loop;
    return v_state;
end
$$;
