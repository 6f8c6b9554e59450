-- Writes the booked entries of an account, whole rows in one statement. All carry the next event of
-- the state, and the last one its open lot.
create or replace function credits_private.write_entries(p_state credits_private.account_state)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry credits_private.ledger;
    v_entries credits_private.ledger[] := array[]::credits_private.ledger[];
    v_inserted bigint;
begin
    foreach v_entry in array p_state.entries loop
        v_entry.next_event_at := p_state.next_event_at;
        if v_entry.entry_id = p_state.entry_id then
            v_entry.open_lot_id := p_state.open_lot_id;
            v_entry.open_lot_remaining := p_state.open_lot_remaining;
        end if;
        v_entries := v_entries || v_entry;
    end loop;
    insert into credits_private.ledger
    select e.*
    from unnest(v_entries) as e
    on conflict do nothing;
    get diagnostics v_inserted = row_count;
    perform credits_private.check_inserted(
        v_inserted = cardinality(v_entries), p_state.account_id, p_state.entry_id
    );
end
$$;
