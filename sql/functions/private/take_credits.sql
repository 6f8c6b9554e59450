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
    v_lot_id bigint;
    v_remaining bigint;
    v_allocations jsonb := '[]'::jsonb;
begin
    -- One index descent a lot: a loop over one query would read and sort all lots of the account.
    while v_left > 0 loop
        select l.lot_id, l.remaining into v_lot_id, v_remaining
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.is_open
            and (p_payment_id is null or l.payment_id = p_payment_id)
            and (p_pools is null or l.pool = any (p_pools))
        order by l.priority, l.expires_at, l.lot_id
        limit 1;
        exit when not found;

        update credits_private.lots l
        set remaining = l.remaining - least(v_left, v_remaining), is_open = v_remaining > v_left
        where l.account_id = p_account_id and l.lot_id = v_lot_id;
        v_allocations := v_allocations
            || credits_private.allocation(v_lot_id, -least(v_left, v_remaining));
        v_left := v_left - least(v_left, v_remaining);
    end loop;
    return v_allocations;
end
$$;
