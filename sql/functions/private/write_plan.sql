-- Writes what plan_due wants for several accounts, each kind of row in one statement.
create or replace function credits_private.write_plan(p_plan credits_private.due_plan)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_written bigint;
begin
    insert into credits_private.ledger
    select e.* from unnest(p_plan.entries) as e
    on conflict do nothing;
    get diagnostics v_written = row_count;
    perform credits_private.check_inserted(
        v_written = cardinality(p_plan.entries),
        p_plan.entries[1].account_id, p_plan.entries[1].entry_id
    );
    update credits_private.lots l
    set remaining = c.remaining, is_open = c.is_open, expired = l.expired + c.expired
    from unnest(p_plan.lots) as c
    where l.account_id = c.account_id and l.lot_id = c.lot_id;
    if cardinality(p_plan.holds) > 0 then
        update credits_private.holds h
        set status = 'expired'
        from unnest(p_plan.holds) as p
        where h.account_id = p.account_id and h.hold_id = p.hold_id;
        perform credits_private.count_use(p.account_id, p.member, p.held_at, -p.amount)
        from unnest(p_plan.holds) as p;
    end if;
end
$$;
