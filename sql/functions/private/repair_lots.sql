-- Writes what the entries tell into these lots of an account, and removes those of them that no
-- entry knows of.
create or replace function credits_private.repair_lots(
    p_account_id text,
    p_lot_ids bigint[],
    p_rebuilt credits_private.rebuilt
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from credits_private.lots l
    where l.account_id = p_account_id
        and l.lot_id = any (p_lot_ids)
        and not exists (
            select from unnest(p_rebuilt.lots) as r where r.lot_id = l.lot_id
        );

    update credits_private.lots l
    set origin = coalesce(r.origin, l.origin),
        granted = r.granted,
        remaining = case
            when r.lot_id is not distinct from p_rebuilt.open_lot_id then 0 else r.credits
        end,
        expired = r.expired,
        clawed = r.clawed,
        clawed_at = case when r.clawed > 0 then coalesce(l.clawed_at, r.clawed_at) end,
        is_open = r.credits > 0,
        granted_at = r.granted_at
    from unnest(p_rebuilt.lots) as r
    where l.account_id = p_account_id and l.lot_id = any (p_lot_ids) and r.lot_id = l.lot_id;
end
$$;
