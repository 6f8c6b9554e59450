-- Adds an entry to what the running command will write: number, command, amount and the state
-- after it follow from the allocations; the caller fills kind and whatever else the entry says.
create or replace function credits_private.book(
    p_state credits_private.account_state,
    p_entry credits_private.ledger
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger := p_entry;
    v_to_debt bigint;
begin
    -- A state that is passed on is copied: commands that have piled up are written now.
    if v_state.command_id is null and cardinality(v_state.entries) >= 100 then
        perform credits_private.write_entries(v_state);
        v_state.entries := '{}';
    end if;
    v_entry.allocations := coalesce(v_entry.allocations, '[]');
    select coalesce(sum(x.amount), 0), coalesce(sum(x.amount) filter (where x.lot_id = 0), 0)
    into v_entry.amount, v_to_debt
    from credits_private.parts_of(v_entry.allocations) as x;

    v_state.entry_id := v_state.entry_id + 1;
    v_state.command_id := coalesce(v_state.command_id, v_state.entry_id);
    v_state.created_at := greatest(v_state.now, v_state.created_at);
    v_state.balance := v_state.balance + v_entry.amount;
    v_state.debt := v_state.debt - v_to_debt;
    v_state.has_gained := v_state.has_gained or v_entry.amount > v_to_debt;

    v_entry.account_id := v_state.account_id;
    v_entry.entry_id := v_state.entry_id;
    v_entry.command_id := v_state.command_id;
    v_entry.balance := v_state.balance;
    v_entry.debt := v_state.debt;
    v_entry.open_lot_remaining := 0;
    v_entry.actor := credits_private.actor();
    v_entry.created_at := v_state.created_at;
    v_entry.occurred_at := coalesce(
        v_entry.occurred_at, v_state.effective_at, v_state.now
    );
    v_state.entries := v_state.entries || v_entry;
    return v_state;
end
$$;
