-- Takes p_amount more credits back for a payment: out of what it is still to grant, then out of its
-- own lots in burn order, then what these lots had lost to expiry, and the rest is shortfall: debt,
-- or written off by setting.
-- Credits of the payment that paid debt are debt again, whatever the setting.
create or replace function credits_private.raise_target(
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
    v_payment credits_private.payments;
    v_entry credits_private.ledger := p_entry;
    v_withheld bigint;
    v_lost bigint;
    v_taken bigint;
    v_covered bigint;
    v_short bigint;
    v_owed bigint;
begin
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = p_state.account_id and p.payment_id = p_payment_id;
    select coalesce(sum(l.expired), 0) into v_lost
    from credits_private.lots l
    where l.account_id = p_state.account_id and l.payment_id = p_payment_id;

    v_withheld := least(p_amount, v_payment.pending - v_payment.withheld);
    v_entry.allocations := credits_private.take_paid_credits(
        p_state.account_id, p_payment_id, p_amount - v_withheld
    );
    perform credits_private.mark_clawed(p_state, v_entry.allocations);
    v_taken := -credits_private.sum_allocations(v_entry.allocations);
    v_covered := least(p_amount - v_withheld - v_taken, greatest(v_lost - v_payment.covered, 0));
    v_short := p_amount - v_withheld - v_taken - v_covered;
    v_owed := v_short;
    if credits_private.setting('shortfall') = 'write_off' then
        v_owed := least(
            v_short, greatest(v_payment.debt_paid - v_payment.owed - v_payment.settled, 0)
        );
    end if;
    if v_owed > 0 then
        v_entry.allocations := v_entry.allocations || credits_private.allocation(0, -v_owed);
    end if;

    update credits_private.payments p
    set target = p.target + p_amount,
        withheld = p.withheld + v_withheld,
        clawed = p.clawed + v_taken,
        covered = p.covered + v_covered,
        owed = p.owed + v_owed,
        written_off = p.written_off + v_short - v_owed
    where p.account_id = p_state.account_id and p.payment_id = p_payment_id;
    v_entry.kind := 'clawback';
    return credits_private.book(p_state, v_entry);
end
$$;
