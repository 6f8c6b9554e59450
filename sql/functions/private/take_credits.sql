-- Takes up to p_amount credits out of the account's lots in burn order, of some pools only if
-- p_pools names them, and returns the allocations ([[lot, -taken], ...]). The caller books them.
create or replace function credits_private.take_credits(
    p_account_id text,
    p_amount bigint,
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
    v_lot credits_private.lots;
    v_parts jsonb[] := array[]::jsonb[];
begin
    v_lot.priority := -2147483648;
    v_lot.expires_at := '-infinity';
    v_lot.lot_id := 0;
    -- One index descent a lot, each beginning behind the last one: a loop over one query would read
    -- and sort all lots of the account.
    while v_left > 0 loop
        select l.* into v_lot
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.is_open
            and (l.priority, l.expires_at, l.lot_id)
                > (v_lot.priority, v_lot.expires_at, v_lot.lot_id)
        order by l.priority, l.expires_at, l.lot_id
        limit 1;
        exit when not found;
        continue when v_lot.pool <> all (p_pools);

        perform credits_private.draw_lot(
            p_account_id, v_lot.lot_id, least(v_left, v_lot.remaining)
        );
        v_parts := v_parts
            || jsonb_build_array(v_lot.lot_id, -least(v_left, v_lot.remaining));
        v_left := v_left - least(v_left, v_lot.remaining);
    end loop;
    return to_jsonb(v_parts);
end
$$;
