-- Of p_amount credits that would lapse in an expired lot, claws what was debt of the lot's payment
-- and has been paid by other lots since, and gives as much back in a restoration lot: had they come
-- back before, they would have paid that debt themselves. Counted on the lot as clawed. Where the
-- setting refund_grace is 0, they lapse.
create or replace function credits_private.reclaim_settled(
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
    v_settled bigint;
begin
    select least(p_amount, p.settled) into v_settled
    from credits_private.payments p
    where p.account_id = p_state.account_id and p.payment_id = p_lot.payment_id;
    if v_settled = 0 or credits_private.setting_interval('refund_grace') = interval '0' then
        return p_state;
    end if;

    update credits_private.payments p
    set clawed = p.clawed + v_settled, settled = p.settled - v_settled
    where p.account_id = p_state.account_id and p.payment_id = p_lot.payment_id;
    v_entry.kind := 'clawback';
    v_entry.allocations := credits_private.allocation(p_lot.lot_id, -v_settled);
    perform credits_private.mark_clawed(p_state, v_entry.allocations);
    return credits_private.restore_settled(
        credits_private.book(p_state, v_entry), p_lot.payment_id, v_settled
    );
end
$$;
