-- Ends a lot now: what is left of it (the caller books that) counts as expired.
create or replace function credits_private.end_lot(
    p_account_id text,
    p_lot_id bigint,
    p_now timestamptz
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
    set remaining = 0, is_open = false, expired = l.expired + l.remaining, expires_at = p_now
    where l.account_id = p_account_id and l.lot_id = p_lot_id;
end
$$;
