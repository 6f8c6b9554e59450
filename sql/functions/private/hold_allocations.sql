-- What a hold took, in burn order: [[lot, -amount], ...].
create or replace function credits_private.hold_allocations(p_account_id text, p_hold_id bigint)
returns jsonb
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select l.allocations
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_hold_id
$$;
