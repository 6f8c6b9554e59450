-- Of p_amount credits that come back to a lot, takes what the lot's payment still lacks:
-- first what was written off, then what is owed. Counted on the lot as clawed.
create or replace function credits_private.make_good(
    p_state credits_private.account_state,
    p_lot credits_private.lots,
    p_amount bigint
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry credits_private.ledger;
    v_written_off bigint;
    v_owed bigint;
begin
    select least(p_amount, p.written_off), least(p_amount - least(p_amount, p.written_off), p.owed)
    into v_written_off, v_owed
    from credits_private.payments p
    where p.account_id = p_state.account_id and p.payment_id = p_lot.payment_id;
    if v_written_off + v_owed = 0 then
        return p_state;
    end if;

    update credits_private.payments p
    set clawed = p.clawed + v_written_off + v_owed,
        written_off = p.written_off - v_written_off,
        owed = p.owed - v_owed
    where p.account_id = p_state.account_id and p.payment_id = p_lot.payment_id;

    v_entry.kind := 'clawback';
    v_entry.allocations := credits_private.allocation(p_lot.lot_id, -(v_written_off + v_owed));
    perform credits_private.mark_clawed(p_state, v_entry.allocations);
    if v_owed > 0 then
        v_entry.allocations := v_entry.allocations || credits_private.allocation(0, v_owed);
    end if;
    return credits_private.book(p_state, v_entry);
end
$$;
