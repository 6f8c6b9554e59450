-- Writes what the entries tell into these holds of an account, and removes those of them that no
-- entry knows of.
create or replace function credits_private.repair_holds(
    p_account_id text,
    p_hold_ids bigint[],
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
    delete from credits_private.holds h
    where h.account_id = p_account_id
        and h.hold_id = any (p_hold_ids)
        and not exists (
            select from unnest(p_rebuilt.holds) as r where r.hold_id = h.hold_id
        );

    update credits_private.holds h
    set amount = r.amount,
        captured = r.captured,
        status = case
            when r.status = 'expired' and h.status = 'released' then 'released' else r.status
        end
    from unnest(p_rebuilt.holds) as r
    where h.account_id = p_account_id and h.hold_id = any (p_hold_ids) and r.hold_id = h.hold_id;
end
$$;
