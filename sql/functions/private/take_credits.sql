-- Takes up to p_amount credits out of the account's lots in burn order and returns the
-- allocations ([[lot, -taken], ...]). p_payment_id limits it to the lots of one payment,
-- p_pools to some pools. Nothing is booked; the caller books what comes back.
create or replace function credits_private.take_credits(
    p_account_id text,
    p_amount bigint,
    p_payment_id bigint default null,
    p_pools text[] default null
)
returns jsonb
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_left bigint := p_amount;
    v_taken bigint;
    v_allocations jsonb := '[]'::jsonb;
    r_lot record;
begin
    for r_lot in
        select l.lot_id, l.remaining
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.is_open
            and (p_payment_id is null or l.payment_id = p_payment_id)
            and (p_pools is null or l.pool = any (p_pools))
        order by l.priority, l.expires_at, l.lot_id
    loop
        exit when v_left = 0;
        v_taken := least(v_left, r_lot.remaining);
        update credits_private.lots l
        set remaining = l.remaining - v_taken, is_open = l.remaining > v_taken
        where l.account_id = p_account_id and l.lot_id = r_lot.lot_id;
        v_left := v_left - v_taken;
        v_allocations := v_allocations || credits_private.allocation(r_lot.lot_id, -v_taken);
    end loop;
    return v_allocations;
end
$$;
