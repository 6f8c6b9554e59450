-- Allocations of an entry in full: where only the open lot gave, they are not stored.
create or replace function credits_private.allocations_of(p_entry credits_private.ledger)
returns jsonb
language sql
immutable
parallel safe
security invoker
as $$
    select case
        when p_entry.allocations is null and p_entry.amount <> 0
            then credits_private.allocation(p_entry.open_lot_id, p_entry.amount)
        else p_entry.allocations
    end
$$;
