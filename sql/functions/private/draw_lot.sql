-- Takes credits out of one lot, and closes it when it is empty.
create or replace function credits_private.draw_lot(
    p_account_id text,
    p_lot_id bigint,
    p_amount bigint
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update credits_private.lots l
    set remaining = l.remaining - p_amount, is_open = l.remaining > p_amount
    where l.account_id = p_account_id and l.lot_id = p_lot_id;
end
$$;
