-- Takes up to p_amount credits out of the lots of one payment, in burn order, and returns the
-- allocations ([[lot, -taken], ...]). The caller books them.
create or replace function credits_private.take_paid_credits(
    p_account_id text,
    p_payment_id bigint,
    p_amount bigint
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
    v_parts jsonb[] := array[]::jsonb[];
    r_lot record;
begin
    for r_lot in
        select l.lot_id, l.remaining
        from credits_private.lots l
        where l.account_id = p_account_id and l.payment_id = p_payment_id and l.is_open
        order by l.priority, l.expires_at, l.lot_id
    loop
        exit when v_left = 0;
        perform credits_private.draw_lot(
            p_account_id, r_lot.lot_id, least(v_left, r_lot.remaining)
        );
        v_parts := v_parts
            || jsonb_build_array(r_lot.lot_id, -least(v_left, r_lot.remaining));
        v_left := v_left - least(v_left, r_lot.remaining);
    end loop;
    return to_jsonb(v_parts);
end
$$;
